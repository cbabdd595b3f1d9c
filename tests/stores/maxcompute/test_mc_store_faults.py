"""Whatever goes wrong is told as one of our errors, in time, with a request id; and the SDK is held back."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from maxcompute_stores import Warehouse, opened

from services.cancel import CancelToken
from services.errors import (
    Cancelled,
    ConnectFailed,
    NotFound,
    ProtocolError,
    Refused,
    ResolveFailed,
    SignInFailed,
    StoredeckError,
    TimedOut,
    Unavailable,
)
from services.sandbox.faults import parse_faults
from services.secrets import Secret
from services.stores.maxcompute.options import MaxComputeOptions
from services.stores.maxcompute.store import MaxComputeStore
from services.stores.types import RowQuery, Statement, StepState


def fault(warehouse: Warehouse, text: str) -> None:
    """Show a fault from now on."""
    for one in parse_faults(text):
        warehouse.sandbox.plan.add(one)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries that end soon."""
    made = MaxComputeOptions.from_profile.__func__  # type: ignore[attr-defined]

    def quick(cls: type[MaxComputeOptions], *arguments: object) -> MaxComputeOptions:
        from dataclasses import replace

        return replace(made(cls, *arguments), retry_seconds=0.3)

    monkeypatch.setattr(MaxComputeOptions, "from_profile", classmethod(quick))


def test_importing_the_sdk_leaves_the_process_as_it_was() -> None:
    """TLS, warnings and pickling stay, its loggers keep quiet, no global account is set, nothing is asked."""
    program = """
import copyreg, logging, pickle, requests, urllib3, urllib3.util.ssl_ as tls, warnings
from services.errors import Refused
pickling = dict(copyreg.dispatch_table)
before = (getattr(tls, "DEFAULT_CIPHERS", None), list(warnings.filters))
from services.secrets import Secret
from services.stores.maxcompute.link import Link
from services.stores.maxcompute.options import MaxComputeOptions
link = Link(MaxComputeOptions("http://127.0.0.1:9/api", "p", "id", Secret("secret")))
link.client
import odps
assert before[0] == getattr(tls, "DEFAULT_CIPHERS", None)
assert before[1] == list(warnings.filters)
assert pickling == copyreg.dispatch_table
assert b"odps" not in pickle.dumps(Refused("no"))
assert logging.getLogger("odps").level == logging.WARNING
assert odps.options.account is None and odps.options.tunnel.require_stream_footer
assert link.requests == 0
link.close()
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (0, "") == (ended.returncode, ended.stderr)


def test_a_308_is_no_success(warehouse: Warehouse) -> None:
    """What the SDK takes for one below 400 is an answer to send again after."""
    client = warehouse.store._link.client
    tunnel = warehouse.store._link.tunnel
    answers = [type("Answer", (), {"status_code": code})() for code in (200, 299, 308, 404)]
    assert [True, True, False, False] == [client.is_ok(answer) for answer in answers]
    assert [True, True, False, False] == [tunnel.is_ok(answer) for answer in answers]


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ({"access_key_id": "LTAIwrong"}, SignInFailed, "accessKeyId"),
        ({"project": "nowhere"}, NotFound, "nowhere"),
        ({"project": "restricted"}, Refused, "restricted"),
        ({"endpoint": "http://127.0.0.1:1/api"}, ConnectFailed, "refused"),
        ({"endpoint": "http://no-such-host.invalid/api"}, (ResolveFailed, ConnectFailed), "no-such-host"),
    ],
)
@pytest.mark.usefixtures("impatient")
def test_connecting_in_vain(
    warehouse: Warehouse, changes: dict[str, str], kind: type[StoredeckError], words: str
) -> None:
    """The cause, what to do, and never a secret."""
    with pytest.raises(kind) as caught:
        opened(warehouse.sandbox.profile, **changes)
    told = "\n".join(caught.value.lines())
    assert words in told
    assert caught.value.hint
    assert warehouse.sandbox.access.access_key_secret not in told


def test_signatures_of_every_kind(warehouse: Warehouse) -> None:
    """A wrong secret fails; an STS token, an expired one, a bearer token, and signatures of version 4."""
    access, profile = warehouse.sandbox.access, warehouse.sandbox.profile
    fields = {name: str(value) for name, value in profile.items() if name != "secrets"}
    key = Secret(access.access_key_secret)
    good: list[tuple[dict[str, str], dict[str, Secret]]] = [
        ({}, {"access_key_secret": key, "sts_token": Secret(access.sts_token)}),
        ({"access_key_id": ""}, {"bearer_token": Secret(access.bearer_token)}),
        ({"region": "cn-hangzhou"}, {"access_key_secret": key}),
    ]
    for changes, secrets in good:
        with closing(MaxComputeStore({**fields, **changes}, secrets)) as store:
            store.connect()
            assert store.list_children(()).nodes
            (page,) = store.read_rows(("empty_table",), RowQuery())
            assert page.batch.num_rows == 0
    bad: list[dict[str, Secret]] = [
        {"access_key_secret": Secret("wrong")},
        {"access_key_secret": key, "sts_token": Secret(access.expired_sts_token)},
        {"bearer_token": Secret("wrong")},
    ]
    for secrets in bad:
        with closing(MaxComputeStore(fields, secrets)) as store, pytest.raises(SignInFailed) as caught:
            store.connect()
        assert caught.value.request_id


def test_a_busy_service_is_asked_again(fresh_warehouse: Callable[..., Warehouse]) -> None:
    """A moment of 503, 429 or 308 and a lost connection are not noticed; a job is submitted once all the same."""
    warehouse = fresh_warehouse(samples=False)
    fault(warehouse, "maxcompute:error,op=ListTables,times=1;maxcompute:error,op=ListTables,status=429,times=1")
    fault(warehouse, "maxcompute:reset,op=ListTables,times=1;maxcompute:error,status=308,op=CreateDownload,times=1")
    assert warehouse.store.list_children(()).nodes
    name = warehouse.table("(id BIGINT)", "(1), (2)")
    (page,) = warehouse.store.read_rows((name,), RowQuery())
    assert page.batch.num_rows == 2
    fault(warehouse, "maxcompute:lost,op=SubmitJob,times=1;maxcompute:error,op=SubmitJob,status=503,times=1")
    assert [{"n": 1}] == warehouse.rows("SELECT 1 AS n")
    assert warehouse.store.list_jobs().batch.num_rows == 3


@pytest.mark.usefixtures("impatient")
def test_a_service_that_stays_busy_is_told(fresh_warehouse: Callable[..., Warehouse]) -> None:
    """In seconds, not minutes, with the request id."""
    warehouse = fresh_warehouse(samples=False)
    fault(warehouse, "maxcompute:error,op=ListTables")
    with pytest.raises(Unavailable) as caught:
        warehouse.store.list_children(())
    assert caught.value.retryable
    assert caught.value.request_id


def test_a_stalled_service_can_be_given_up(fresh_warehouse: Callable[..., Warehouse]) -> None:
    """Cancelling ends the wait for an answer that does not come."""
    warehouse = fresh_warehouse()
    fault(warehouse, "maxcompute:stall,op=GetTable")
    token = CancelToken()
    timer = threading.Timer(0.1, token.cancel)
    timer.start()
    with pytest.raises(Cancelled):
        list(warehouse.store.read_rows(("orders",), RowQuery(), token))
    timer.join()


def test_no_answer_in_time_is_told() -> None:
    """The profile's timeout holds for each answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        fields = {"endpoint": f"http://127.0.0.1:{server.getsockname()[1]}/api", "project": "p"}
        more = {"timeout_seconds": "0.2", "access_key_id": "a"}
        store = MaxComputeStore(fields | more, {"access_key_secret": Secret("s")})
        with closing(store), pytest.raises(TimedOut):
            store.connect()


def test_rows_cut_on_their_way_are_read_on(fresh_warehouse: Callable[..., Warehouse]) -> None:
    """From the row reached, so that none is missing and none comes twice."""
    warehouse = fresh_warehouse()
    fault(warehouse, "maxcompute:cut,op=ReadRows,times=2;maxcompute:corrupt,op=ReadRows,after=3,times=1")
    pages = warehouse.store.read_rows(("sales", "pt=20260101"), RowQuery())
    ids = [n for page in pages for n in page.batch.column("order_id").to_pylist()]
    assert (50_000, 50_000) == (len(ids), len(set(ids)))


def test_rows_that_stay_damaged_are_told(fresh_warehouse: Callable[..., Warehouse]) -> None:
    """A checksum that does not hold is no row."""
    warehouse = fresh_warehouse()
    fault(warehouse, "maxcompute:corrupt,op=ReadRows")
    with pytest.raises(ProtocolError):
        list(warehouse.store.read_rows(("orders",), RowQuery()))


@pytest.mark.parametrize("text", ["html", "garbage"])
@pytest.mark.usefixtures("impatient")
def test_what_is_no_service_is_told(fresh_warehouse: Callable[..., Warehouse], text: str) -> None:
    """A gateway's page and bytes of no protocol."""
    warehouse = fresh_warehouse(samples=False)
    fault(warehouse, f"maxcompute:{text},op=GetProject")
    with pytest.raises(StoredeckError) as caught:
        warehouse.store.connect()
    assert caught.value.hint


def test_a_check_stops_at_the_step_that_fails(warehouse: Warehouse) -> None:
    """Named, with advice; the others are not tried."""
    profile = warehouse.sandbox.profile
    fields = {name: str(value) for name, value in profile.items() if name != "secrets"}
    store = MaxComputeStore({**fields, "project": "nowhere"}, {"access_key_secret": Secret("wrong")})
    steps = list(store.check())
    assert ("sign in", StepState.FAILED) == (steps[-1].name, steps[-1].state)
    assert steps[-1].hint
    store.close()


def test_usage_is_counted(warehouse: Warehouse) -> None:
    """Requests and the ids of the newest answers, for `--stats`."""
    before = warehouse.store.requests
    warehouse.store.list_children(())
    assert warehouse.store.requests > before
    assert len(set(warehouse.store.request_ids)) == len(warehouse.store.request_ids)


def test_no_secret_is_logged(warehouse: Warehouse, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever level the root logger has, the SDK's requests stay out of the log."""
    with caplog.at_level(logging.DEBUG), warnings.catch_warnings():
        list(warehouse.store.run_sql(Statement("SELECT 1")))
    assert not [record for record in caplog.records if record.name.startswith("odps")]
    assert warehouse.sandbox.access.access_key_secret not in caplog.text


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("table", b"<Table><Name>orders</Name><Schema>[1]</Schema></Table>"),
        ("table", b'<Table><Schema>{"columns": [5]}</Schema></Table>'),
        ("table", b"<Table><Schema>{</Schema></Table>"),
        ("table", b"no xml at all"),
        ("tunnel", b"[]"),
        ("tunnel", b'{"DownloadID": "a", "RecordCount": "many", "Schema": {"columns": []}}'),
        ("tunnel", b'{"DownloadID": "a", "RecordCount": 1, "Schema": {}}'),
        ("tunnel", b'{"DownloadID": "a", "RecordCount": 1, "Schema": {"columns": [{"name": "a", "type": "HUGEINT"}]}}'),
    ],
)
def test_answers_that_make_no_sense_are_told(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, operation: str, body: bytes
) -> None:
    """Never an error of Python's own."""
    with closing(opened(warehouse.sandbox.profile)) as store:
        client = store._link.client if operation == "table" else store._link.tunnel
        real = type(client)._request

        def answered(self: Any, url: str, method: str, **options: Any) -> Any:
            found = real(self, url, method, **options)
            if "/orders" in url and (method == "get") == (operation == "table"):
                found._content = body
            return found

        monkeypatch.setattr(type(client), "_request", answered)
        with pytest.raises(ProtocolError) as caught:
            list(store.read_rows(("orders",), RowQuery()))
        assert caught.value.hint
