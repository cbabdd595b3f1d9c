import com.alicloud.openservices.tablestore.SyncClient;
import com.alicloud.openservices.tablestore.TableStoreException;
import com.alicloud.openservices.tablestore.model.*;
import com.alicloud.openservices.tablestore.model.condition.ColumnCondition;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;

/** What all steps share: the client, the names of the tables, keys, rows and ranges in short. */
abstract class Steps {
    static final int ROWS = 25;
    static final int PAGE = 4;

    final SyncClient client;
    final String typed;
    final String counted;
    final String items;
    final String colours;
    final String search;

    Steps(SyncClient client, String prefix) {
        this.client = client;
        typed = prefix + "_typed";
        counted = prefix + "_counted";
        items = prefix + "_items";
        colours = items + "_by_colour";
        search = items + "_search";
    }

    /** What a step found must equal what it expected. */
    record Found(Object expected, Object actual) {}

    /** The code of the service error that a call ends in; it must come with a request id. */
    static String refusal(Callable<?> call) throws Exception {
        try {
            call.call();
            return "no error";
        }
        catch (TableStoreException error) {
            return error.getRequestId() == null || error.getRequestId().isEmpty() ? "no request id" : error.getErrorCode();
        }
    }

    static PrimaryKey key(Object... namesAndValues) {
        PrimaryKeyBuilder builder = PrimaryKeyBuilder.createPrimaryKeyBuilder();
        for (int at = 0; at < namesAndValues.length; at += 2) {
            Object value = namesAndValues[at + 1];
            builder.addPrimaryKeyColumn((String) namesAndValues[at],
                value instanceof PrimaryKeyValue made ? made
                    : value instanceof byte[] bytes ? PrimaryKeyValue.fromBinary(bytes)
                    : value instanceof Number number ? PrimaryKeyValue.fromLong(number.longValue())
                    : PrimaryKeyValue.fromString((String) value));
        }
        return builder.build();
    }

    static PrimaryKey typedKey(int number) {
        return key("text", "k\u00e9y", "number", number, "bytes", new byte[] {0, (byte) 0xff});
    }

    static PrimaryKey item(Object owner, Object number) {
        return key("owner", owner, "number", number);
    }

    static Object plain(ColumnValue value) {
        return value.getType() == ColumnType.BINARY ? HexFormat.of().formatHex(value.asBinary()) : value.getValue();
    }

    /** The newest value of each column; null without a row. */
    static Map<String, Object> values(Row row) {
        if (row == null) {
            return null;
        }
        Map<String, Object> found = new TreeMap<>();
        row.getColumnsMap().forEach((name, versions) -> found.put(name, plain(versions.firstEntry().getValue())));
        return found;
    }

    static List<Long> numbers(List<Row> rows) {
        return rows.stream().map(row -> row.getPrimaryKey().getPrimaryKeyColumn("number").getValue().asLong()).toList();
    }

    static List<Long> upTo(long first, long last) {
        List<Long> made = new ArrayList<>();
        for (long at = first; first <= last ? at <= last : at >= last; at += first <= last ? 1 : -1) {
            made.add(at);
        }
        return made;
    }

    Row get(String table, PrimaryKey key, int versions) {
        SingleRowQueryCriteria criteria = new SingleRowQueryCriteria(table, key);
        criteria.setMaxVersions(versions);
        return client.getRow(new GetRowRequest(criteria)).getRow();
    }

    static RowPutChange put(String table, PrimaryKey key, String name, ColumnValue value) {
        return new RowPutChange(table, key).addColumn(name, value);
    }

    static Condition condition(RowExistenceExpectation expectation, ColumnCondition column) {
        Condition made = new Condition(expectation);
        if (column != null) {
            made.setColumnCondition(column);
        }
        return made;
    }

    RangeRowQueryCriteria all(String table, Direction direction) {
        PrimaryKey low = item(PrimaryKeyValue.INF_MIN, PrimaryKeyValue.INF_MIN);
        PrimaryKey high = item(PrimaryKeyValue.INF_MAX, PrimaryKeyValue.INF_MAX);
        boolean isForward = direction == Direction.FORWARD;
        RangeRowQueryCriteria criteria = new RangeRowQueryCriteria(table);
        criteria.setInclusiveStartPrimaryKey(isForward ? low : high);
        criteria.setExclusiveEndPrimaryKey(isForward ? high : low);
        criteria.setDirection(direction);
        criteria.setMaxVersions(1);
        return criteria;
    }

    /** The rows of a range, page after page until no key is left to go on with; `sizes` takes the rows of each page. */
    List<Row> pages(RangeRowQueryCriteria criteria, List<Integer> sizes) {
        List<Row> rows = new ArrayList<>();
        PrimaryKey next = criteria.getInclusiveStartPrimaryKey();
        while (next != null) {
            criteria.setInclusiveStartPrimaryKey(next);
            GetRangeResponse page = client.getRange(new GetRangeRequest(criteria));
            rows.addAll(page.getRows());
            sizes.add(page.getRows().size());
            next = page.getNextStartPrimaryKey();
        }
        return rows;
    }
}
