"""The server as a process, its data from one start to the next, its faults as text."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from tablestore import INF_MAX, INF_MIN, CapacityUnit, NoRetryPolicy, OTSClient, OTSServiceError, Row, TermQuery
from tablestore import SearchQuery as Query
from tablestore_sandbox import make

from services.sandbox.faults import Fault, FaultPlan, FaultSpecError, parse_faults
from services.sandbox.foreground import main
from services.sandbox.process import start
from services.sandbox.tablestore import messages
from services.sandbox.tablestore.server import TablestoreSandbox

Connect = Callable[..., OTSClient]


def test_the_endpoint_opens_an_instance_with_rows_and_faults() -> None:
    """The fields are those of a profile; rows and faults given at the start are there."""
    with start(("tablestore",), rows=1234, fault="tablestore:error=Closed today,op=DescribeTable") as sandbox:
        assert list(sandbox.endpoints) == ["tablestore"]
        fields = sandbox.endpoints["tablestore"]
        assert sorted(fields) == ["access_key_id", "endpoint", "instance", "secrets"]
        secret = fields["secrets"]["access_key_secret"]
        words = (fields["endpoint"], fields["access_key_id"], secret, fields["instance"])
        client = OTSClient(*words, retry_policy=NoRetryPolicy())
        start_key, end_key = [("id", INF_MIN)], [("id", INF_MAX)]
        rows = list(client.xget_range("events", "FORWARD", start_key, end_key, CapacityUnit(0, 0), [], None))
        assert len(rows) == 1234
        with pytest.raises(OTSServiceError, match="Closed today"):
            client.describe_table("orders")
        client.connection.pool.clear()


def test_without_the_sdk_the_reason_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The server speaks the SDK's messages: without it the start is refused with the remedy."""
    monkeypatch.setattr(messages, "find_spec", lambda _: None)
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        assert main(["--only", "tablestore"]) == 2
    finally:
        signal.signal(signal.SIGINT, before[0])
        signal.signal(signal.SIGTERM, before[1])
    assert "install storedeck[tablestore]" in capsys.readouterr().err


def test_data_stays_from_an_end_to_the_next_start(tmp_path: Path, connect: Connect) -> None:
    """Tables, rows with versions and types, indexes, mappings, search indexes."""
    with TablestoreSandbox(directory=tmp_path) as sandbox:
        client = connect(sandbox)
        make(client, "t", [("b", "BINARY"), ("k", "INTEGER")], max_version=3, max_time_deviation=10**10)
        key = [("b", bytearray(b"\xff")), ("k", -1)]
        for time in (1000, 2000):
            client.update_row("t", Row(key, {"put": [("v", time, time), ("s", f"é{time}", time)]}), None)
        client.put_row("t", Row([("b", bytearray()), ("k", 0)], []))
        client.delete_row("orders", [("region", "emea"), ("id", 1)])
        client.exe_sql_query("CREATE TABLE orders (region VARCHAR(9), id BIGINT, paid BOOL, PRIMARY KEY (region, id))")
    with TablestoreSandbox(directory=tmp_path) as sandbox:
        client = connect(sandbox)
        assert client.list_table() == ("events", "orders", "t", "users")
        assert client.get_row("t", key, max_version=3)[1].attribute_columns == [
            ("s", "é2000", 2000), ("s", "é1000", 1000), ("v", 2000, 2000), ("v", 1000, 1000),
        ]  # fmt: skip
        assert client.get_row("t", [("b", bytearray()), ("k", 0)])[1].attribute_columns == []
        assert client.describe_table("t").table_options.max_version == 3
        assert client.exe_sql_query("SELECT count(*) AS n FROM orders")[0][0].attribute_columns == [("n", 239)]
        found = client.search("orders", "orders_search", Query(TermQuery("region", "emea"), get_total_count=True))
        assert found.total_count == 59
        assert client.get_row("events", [("id", 7)])[1].attribute_columns[0][:2] == ("kind", "login")
        index = [("customer", "chen"), ("region", "emea"), ("id", 3)]
        assert client.get_row("orders_by_customer", index)[1] is not None


def test_events_are_made_anew_when_their_number_changes(tmp_path: Path, connect: Connect) -> None:
    """Everything else stays as it was saved."""
    with TablestoreSandbox(directory=tmp_path, rows=10) as sandbox:
        connect(sandbox).delete_table("users")
    with TablestoreSandbox(directory=tmp_path, rows=20) as sandbox:
        client = connect(sandbox)
        assert client.list_table() == ("events", "orders")
        assert client.get_row("events", [("id", 19)])[1] is not None


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        ("tablestore:html,op=GetRow", Fault("tablestore", "html", op="GetRow")),
        ("tablestore:skew=20m", Fault("tablestore", "skew", seconds=1200.0)),
        ("tablestore:error=No,code=OTSServerBusy", Fault("tablestore", "error", text="No", code="OTSServerBusy")),
    ],
)
def test_specifications_take_names_minutes_and_codes(spec: str, wanted: Fault) -> None:
    """The words that HTTP servers add to the grammar."""
    assert parse_faults(spec) == [wanted]


def test_a_plan_knows_operations_by_name() -> None:
    """Only requests of that name count; a name in lower case is none."""
    plan = FaultPlan(parse_faults("tablestore:reset,op=GetRow,times=1"))
    assert [bool(plan.due(name, 1)) for name in ("PutRow", "GetRow", "GetRow")] == [False, True, False]
    with pytest.raises(FaultSpecError, match="op takes a number"):
        parse_faults("tablestore:reset,op=getrow")
