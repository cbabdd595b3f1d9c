"""Limits that a test sets small, and options that forbid."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tablestore import BatchWriteRowRequest, Condition, OTSClient, PutRowItem, Row, TableInBatchWriteRowItem
from tablestore_sandbox import make, refusal

from services.sandbox.tablestore.limits import Limits
from services.sandbox.tablestore.server import TablestoreSandbox

Limited = Callable[..., OTSClient]
EVENTS = "CREATE TABLE events (id BIGINT, kind MEDIUMTEXT, PRIMARY KEY (id))"


@pytest.fixture
def limited(fresh_tablestore: Callable[..., TablestoreSandbox], connect: Callable[..., OTSClient]) -> Limited:
    """Makes a client of an instance with other limits."""
    return lambda **limits: connect(fresh_tablestore(limits=Limits(**limits)))


def count(client: OTSClient, where: str) -> object:
    """How many events a SELECT counts."""
    return client.exe_sql_query(f"SELECT count(*) AS n FROM events {where}")[0][0].attribute_columns[0][1]


def test_an_instance_holds_so_many_tables(limited: Limited) -> None:
    """One more is above the quota; after a deletion it is made."""
    client = limited(tables=4)
    make(client, "fourth")
    assert refusal(make, client, "fifth") == ("OTSQuotaExhausted", 403)
    client.delete_table("fourth")
    make(client, "fifth")


def test_a_batch_holds_so_many_bytes(limited: Limited) -> None:
    """The sum over its rows counts, and none of them is written."""
    client = limited(batch_write_bytes=2000)
    make(client, "t")
    items = [PutRowItem(Row([("k", number)], [("v", "x" * 500)]), Condition("IGNORE")) for number in range(4)]
    request = BatchWriteRowRequest()
    request.add(TableInBatchWriteRowItem("t", items))
    assert refusal(client.batch_write_row, request) == ("OTSParameterInvalid", 400)
    assert client.get_row("t", [("k", 0)])[1] is None


def test_a_request_names_so_many_columns(limited: Limited) -> None:
    """The names of columns to get are counted."""
    client = limited(columns_to_get=2)
    assert client.get_row("events", [("id", 1)], ["kind", "ok"])[1] is not None
    wanted = ("OTSParameterInvalid", 400)
    assert refusal(client.get_row, "events", [("id", 1)], ["kind", "ok", "value"]) == wanted


def test_a_statement_scans_so_many_rows(limited: Limited) -> None:
    """A key range or a plain LIMIT keeps it below; other conditions do not."""
    client = limited(sql_rows=100)
    client.exe_sql_query(EVENTS)
    assert refusal(count, client, "") == ("OTSQuotaExhausted", 403)
    assert refusal(count, client, "WHERE kind = 'error'") == ("OTSQuotaExhausted", 403)
    ranges = ("WHERE id < 100", "WHERE id BETWEEN 10 AND 19", "WHERE id = 7 AND kind = 'login'")
    found = [count(client, where) for where in ranges]
    assert found == [100, 10, 1]
    assert len(client.exe_sql_query("SELECT * FROM events LIMIT 5 OFFSET 90")[0]) == 5


def test_a_table_may_forbid_updates(writer: OTSClient) -> None:
    """UpdateRow is refused there, PutRow is not."""
    make(writer, "t", allow_update=False)
    writer.put_row("t", Row([("k", 1)], [("v", 1)]))
    update = Row([("k", 1)], {"put": [("v", 2)]})
    assert refusal(writer.update_row, "t", update, None) == ("OTSUnsupportOperation", 400)


def test_a_statement_sees_mappings_and_nothing_else(writer: OTSClient) -> None:
    """Aliases, quoted names and subqueries find the mapping; the engine's own tables are not there."""
    writer.exe_sql_query(EVENTS)
    assert count(writer, "AS e WHERE e.`id` IN (SELECT id FROM events WHERE id < 3)") == 3
    assert count(writer, "WHERE id < 3 AND 600 IN (SELECT id FROM events WHERE id > 500)") == 3
    outer = "SELECT count(*) AS n FROM (SELECT id + 1 AS id FROM events) AS e WHERE id = 1000"
    assert writer.exe_sql_query(outer)[0][0].attribute_columns == [("n", 1)]
    assert refusal(writer.exe_sql_query, "SELECT * FROM sqlite_master")[1] == 400
