"""The vendor's async SDK."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from tablestore import (
    INF_MAX,
    INF_MIN,
    AsyncOTSClient,
    CapacityUnit,
    Condition,
    MatchAllQuery,
    OTSServiceError,
    Row,
    RowExistenceExpectation,
    SearchQuery,
    SingleColumnCondition,
)
from tablestore import ComparatorType as C

from services.sandbox.tablestore.server import TablestoreSandbox


def test_rows_are_written_read_and_refused(own: TablestoreSandbox, run_async: Callable[..., object]) -> None:
    """Put, conditional update, get, delete, error."""

    async def work(client: AsyncOTSClient) -> None:
        key = [("region", "emea"), ("id", 700)]
        await client.put_row("orders", Row(key, [("v", 1)]))
        wrong = Condition(RowExistenceExpectation.IGNORE, SingleColumnCondition("v", 2, C.EQUAL))
        with pytest.raises(OTSServiceError, match="Condition check failed"):
            await client.update_row("orders", Row(key, {"put": [("v", 3)]}), wrong)
        _, row, _ = await client.get_row("orders", key)
        assert row.attribute_columns[0][:2] == ("v", 1)
        await client.delete_row("orders", key)
        assert (await client.get_row("orders", key))[1] is None

    run_async(own, work)


def test_ranges_tables_sql_and_search(own: TablestoreSandbox, run_async: Callable[..., object]) -> None:
    """The same answers as the sync SDK gets."""

    async def work(client: AsyncOTSClient) -> None:
        assert await client.list_table() == ("events", "orders", "users")
        start, end = [("id", INF_MIN)], [("id", INF_MAX)]
        used = CapacityUnit(0, 0)
        rows = [row async for row in client.xget_range("events", "FORWARD", start, end, used, [], None)]
        assert len(rows) == 1000
        await client.exe_sql_query("CREATE TABLE events (id BIGINT, kind MEDIUMTEXT, PRIMARY KEY (id))")
        found, _, _ = await client.exe_sql_query("SELECT count(*) AS n FROM events WHERE kind = 'error'")
        assert found[0].attribute_columns == [("n", 143)]
        hits = await client.search("orders", "orders_search", SearchQuery(MatchAllQuery(), get_total_count=True))
        assert hits.total_count == 240

    run_async(own, work)


def test_three_hundred_connections_at_once(own: TablestoreSandbox, run_async: Callable[..., object]) -> None:
    """All are accepted and answered."""

    async def work(client: AsyncOTSClient) -> None:
        answers = await asyncio.gather(*(client.get_row("events", [("id", number)]) for number in range(300)))
        assert [row.primary_key for _, row, _ in answers] == [[("id", number)] for number in range(300)]

    run_async(own, work)


def test_a_cancelled_call_leaves_the_client_useful(
    fresh_tablestore: Callable[..., TablestoreSandbox], run_async: Callable[..., object]
) -> None:
    """The stalled request is given up, the next one answered."""

    async def work(client: AsyncOTSClient) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.list_table(), 0.2)
        assert (await client.describe_table("orders")).table_meta.table_name == "orders"

    run_async(fresh_tablestore(faults="tablestore:stall,op=ListTable"), work)
