import com.alicloud.openservices.tablestore.SyncClient;
import com.alicloud.openservices.tablestore.model.*;
import com.alicloud.openservices.tablestore.model.search.*;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Tables, their indexes and split points. */
class TableSteps extends Steps {
    TableSteps(SyncClient client, String prefix) {
        super(client, prefix);
    }

    private void create(String table, TableOptions options, boolean isTransactional, DefinedColumnSchema[] defined,
        List<IndexMeta> indexes, PrimaryKeySchema... keys) {
        TableMeta meta = new TableMeta(table);
        meta.addPrimaryKeyColumns(keys);
        for (DefinedColumnSchema column : defined) {
            meta.addDefinedColumn(column);
        }
        CreateTableRequest request = new CreateTableRequest(meta, options, new ReservedThroughput(0, 0), indexes);
        if (isTransactional) {
            request.setLocalTxnEnabled(true);
        }
        client.createTable(request);
    }

    Found create() {
        DefinedColumnSchema[] none = {};
        create(typed, new TableOptions(-1, 3), false, none, List.of(),
            new PrimaryKeySchema("text", PrimaryKeyType.STRING), new PrimaryKeySchema("number", PrimaryKeyType.INTEGER),
            new PrimaryKeySchema("bytes", PrimaryKeyType.BINARY));
        create(counted, new TableOptions(-1, 1), false, none, List.of(), new PrimaryKeySchema("owner", PrimaryKeyType.STRING),
            new PrimaryKeySchema("number", PrimaryKeyType.INTEGER, PrimaryKeyOption.AUTO_INCREMENT));
        IndexMeta byColour = new IndexMeta(colours);
        byColour.addPrimaryKeyColumn("colour");
        byColour.addDefinedColumn("price");
        DefinedColumnSchema[] defined = {
            new DefinedColumnSchema("colour", DefinedColumnType.STRING), new DefinedColumnSchema("price", DefinedColumnType.DOUBLE)
        };
        create(items, new TableOptions(-1, 1), true, defined, List.of(byColour),
            new PrimaryKeySchema("owner", PrimaryKeyType.STRING), new PrimaryKeySchema("number", PrimaryKeyType.INTEGER));
        return new Found(true, client.listTable().getTableNames().containsAll(List.of(typed, counted, items)));
    }

    Found describe() {
        DescribeTableResponse wide = client.describeTable(new DescribeTableRequest(typed));
        DescribeTableResponse indexed = client.describeTable(new DescribeTableRequest(items));
        IndexMeta index = indexed.getIndexMeta().get(0);
        boolean counts = client.describeTable(new DescribeTableRequest(counted)).getTableMeta().getPrimaryKeyList().get(1).hasOption();
        return new Found(
            List.of("{text=STRING, number=INTEGER, bytes=BINARY}", -1, 3, 0, true, "{colour=STRING, price=DOUBLE}",
                colours, "colour", List.of("price"), "{colour=STRING, owner=STRING, number=INTEGER}"),
            List.of(wide.getTableMeta().getPrimaryKeyMap().toString(), wide.getTableOptions().getTimeToLive(),
                wide.getTableOptions().getMaxVersions(),
                wide.getReservedThroughputDetails().getCapacityUnit().getReadCapacityUnit(), counts,
                indexed.getTableMeta().getDefinedColumnMap().toString(), index.getIndexName(),
                index.getPrimaryKeyList().get(0), index.getDefinedColumnsList(),
                client.describeTable(new DescribeTableRequest(colours)).getTableMeta().getPrimaryKeyMap().toString()));
    }

    Found updateOptions() {
        UpdateTableRequest request = new UpdateTableRequest(typed);
        request.setTableOptionsForUpdate(new TableOptions(864_000, 4, 172_800));
        TableOptions said = client.updateTable(request).getTableOptions();
        TableOptions got = client.describeTable(new DescribeTableRequest(typed)).getTableOptions();
        return new Found(List.of(4, 864_000, 4, 172_800L),
            List.of(said.getMaxVersions(), got.getTimeToLive(), got.getMaxVersions(), got.getMaxTimeDeviation()));
    }

    Found splits() {
        List<Split> splits = client.computeSplitsBySize(new ComputeSplitsBySizeRequest(items, 1, 200)).getSplits();
        List<Row> rows = new ArrayList<>();
        for (Split split : splits) {
            RangeRowQueryCriteria criteria = all(items, Direction.FORWARD);
            criteria.setInclusiveStartPrimaryKey(split.getLowerBound());
            criteria.setExclusiveEndPrimaryKey(split.getUpperBound());
            rows.addAll(pages(criteria, new ArrayList<>()));
        }
        return new Found(List.of(true, upTo(0, ROWS - 1)), List.of(splits.size() > 1, numbers(rows)));
    }

    Found delete() throws Exception {
        DeleteSearchIndexRequest request = new DeleteSearchIndexRequest();
        request.setTableName(items);
        request.setIndexName(search);
        client.deleteSearchIndex(request);
        for (String table : List.of(typed, counted, items)) {
            client.deleteTable(new DeleteTableRequest(table));
        }
        return new Found(List.of("OTSObjectNotExist", List.of()),
            List.of(refusal(() -> client.describeTable(new DescribeTableRequest(items))),
                client.listTable().getTableNames().stream().filter(name -> name.contains(items)).toList()));
    }
}
