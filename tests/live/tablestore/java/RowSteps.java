import com.alicloud.openservices.tablestore.SyncClient;
import com.alicloud.openservices.tablestore.model.*;
import com.alicloud.openservices.tablestore.model.condition.SingleColumnValueCondition;
import com.alicloud.openservices.tablestore.model.filter.SingleColumnValueFilter.CompareOperator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Single rows, batches and transactions. */
class RowSteps extends Steps {
    private static final int AT_ONCE = 300;

    private final long now = System.currentTimeMillis();

    RowSteps(SyncClient client, String prefix) {
        super(client, prefix);
    }

    Found everyType() {
        RowPutChange change = new RowPutChange(typed, typedKey(1))
            .addColumn("s", ColumnValue.fromString("text \u4e16\u0000end")).addColumn("empty", ColumnValue.fromString(""))
            .addColumn("i", ColumnValue.fromLong(Long.MIN_VALUE)).addColumn("d", ColumnValue.fromDouble(-0.1))
            .addColumn("b", ColumnValue.fromBoolean(true)).addColumn("x", ColumnValue.fromBinary(new byte[] {0, -1, 127}));
        client.putRow(new PutRowRequest(change));
        Row row = get(typed, typedKey(1), 1);
        return new Found(
            Arrays.asList(typedKey(1), new TreeMap<>(Map.of("s", "text \u4e16\u0000end", "empty", "", "i", Long.MIN_VALUE,
                "d", -0.1, "b", true, "x", "00ff7f")), null),
            Arrays.asList(row.getPrimaryKey(), values(row), get(typed, typedKey(-1), 1)));
    }

    Found autoIncrement() {
        List<Long> made = new ArrayList<>();
        for (int at = 0; at < 2; at++) {
            RowPutChange change = put(counted, key("owner", "me", "number", PrimaryKeyValue.AUTO_INCREMENT), "at", ColumnValue.fromLong(at));
            change.setReturnType(ReturnType.RT_PK);
            PrimaryKey returned = client.putRow(new PutRowRequest(change)).getRow().getPrimaryKey();
            made.add(returned.getPrimaryKeyColumn("number").getValue().asLong());
        }
        return new Found(List.of(true, Map.of("at", 1L)),
            List.of(made.get(0) < made.get(1), values(get(counted, key("owner", "me", "number", made.get(1)), 1))));
    }

    Found conditions() throws Exception {
        RowPutChange again = put(typed, typedKey(1), "i", ColumnValue.fromLong(5));
        again.setCondition(condition(RowExistenceExpectation.EXPECT_NOT_EXIST, null));
        RowUpdateChange missing = new RowUpdateChange(typed, typedKey(9)).put("i", ColumnValue.fromLong(5));
        missing.setCondition(condition(RowExistenceExpectation.EXPECT_EXIST, null));
        RowUpdateChange unequal = new RowUpdateChange(typed, typedKey(1)).put("i", ColumnValue.fromLong(5));
        unequal.setCondition(condition(RowExistenceExpectation.EXPECT_EXIST,
            new SingleColumnValueCondition("b", SingleColumnValueCondition.CompareOperator.EQUAL, ColumnValue.fromBoolean(false))));
        List<Object> got = new ArrayList<>();
        got.add(refusal(() -> client.putRow(new PutRowRequest(again))));
        got.add(refusal(() -> client.updateRow(new UpdateRowRequest(missing))));
        got.add(refusal(() -> client.updateRow(new UpdateRowRequest(unequal))));
        got.add(values(get(typed, typedKey(1), 1)).get("i"));
        unequal.setCondition(condition(RowExistenceExpectation.EXPECT_EXIST,
            new SingleColumnValueCondition("d", SingleColumnValueCondition.CompareOperator.LESS_THAN, ColumnValue.fromDouble(0))));
        client.updateRow(new UpdateRowRequest(unequal));
        got.add(values(get(typed, typedKey(1), 1)).get("i"));
        String failed = "OTSConditionCheckFail";
        return new Found(List.of(failed, failed, failed, Long.MIN_VALUE, 5L), got);
    }

    Found update() {
        RowUpdateChange change = new RowUpdateChange(typed, typedKey(1)).put("s", ColumnValue.fromString("new"))
            .increment(new Column("i", ColumnValue.fromLong(-7))).deleteColumns("x").deleteColumns("empty");
        change.setReturnType(ReturnType.RT_AFTER_MODIFY);
        change.addReturnColumn("i");
        Map<String, Object> returned = values(client.updateRow(new UpdateRowRequest(change)).getRow());
        Map<String, Object> left = new TreeMap<>(Map.of("s", "new", "i", -2L, "d", -0.1, "b", true));
        return new Found(List.of(Map.of("i", -2L), left), List.of(returned, values(get(typed, typedKey(1), 1))));
    }

    Found versions() {
        RowPutChange change = new RowPutChange(typed, typedKey(2));
        for (int at = 0; at < 6; at++) {
            change.addColumn("v", ColumnValue.fromLong(at), now + at);
        }
        client.putRow(new PutRowRequest(change));
        List<Object> got = new ArrayList<>(List.of(moments(100), moments(2)));
        client.updateRow(new UpdateRowRequest(new RowUpdateChange(typed, typedKey(2)).deleteColumn("v", now + 4)));
        got.add(moments(100));
        SingleRowQueryCriteria between = new SingleRowQueryCriteria(typed, typedKey(2));
        between.setTimeRange(new TimeRange(now + 2, now + 4));
        between.setMaxVersions(100);
        got.add(client.getRow(new GetRowRequest(between)).getRow().getColumn("v").size());
        return new Found(List.of(List.of(5L, 4L, 3L, 2L), List.of(5L, 4L), List.of(5L, 3L, 2L), 2), got);
    }

    /** The stamps of the kept versions, newest first, counted from the start of the tour. */
    private List<Long> moments(int count) {
        return get(typed, typedKey(2), count).getColumn("v").stream().map(column -> column.getTimestamp() - now).toList();
    }

    Found delete() throws Exception {
        RowDeleteChange change = new RowDeleteChange(typed, typedKey(2));
        client.deleteRow(new DeleteRowRequest(change));
        change.setCondition(condition(RowExistenceExpectation.EXPECT_EXIST, null));
        return new Found(Arrays.asList(null, "OTSConditionCheckFail"),
            Arrays.asList(get(typed, typedKey(2), 1), refusal(() -> client.deleteRow(new DeleteRowRequest(change)))));
    }

    static RowPutChange itemChange(String table, Object number) {
        long at = ((Number) number).longValue();
        RowPutChange change = new RowPutChange(table, item("ann", at)).addColumn("price", ColumnValue.fromDouble(at / 2.0))
            .addColumn("colour", ColumnValue.fromString(at % 5 == 0 ? "red" : "blue"));
        return at % 3 == 0 ? change.addColumn("stock", ColumnValue.fromLong(at)) : change;
    }

    Found batchWrite() {
        BatchWriteRowRequest request = new BatchWriteRowRequest();
        for (int at = 0; at < ROWS; at++) {
            request.addRowChange(itemChange(items, at));
        }
        RowPutChange refused = put(typed, typedKey(1), "i", ColumnValue.fromLong(0));
        refused.setCondition(condition(RowExistenceExpectation.EXPECT_NOT_EXIST, null));
        request.addRowChange(refused);
        request.addRowChange(new RowUpdateChange(typed, typedKey(3)).put("i", ColumnValue.fromLong(3)));
        request.addRowChange(new RowDeleteChange(typed, typedKey(4)));
        BatchWriteRowResponse answer = client.batchWriteRow(request);
        BatchWriteRowResponse.RowResult failure = answer.getFailedRows().get(0);
        return new Found(List.of(ROWS + 2, 1, typed, 0, "OTSConditionCheckFail", Map.of("i", 3L)),
            List.of(answer.getSucceedRows().size(), answer.getFailedRows().size(), failure.getTableName(), failure.getIndex(),
                failure.getError().getCode(), values(get(typed, typedKey(3), 1))));
    }

    Found atomicBatch() throws Exception {
        BatchWriteRowRequest request = new BatchWriteRowRequest();
        request.setAtomic(true);
        request.addRowChange(put(items, item("bob", 1), "price", ColumnValue.fromDouble(1)));
        RowPutChange refused = put(items, item("bob", 2), "price", ColumnValue.fromDouble(2));
        refused.setCondition(condition(RowExistenceExpectation.EXPECT_EXIST, null));
        request.addRowChange(refused);
        int failures = client.batchWriteRow(request).getFailedRows().size();
        return new Found(Arrays.asList(2, null), Arrays.asList(failures, get(items, item("bob", 1), 1)));
    }

    Found batchGet() {
        MultiRowQueryCriteria some = new MultiRowQueryCriteria(items);
        some.setMaxVersions(1);
        some.addRow(item("ann", 6)).addRow(item("ann", 1000)).addRow(item("ann", 7));
        some.addColumnsToGet(new String[] {"price", "stock"});
        MultiRowQueryCriteria other = new MultiRowQueryCriteria(typed);
        other.setMaxVersions(1);
        other.addRow(typedKey(3));
        MultiRowQueryCriteria absent = new MultiRowQueryCriteria(items + "_absent");
        absent.setMaxVersions(1);
        absent.addRow(typedKey(3));
        BatchGetRowRequest request = new BatchGetRowRequest();
        List.of(some, other, absent).forEach(request::addMultiRowQueryCriteria);
        BatchGetRowResponse answer = client.batchGetRow(request);
        List<Object> got = new ArrayList<>();
        answer.getBatchGetRowResult(items).forEach(result -> got.add(values(result.getRow())));
        answer.getBatchGetRowResult(typed).forEach(result -> got.add(values(result.getRow())));
        answer.getFailedRows().forEach(result -> got.add(result.getError().getCode()));
        return new Found(Arrays.asList(new TreeMap<>(Map.of("price", 3.0, "stock", 6L)), null, Map.of("price", 3.5),
            Map.of("i", 3L), "OTSObjectNotExist"), got);
    }

    /** The SDK opens a connection for each request that finds no free one. */
    Found manyAtOnce() throws Exception {
        List<Callable<Object>> calls = new ArrayList<>();
        for (int at = 0; at < AT_ONCE; at++) {
            PrimaryKey key = item("ann", at % ROWS);
            calls.add(() -> values(get(items, key, 1)).get("price"));
        }
        ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE);
        try {
            double sum = 0;
            for (Future<Object> answer : threads.invokeAll(calls)) {
                sum += (Double) answer.get();
            }
            return new Found(AT_ONCE / ROWS * 150.0, sum);
        }
        finally {
            threads.shutdown();
        }
    }

    private void putIn(String transaction, double price) {
        PutRowRequest request = new PutRowRequest(put(items, item("cid", 1), "price", ColumnValue.fromDouble(price)));
        request.setTransactionId(transaction);
        client.putRow(request);
    }

    Found transactions() throws Exception {
        List<Object> got = new ArrayList<>();
        StartLocalTransactionRequest start = new StartLocalTransactionRequest(items, key("owner", "cid"));
        String aborted = client.startLocalTransaction(start).getTransactionID();
        putIn(aborted, 1);
        got.add(get(items, item("cid", 1), 1));
        client.abortTransaction(new AbortTransactionRequest(aborted));
        got.add(get(items, item("cid", 1), 1));
        String committed = client.startLocalTransaction(start).getTransactionID();
        putIn(committed, 2);
        GetRowRequest inside = new GetRowRequest(new SingleRowQueryCriteria(items, item("cid", 1)));
        inside.getRowQueryCriteria().setMaxVersions(1);
        inside.setTransactionId(committed);
        got.add(values(client.getRow(inside).getRow()));
        client.commitTransaction(new CommitTransactionRequest(committed));
        got.add(values(get(items, item("cid", 1), 1)));
        got.add(refusal(() -> client.commitTransaction(new CommitTransactionRequest(committed))));
        return new Found(Arrays.asList(null, null, Map.of("price", 2.0), Map.of("price", 2.0), "OTSSessionNotExist"), got);
    }
}
