import com.alicloud.openservices.tablestore.SyncClient;
import com.alicloud.openservices.tablestore.model.*;
import com.alicloud.openservices.tablestore.model.search.*;
import com.alicloud.openservices.tablestore.model.search.query.QueryBuilder;
import com.alicloud.openservices.tablestore.model.search.query.QueryBuilders;
import com.alicloud.openservices.tablestore.model.search.sort.FieldSort;
import com.alicloud.openservices.tablestore.model.search.sort.Sort;
import com.alicloud.openservices.tablestore.model.search.sort.SortOrder;
import com.alicloud.openservices.tablestore.model.sql.*;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Search indexes and SQL. */
class QuerySteps extends Steps {
    QuerySteps(SyncClient client, String prefix) {
        super(client, prefix);
    }

    Found searchIndex() {
        IndexSchema schema = new IndexSchema();
        schema.setFieldSchemas(List.of(
            new FieldSchema("number", FieldType.LONG).setIndex(true).setEnableSortAndAgg(true),
            new FieldSchema("colour", FieldType.KEYWORD).setIndex(true).setEnableSortAndAgg(true),
            new FieldSchema("price", FieldType.DOUBLE).setIndex(true).setEnableSortAndAgg(true)));
        CreateSearchIndexRequest request = new CreateSearchIndexRequest(items, search);
        request.setIndexSchema(schema);
        client.createSearchIndex(request);
        ListSearchIndexRequest listed = new ListSearchIndexRequest();
        listed.setTableName(items);
        DescribeSearchIndexRequest described = new DescribeSearchIndexRequest();
        described.setTableName(items);
        described.setIndexName(search);
        List<FieldSchema> fields = client.describeSearchIndex(described).getSchema().getFieldSchemas();
        return new Found(List.of(search, List.of("number LONG", "colour KEYWORD", "price DOUBLE")),
            List.of(client.listSearchIndex(listed).getIndexInfos().get(0).getIndexName(),
                fields.stream().map(field -> field.getFieldName() + " " + field.getFieldType()).toList()));
    }

    private SearchQuery.Builder searchPage(QueryBuilder query) {
        return SearchQuery.newBuilder().query(query).limit(PAGE).getTotalCount(true);
    }

    Found search() {
        QueryBuilder blue = QueryBuilders.bool().must(QueryBuilders.term("colour", "blue")).must(QueryBuilders.range("price").greaterThan(5.0));
        SearchQuery query = searchPage(blue).sort(new Sort(List.of(new FieldSort("number", SortOrder.DESC)))).build();
        List<Row> rows = new ArrayList<>();
        List<Object> totals = new ArrayList<>();
        byte[] token;
        do {
            SearchResponse page = client.search(SearchRequest.newBuilder().tableName(items).indexName(search)
                .searchQuery(query).addColumnsToGet("price").build());
            rows.addAll(page.getRows());
            totals.add(page.getTotalCount());
            token = page.getNextToken();
            query = token == null ? null : searchPage(blue).token(token).build();
        } while (token != null);
        List<Long> wanted = upTo(ROWS - 1, 11).stream().filter(number -> number % 5 != 0).toList();
        return new Found(List.of(wanted, List.of(12L, 12L, 12L), Map.of("price", 12.0)),
            List.of(numbers(rows), totals, values(rows.get(0))));
    }

    private SQLQueryResponse sql(String statement) {
        return client.sqlQuery(new SQLQueryRequest(statement));
    }

    private List<List<Object>> table(SQLResultSet found) {
        List<List<Object>> rows = new ArrayList<>();
        int width = found.getSQLTableMeta().getSchema().size();
        while (found.hasNext()) {
            SQLRow row = found.next();
            List<Object> made = new ArrayList<>();
            for (int at = 0; at < width; at++) {
                made.add(row.get(at));
            }
            rows.add(made);
        }
        return rows;
    }

    Found sqlMapping() {
        SQLQueryResponse created = sql("CREATE TABLE `" + items + "` (`owner` VARCHAR(1024), `number` BIGINT(20), "
            + "`colour` MEDIUMTEXT, `price` DOUBLE, `stock` BIGINT(20), PRIMARY KEY(`owner`, `number`))");
        SQLQueryResponse shown = sql("SHOW TABLES");
        boolean isShown = table(shown.getSQLResultSet()).contains(List.of(items));
        SQLQueryResponse described = sql("DESCRIBE `" + items + "`");
        List<Object> fields = new ArrayList<>();
        table(described.getSQLResultSet()).forEach(row -> fields.add(row.get(0)));
        return new Found(
            List.of(SQLStatementType.SQL_CREATE_TABLE, SQLStatementType.SQL_SHOW_TABLE, true,
                SQLStatementType.SQL_DESCRIBE_TABLE, List.of("owner", "number", "colour", "price", "stock")),
            List.of(created.getSQLStatementType(), shown.getSQLStatementType(), isShown, described.getSQLStatementType(), fields));
    }

    Found sqlQuery() {
        SQLQueryResponse answer = sql("SELECT `number`, `colour`, `price`, `stock` FROM `" + items
            + "` WHERE `owner` = 'ann' AND `number` >= 9 AND `number` < 11 ORDER BY `number`");
        SQLQueryResponse counted = sql("SELECT `colour`, COUNT(*) AS n FROM `" + items + "` GROUP BY `colour` ORDER BY `colour`");
        SQLQueryResponse runs = sql("SELECT `colour` FROM `" + items + "` ORDER BY `number`");
        long blue = table(runs.getSQLResultSet()).stream().filter(row -> row.get(0).equals("blue")).count();
        return new Found(
            List.of(SQLStatementType.SQL_SELECT, List.of(List.of(9L, "blue", 4.5, 9L), Arrays.asList(10L, "red", 5.0, null)),
                List.of(List.of("blue", 20L), List.of("red", 5L)), 20L, true),
            List.of(answer.getSQLStatementType(), table(answer.getSQLResultSet()), table(counted.getSQLResultSet()), blue,
                answer.getConsumedCapacity().containsKey(items)));
    }

    Found sqlError() throws Exception {
        return new Found("OTSParameterInvalid", refusal(() -> sql("SELECT a FROM tour_missing")));
    }

    Found sqlEmpty() {
        SQLResultSet found = sql("SELECT `number`, `colour` FROM `" + items + "` WHERE `owner` = 'nobody'").getSQLResultSet();
        List<String> names = found.getSQLTableMeta().getSchema().stream().map(SQLColumnSchema::getName).toList();
        SQLQueryResponse dropped = sql("DROP MAPPING TABLE `" + items + "`");
        return new Found(List.of(List.of("number", "colour"), 0L, SQLStatementType.SQL_DROP_TABLE),
            List.of(names, found.rowCount(), dropped.getSQLStatementType()));
    }
}
