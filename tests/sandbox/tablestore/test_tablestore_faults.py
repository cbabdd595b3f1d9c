"""What each fault does to the vendor's SDK."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from tablestore import (
    INF_MAX,
    INF_MIN,
    BatchGetRowRequest,
    DefaultRetryPolicy,
    OTSClient,
    OTSClientError,
    OTSServiceError,
    Row,
    TableInBatchGetRowItem,
)
from tablestore_sandbox import refusal
from urllib3.exceptions import MaxRetryError, ProtocolError, ReadTimeoutError

from services.sandbox.faults import parse_faults
from services.sandbox.tablestore.server import TablestoreSandbox

Connect = Callable[..., OTSClient]
TABLES = ("events", "orders", "users")


@pytest.fixture
def show(own: TablestoreSandbox, connect: Connect) -> Callable[..., OTSClient]:
    """Sets faults and gives a client."""

    def set_faults(spec: str, **options: object) -> OTSClient:
        own.plan.clear()
        own.plan.add(*parse_faults(spec))
        return connect(own, **options)

    return set_faults


def test_a_delay_holds_the_answer_back(show: Callable[..., OTSClient]) -> None:
    """The answer comes, not before its time; other operations are not concerned."""
    client = show("tablestore:delay=150ms,op=ListTable")
    begun = time.monotonic()
    assert client.list_table() == TABLES
    assert time.monotonic() - begun >= 0.15


def test_a_stall_ends_with_the_clients_patience(show: Callable[..., OTSClient]) -> None:
    """No answer: the SDK gives up at its own limit and others are served."""
    client = show("tablestore:stall,op=ListTable", socket_timeout=0.2)
    with pytest.raises((ReadTimeoutError, MaxRetryError)):
        client.list_table()
    assert client.describe_table("orders").table_meta.table_name == "orders"


def test_a_reset_breaks_the_connection(show: Callable[..., OTSClient]) -> None:
    """After two answers the connection is reset; the next one is answered again."""
    client = show("tablestore:reset,op=ListTable,after=2,times=1")
    assert [client.list_table(), client.list_table()] == [TABLES] * 2
    with pytest.raises((ProtocolError, MaxRetryError)):
        client.list_table()
    assert client.list_table() == TABLES


@pytest.mark.parametrize("fault", ["lost", "cut"])
def test_an_answer_breaks_off_after_the_work(
    own: TablestoreSandbox, show: Callable[..., OTSClient], fault: str
) -> None:
    """The row is put, but the client does not hear of it; cut, the answer begins; the next request is answered."""
    client = show(f"tablestore:{fault},op=PutRow,times=1")
    key = [("team", "x"), ("badge", bytearray(b"")), ("seq", 1)]
    with pytest.raises((ProtocolError, MaxRetryError)):
        client.put_row("users", Row(key, [("name", "Ann")]))
    assert client.get_row("users", key)[1] is not None


def test_an_answer_without_a_body_is_cut_too(show: Callable[..., OTSClient]) -> None:
    """Then its head ends early."""
    client = show("tablestore:cut,op=DeleteTable,times=1")
    with pytest.raises((ProtocolError, MaxRetryError)):
        client.delete_table("events")
    assert "events" not in client.list_table()


def test_a_busy_server_recovers(show: Callable[..., OTSClient]) -> None:
    """503 for a while: the SDK's own retries come through."""
    client = show("tablestore:error=Server is busy.,times=2,op=GetRow", retry_policy=DefaultRetryPolicy())
    assert client.get_row("users", [("team", "x"), ("badge", bytearray(b"")), ("seq", 1)])[1] is None


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        ("error=No,status=503", ("OTSServerBusy", 503)),
        ("error=No,status=403,code=OTSNoPermissionAccess", ("OTSNoPermissionAccess", 403)),
        ("error=No,status=403", ("OTSNotEnoughCapacityUnit", 403)),
        ("error=No,status=500", ("OTSInternalServerError", 500)),
        ("error=No,status=413", ("OTSRequestBodyTooLarge", 413)),
        ("error=No,status=599", ("OTSInternalServerError", 599)),
        ("expired", ("OTSAuthFailed", 403)),
    ],
)
def test_an_error_has_its_status_and_code(show: Callable[..., OTSClient], spec: str, wanted: tuple[str, int]) -> None:
    """As told, or the code that goes with the status."""
    assert refusal(show(f"tablestore:{spec}").list_table) == wanted


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("html", "HTTP status: 502"),
        ("wrong-md5", "MD5 mismatch"),
        ("wrong-signature", "Invalid signature"),
        ("skew=20m", "more than 15 minutes"),
    ],
)
def test_a_wrong_answer_is_noticed(show: Callable[..., OTSClient], spec: str, words: str) -> None:
    """A gateway's page, a wrong sum, a wrong signature, a clock far ahead."""
    with pytest.raises(OTSClientError, match=words):
        show(f"tablestore:{spec}").list_table()


def test_a_corrupted_row_is_noticed(show: Callable[..., OTSClient]) -> None:
    """The checksum inside the rows is wrong, in a row, a page and a batch; the body's own sum is right."""
    client = show("tablestore:corrupt", enable_native=False)
    with pytest.raises(OTSClientError, match="Checksum"):
        client.get_row("events", [("id", 1)])
    with pytest.raises(OTSClientError, match="Checksum"):
        client.get_range("events", "FORWARD", [("id", INF_MIN)], [("id", INF_MAX)], limit=3)
    batch = BatchGetRowRequest()
    batch.add(TableInBatchGetRowItem("events", [[("id", 1)], [("id", 2)]], [], max_version=1))
    with pytest.raises(OTSClientError, match="Checksum"):
        client.batch_get_row(batch)


def test_garbage_is_no_http(show: Callable[..., OTSClient]) -> None:
    """The SDK gives up with an error of its HTTP library."""
    with pytest.raises((ProtocolError, MaxRetryError)):
        show("tablestore:garbage").list_table()


def test_faults_of_other_servers_are_theirs(
    fresh_tablestore: Callable[..., TablestoreSandbox], connect: Connect
) -> None:
    """A specification names its server."""
    client = connect(fresh_tablestore(faults="ignite:reset;tablestore:error=Here,op=DescribeTable"))
    assert client.list_table() == TABLES
    with pytest.raises(OTSServiceError, match="Here"):
        client.describe_table("orders")
