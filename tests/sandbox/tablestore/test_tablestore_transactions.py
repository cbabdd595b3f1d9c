"""Local transactions through the vendor's SDK."""

from __future__ import annotations

import pytest
from tablestore import INF_MAX, INF_MIN, OTSClient, Row
from tablestore_sandbox import make, refusal

from services.sandbox.tablestore.server import TablestoreSandbox

PARTITION = [("region", "emea")]
NEW = [("region", "emea"), ("id", 5000)]
OLD = [("region", "emea"), ("id", 1)]


def ids(client: OTSClient, **options) -> list[int]:
    """The ids of one region from 59 on."""
    start, end = [("region", "emea"), ("id", 59)], [("region", "emea"), ("id", INF_MAX)]
    return [row.primary_key[1][1] for row in client.get_range("orders", "FORWARD", start, end, **options)[2]]


@pytest.mark.parametrize("commits", [True, False])
def test_changes_are_seen_inside_and_after_a_commit(writer: OTSClient, commits: bool) -> None:
    """Others see them only when it is committed, never after an abort."""
    name = writer.start_local_transaction("orders", PARTITION)
    writer.put_row("orders", Row(NEW, [("v", 1)]), transaction_id=name)
    writer.delete_row("orders", [("region", "emea"), ("id", 60)], transaction_id=name)
    assert writer.get_row("orders", NEW, transaction_id=name)[1].attribute_columns[0][:2] == ("v", 1)
    assert ids(writer, transaction_id=name) == [59, 5000]
    assert ids(writer) == [59, 60]
    (writer.commit_transaction if commits else writer.abort_transaction)(name)
    assert ids(writer) == ([59, 5000] if commits else [59, 60])
    assert refusal(writer.commit_transaction, name) == ("OTSSessionNotExist", 404)


def test_others_cannot_write_to_the_partition(writer: OTSClient) -> None:
    """Writes and second transactions conflict; other partitions are free."""
    name = writer.start_local_transaction("orders", PARTITION)
    conflict = ("OTSRowOperationConflict", 409)
    assert refusal(writer.put_row, "orders", Row(OLD, [])) == conflict
    assert refusal(writer.start_local_transaction, "orders", PARTITION) == conflict
    writer.put_row("orders", Row([("region", "apac"), ("id", 1)], []))
    writer.abort_transaction(name)
    writer.put_row("orders", Row(OLD, []))


def test_it_stays_in_its_partition(writer: OTSClient) -> None:
    """Keys of another partition, and ranges beyond it, are out of its scope."""
    name = writer.start_local_transaction("orders", PARTITION)
    other = [("region", "apac"), ("id", 1)]
    wanted = ("OTSDataOutOfRange", 400)
    assert refusal(writer.put_row, "orders", Row(other, []), transaction_id=name) == wanted
    assert refusal(writer.get_row, "orders", other, transaction_id=name) == wanted
    low = [("region", INF_MIN), ("id", INF_MIN)]
    assert refusal(writer.get_range, "orders", "FORWARD", low, NEW, transaction_id=name) == wanted


def test_it_ends_after_a_minute(own: TablestoreSandbox, writer: OTSClient) -> None:
    """Nothing of it stays, and the partition is free."""
    name = writer.start_local_transaction("orders", PARTITION)
    writer.put_row("orders", Row(NEW, []), transaction_id=name)
    own.clock.advance(61)
    assert refusal(writer.commit_transaction, name) == ("OTSSessionNotExist", 404)
    writer.put_row("orders", Row(OLD, []))
    assert writer.get_row("orders", NEW)[1] is None


def test_a_table_may_have_none(writer: OTSClient) -> None:
    """Only a table made for them has transactions."""
    make(writer, "t", [("k", "STRING")])
    assert refusal(writer.start_local_transaction, "t", [("k", "x")]) == ("OTSUnsupportOperation", 400)
    assert refusal(writer.start_local_transaction, "orders", OLD) == ("OTSInvalidPK", 400)
