import com.alicloud.openservices.tablestore.SyncClient;
import com.alicloud.openservices.tablestore.model.*;
import com.alicloud.openservices.tablestore.model.filter.CompositeColumnValueFilter;
import com.alicloud.openservices.tablestore.model.filter.Filter;
import com.alicloud.openservices.tablestore.model.filter.SingleColumnValueFilter;
import com.alicloud.openservices.tablestore.model.filter.SingleColumnValueFilter.CompareOperator;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Ranges in both directions, with filters and columns, and of an index. */
class RangeSteps extends Steps {
    RangeSteps(SyncClient client, String prefix) {
        super(client, prefix);
    }

    Found inPages(Direction direction) {
        RangeRowQueryCriteria criteria = all(items, direction);
        criteria.setLimit(PAGE);
        List<Integer> sizes = new ArrayList<>();
        List<Long> got = numbers(pages(criteria, sizes));
        List<Long> wanted = direction == Direction.FORWARD ? upTo(0, ROWS - 1) : upTo(ROWS - 1, 0);
        return new Found(List.of(wanted, List.of(4, 4, 4, 4, 4, 4, 1)), List.of(got, sizes));
    }

    Found iterator() {
        RangeRowQueryCriteria criteria = all(items, Direction.FORWARD);
        criteria.setInclusiveStartPrimaryKey(item("ann", 3));
        criteria.setExclusiveEndPrimaryKey(item("ann", 20));
        RangeIteratorParameter parameter = new RangeIteratorParameter(criteria);
        parameter.setBufferSize(5);
        parameter.setMaxCount(12);
        List<Row> rows = new ArrayList<>();
        Iterator<Row> iterator = client.createRangeIterator(parameter);
        iterator.forEachRemaining(rows::add);
        return new Found(upTo(3, 14), numbers(rows));
    }

    Found filtered() {
        SingleColumnValueFilter stocked = new SingleColumnValueFilter("stock", CompareOperator.GREATER_EQUAL, ColumnValue.fromLong(9));
        stocked.setPassIfMissing(false);
        SingleColumnValueFilter red = new SingleColumnValueFilter("colour", CompareOperator.EQUAL, ColumnValue.fromString("red"));
        Filter either = new CompositeColumnValueFilter(CompositeColumnValueFilter.LogicOperator.OR).addFilter(stocked).addFilter(red);
        SingleColumnValueFilter last = new SingleColumnValueFilter("price", CompareOperator.GREATER_THAN, ColumnValue.fromDouble(11));
        return new Found(List.of(List.of(0L, 5L, 9L, 10L, 12L, 15L, 18L, 20L, 21L, 24L), List.of(23L, 24L)),
            List.of(passing(either), passing(last)));
    }

    /** The rows that a filter lets through; the first pages may be empty. */
    private List<Long> passing(Filter filter) {
        RangeRowQueryCriteria criteria = all(items, Direction.FORWARD);
        criteria.setFilter(filter);
        return numbers(pages(criteria, new ArrayList<>()));
    }

    Found columns() {
        RangeRowQueryCriteria criteria = all(items, Direction.FORWARD);
        criteria.addColumnsToGet("stock");
        List<Row> rows = pages(criteria, new ArrayList<>());
        return new Found(List.of(List.of(0L, 3L, 6L, 9L, 12L, 15L, 18L, 21L, 24L), Map.of("stock", 24L), 2),
            List.of(numbers(rows), values(rows.get(8)), rows.get(8).getPrimaryKey().size()));
    }

    Found secondaryIndex() {
        RangeRowQueryCriteria criteria = new RangeRowQueryCriteria(colours);
        criteria.setInclusiveStartPrimaryKey(
            key("colour", "red", "owner", PrimaryKeyValue.INF_MIN, "number", PrimaryKeyValue.INF_MIN));
        criteria.setExclusiveEndPrimaryKey(
            key("colour", "red", "owner", PrimaryKeyValue.INF_MAX, "number", PrimaryKeyValue.INF_MAX));
        criteria.setMaxVersions(1);
        List<Row> rows = pages(criteria, new ArrayList<>());
        return new Found(List.of(List.of(0L, 5L, 10L, 15L, 20L), Map.of("price", 10.0)), List.of(numbers(rows), values(rows.get(4))));
    }
}
