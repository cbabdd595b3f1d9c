"""Ranges and batches through the vendor's SDK: order, direction, pages, filters, limits."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tablestore import (
    INF_MAX,
    INF_MIN,
    BatchGetRowRequest,
    BatchWriteRowRequest,
    ComparatorType,
    Condition,
    DeleteRowItem,
    OTSClient,
    PutRowItem,
    Row,
    RowExistenceExpectation,
    SingleColumnCondition,
    TableInBatchGetRowItem,
    TableInBatchWriteRowItem,
    UpdateRowItem,
)
from tablestore_sandbox import make, refusal

from services.sandbox.tablestore.limits import Limits
from services.sandbox.tablestore.server import TablestoreSandbox

LOW, HIGH = [("k", INF_MIN)], [("k", INF_MAX)]


def keys(client: OTSClient, start, end, direction: str = "FORWARD", **options) -> list[object]:
    """The keys of one page of `t`."""
    rows = client.get_range("t", direction, start, end, **options)[2]
    return [tuple(value for _, value in row.primary_key) for row in rows]


def fill(client: OTSClient, count: int) -> None:
    """Rows 0 to `count` - 1, `even` where the number is."""
    for number in range(count):
        client.put_row("t", Row([("k", number)], [("n", number), *([("even", 1)] if number % 2 == 0 else [])]))


def test_the_start_is_in_the_end_is_out(writer: OTSClient) -> None:
    """In both directions, with keys and with infinities."""
    make(writer, "t")
    fill(writer, 6)
    assert keys(writer, [("k", 1)], [("k", 4)]) == [(1,), (2,), (3,)]
    assert keys(writer, [("k", 4)], [("k", 1)], "BACKWARD") == [(4,), (3,), (2,)]
    assert keys(writer, LOW, [("k", 2)]) == [(0,), (1,)]
    assert keys(writer, HIGH, [("k", 3)], "BACKWARD") == [(5,), (4,)]
    assert keys(writer, [("k", 3)], [("k", 3)]) == []
    assert refusal(keys, writer, HIGH, LOW) == ("OTSParameterInvalid", 400)
    assert refusal(keys, writer, LOW, HIGH, "BACKWARD") == ("OTSParameterInvalid", 400)


def test_composite_keys_compare_from_the_left(writer: OTSClient) -> None:
    """Text by its bytes, then bytes, then numbers; infinities at any place."""
    make(writer, "t", [("a", "STRING"), ("b", "BINARY"), ("c", "INTEGER")])
    made = [(a, b, c) for a in ("", "B", "a", "é") for b in (b"", b"\x7f", b"\xff") for c in (-1, 0, 7)]
    for a, b, c in reversed(made):
        writer.put_row("t", Row([("a", a), ("b", bytearray(b)), ("c", c)], []))
    seen = keys(
        writer, [("a", INF_MIN), ("b", INF_MIN), ("c", INF_MIN)], [("a", INF_MAX), ("b", INF_MAX), ("c", INF_MAX)]
    )
    assert seen == made
    part = keys(
        writer,
        [("a", "a"), ("b", bytearray(b"\x7f")), ("c", INF_MIN)],
        [("a", "a"), ("b", bytearray(b"\x7f")), ("c", INF_MAX)],
    )
    assert part == [("a", b"\x7f", -1), ("a", b"\x7f", 0), ("a", b"\x7f", 7)]


def test_pages_lead_to_the_end(writer: OTSClient) -> None:
    """Each page names the next key, the last one none."""
    make(writer, "t")
    fill(writer, 7)
    start, seen, sizes = LOW, [], []
    while start is not None:
        _, start, rows, _ = writer.get_range("t", "FORWARD", start, HIGH, limit=3)
        seen += [row.primary_key[0][1] for row in rows]
        sizes.append(len(rows))
    assert (seen, sizes) == (list(range(7)), [3, 3, 1])
    assert refusal(keys, writer, LOW, HIGH, limit=0) == ("OTSParameterInvalid", 400)


def test_a_page_may_be_empty_and_go_on(
    fresh_tablestore: Callable[..., TablestoreSandbox], connect: Callable[..., OTSClient]
) -> None:
    """Rows that a filter drops count for the page; the next key is there all the same."""
    client = connect(fresh_tablestore(samples=False, limits=Limits(page_rows=4)))
    make(client, "t")
    fill(client, 10)
    nine = SingleColumnCondition("n", 9, ComparatorType.EQUAL)
    start, pages = LOW, []
    while start is not None:
        _, start, rows, _ = client.get_range("t", "FORWARD", start, HIGH, column_filter=nine)
        pages.append(([row.primary_key[0][1] for row in rows], start))
    assert pages == [([], [("k", 4)]), ([], [("k", 8)]), ([9], None)]


def test_a_page_holds_5000_rows_or_4_mb(client: OTSClient, writer: OTSClient) -> None:
    """The service's own limits; a page of large rows ends after the row that fills it."""
    make(writer, "t")
    for number in range(5):
        writer.put_row("t", Row([("k", number)], [("v", "x" * 1_500_000)]))
    _, following, rows, _ = writer.get_range("t", "FORWARD", LOW, HIGH)
    assert ([row.primary_key for row in rows], following) == ([[("k", 0)], [("k", 1)], [("k", 2)]], [("k", 3)])


def test_columns_and_filters_apply_to_each_row(writer: OTSClient) -> None:
    """Rows without any of the columns are left out; the filter sees what is chosen."""
    make(writer, "t")
    fill(writer, 6)
    assert keys(writer, LOW, HIGH, columns_to_get=["even"]) == [(0,), (2,), (4,)]
    large = SingleColumnCondition("n", 3, ComparatorType.GREATER_EQUAL, pass_if_missing=False)
    assert keys(writer, LOW, HIGH, column_filter=large) == [(3,), (4,), (5,)]
    assert keys(writer, LOW, HIGH, column_filter=large, columns_to_get=["even"]) == []


def test_the_iterator_of_the_sdk_walks_everything(client: OTSClient) -> None:
    """`xget_range` asks page by page and counts its capacity units."""
    from tablestore import CapacityUnit

    used = CapacityUnit(0, 0)
    start, end = [("id", 100)], [("id", 900)]
    seen = [row.primary_key[0][1] for row in client.xget_range("events", "FORWARD", start, end, used, [], 750)]
    assert seen == list(range(100, 850))
    assert used.read > 0


def test_events_are_as_many_as_asked_for(
    fresh_tablestore: Callable[..., TablestoreSandbox], connect: Callable[..., OTSClient]
) -> None:
    """Rows of one large page decode with their checksums and hold what their number says."""
    client = connect(fresh_tablestore(rows=5003, samples=False), enable_native=False)
    _, following, rows, _ = client.get_range("events", "FORWARD", [("id", INF_MIN)], [("id", INF_MAX)])
    assert (len(rows), following) == (5000, [("id", 5000)])
    row = {name: value for name, value, _ in rows[4321].attribute_columns}
    assert row == {"kind": "purchase", "message": "purchase 000004321", "ok": True, "value": 40.125}


def test_a_changed_event_is_in_its_page(writer: OTSClient) -> None:
    """Events that were loaded, changed and deleted come in one page, in both directions."""
    writer.update_row("events", Row([("id", 3)], {"put": [("extra", "x")]}), None)
    writer.delete_row("events", [("id", 4)])
    low, high = [("id", 2)], [("id", 6)]
    rows = writer.get_range("events", "FORWARD", low, high)[2]
    assert [(row.primary_key[0][1], len(row.attribute_columns)) for row in rows] == [(2, 4), (3, 5), (5, 4)]
    _, following, rows, _ = writer.get_range("events", "BACKWARD", high, low, limit=2)
    assert ([row.primary_key[0][1] for row in rows], following) == ([6, 5], [("id", 3)])
    _, following, rows, _ = writer.get_range("events", "BACKWARD", [("id", 999)], [("id", INF_MIN)], limit=2)
    assert ([row.primary_key[0][1] for row in rows], following) == ([999, 998], [("id", 997)])


def test_a_batch_reads_from_several_tables(client: OTSClient) -> None:
    """Each row answers for itself: found, not there, or refused with its table."""
    request = BatchGetRowRequest()
    orders = [[("region", "emea"), ("id", 1)], [("region", "emea"), ("id", 99999)]]
    request.add(TableInBatchGetRowItem("orders", orders, ["customer"], max_version=1))
    request.add(TableInBatchGetRowItem("nothing", [[("k", 1)]], [], max_version=1))
    answer = client.batch_get_row(request)
    found, missing = answer.get_result_by_table("orders")
    assert (found.is_ok, found.row.attribute_columns[0][:2]) == (True, ("customer", "chen"))
    assert (missing.is_ok, missing.row) == (True, None)
    failed = answer.get_result_by_table("nothing")[0]
    assert (failed.is_ok, failed.error_code) == (False, "OTSObjectNotExist")


def test_a_batch_writes_row_by_row(writer: OTSClient) -> None:
    """Put, update and delete in one; a failed condition fails its row only."""
    make(writer, "t")
    fill(writer, 2)
    absent = Condition(RowExistenceExpectation.EXPECT_NOT_EXIST)
    ignore = Condition(RowExistenceExpectation.IGNORE)
    items = [
        PutRowItem(Row([("k", 9)], [("n", 9)]), absent),
        PutRowItem(Row([("k", 1)], [("n", -1)]), absent),
        UpdateRowItem(Row([("k", 1)], {"increment": [("n", 5)]}), ignore),
        DeleteRowItem(Row([("k", 0)]), ignore),
    ]
    request = BatchWriteRowRequest()
    request.add(TableInBatchWriteRowItem("t", items))
    answer = writer.batch_write_row(request)
    assert [row.is_ok for row in answer.get_put_by_table("t")] == [True, False]
    assert answer.get_failed_of_put()[0].error_code == "OTSConditionCheckFail"
    assert (answer.get_failed_of_update(), answer.get_failed_of_delete()) == ([], [])
    assert keys(writer, LOW, HIGH) == [(1,), (9,)]
    assert ("n", 6) in [column[:2] for column in writer.get_row("t", [("k", 1)])[1].attribute_columns]


@pytest.mark.parametrize("count", [0, 201])
def test_a_batch_write_has_1_to_200_rows(writer: OTSClient, count: int) -> None:
    """None and 201 are refused as a whole."""
    make(writer, "t")
    request = BatchWriteRowRequest()
    ignore = Condition(RowExistenceExpectation.IGNORE)
    request.add(TableInBatchWriteRowItem("t", [PutRowItem(Row([("k", n)], []), ignore) for n in range(count)]))
    assert refusal(writer.batch_write_row, request) == ("OTSParameterInvalid", 400)
    assert keys(writer, LOW, HIGH) == []


def test_a_batch_read_has_100_rows_at_most(client: OTSClient) -> None:
    """101 are refused as a whole."""
    request = BatchGetRowRequest()
    request.add(TableInBatchGetRowItem("events", [[("id", n)] for n in range(101)], [], max_version=1))
    assert refusal(client.batch_get_row, request) == ("OTSParameterInvalid", 400)
