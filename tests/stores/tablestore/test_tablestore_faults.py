"""What goes wrong between the store and the service ends soon in one clear error with advice and a request id."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from services.cancel import CancelToken
from services.errors import (
    Cancelled,
    ConnectFailed,
    NotFound,
    ProtocolError,
    Refused,
    ResolveFailed,
    SecretNeeded,
    SessionLost,
    SignInFailed,
    StatementRefused,
    StoredeckError,
    TimedOut,
    TlsFailed,
    UsageError,
)
from services.sandbox.faults import parse_faults
from services.sandbox.tablestore.server import TablestoreSandbox
from services.secrets import Secret
from services.stores.changes import Insert, Result, Update
from services.stores.tablestore.store import TablestoreStore
from services.stores.types import RowQuery, Statement, StepState
from services.values import Typed

MakeSandbox = Callable[..., TablestoreSandbox]
ORDER = {"region": Typed("String", "emea"), "id": Typed("Integer", 1)}
NEW = {"region": Typed("String", "emea"), "id": Typed("Integer", 9_999)}
VALUE = {"quantity": Typed("Integer", 1)}


def store_of(sandbox: TablestoreSandbox, **changed: Any) -> TablestoreStore:
    """An unconnected store with a short timeout; secrets and fields as changed."""
    profile = {**sandbox.profile, "timeout_seconds": "5", "retry_seconds": "0.5"}
    secrets = {**profile.pop("secrets"), **{name: changed.pop(name) for name in list(changed) if name in SECRETS}}
    fields = {**profile, **changed}
    return TablestoreStore(fields, {name: Secret(text) for name, text in secrets.items()})


SECRETS = ("access_key_secret", "sts_token")


@contextmanager
def connected(sandbox: TablestoreSandbox, faults: str = "", **changed: Any) -> Iterator[TablestoreStore]:
    """A connected store; the faults begin afterwards."""
    store = store_of(sandbox, **changed)
    store.connect()
    sandbox.plan.add(*parse_faults(faults))
    yield store
    store.close()


def failure(action: Callable[[], object]) -> StoredeckError:
    """The error that an action ends in; it always has advice."""
    with pytest.raises(StoredeckError) as caught:
        action()
    assert caught.value.message
    assert caught.value.hint
    return caught.value


def read(store: TablestoreStore, table: str = "orders", **query: Any) -> list[Any]:
    """All pages."""
    return list(store.read_rows((table,), RowQuery(**query)))


@pytest.mark.parametrize(
    "changed",
    [
        {"access_key_secret": "wrong"},
        {"access_key_id": "LTAI-nobody"},
        {"instance": "another"},
        {"sts_token": "CAIS-made-up"},
        {"access_key_secret": "wrong", "region": "cn-hangzhou"},
    ],
    ids=["secret", "key id", "instance", "token", "v4"],
)
def test_wrong_credentials_fail_at_sign_in(tablestore_sandbox: TablestoreSandbox, changed: dict[str, str]) -> None:
    """Whatever of the credentials is wrong, connecting says so at once, and so does the check."""
    store = store_of(tablestore_sandbox, **changed)
    error = failure(store.connect)
    assert type(error) is SignInFailed
    assert error.request_id
    *_, last = store.check()
    assert ("sign in", StepState.FAILED) == (last.name, last.state)
    assert last.hint
    store.close()


def test_an_expired_token_is_told(tablestore_sandbox: TablestoreSandbox) -> None:
    """The service's words on the token come through."""
    store = store_of(tablestore_sandbox, sts_token=tablestore_sandbox.access.expired_sts_token)
    error = failure(store.connect)
    assert type(error) is SignInFailed
    assert "expired" in error.message
    assert error.request_id
    store.close()


@pytest.mark.parametrize("changed", [{}, {"region": "cn-hangzhou"}, {"sts_token": ""}], ids=["v2", "v4", "no token"])
def test_right_credentials_pass(tablestore_sandbox: TablestoreSandbox, changed: dict[str, str]) -> None:
    """Signatures of both versions, and an empty token."""
    with connected(tablestore_sandbox, **changed) as store:
        assert read(store, limit=1)[0].batch.num_rows == 1


def test_a_valid_token_passes(tablestore_sandbox: TablestoreSandbox) -> None:
    """A temporary key with its token signs in."""
    with connected(tablestore_sandbox, sts_token=tablestore_sandbox.access.sts_token) as store:
        assert read(store, limit=1)[0].batch.num_rows == 1


def test_the_vendors_variables_fill_in(tablestore_sandbox: TablestoreSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile without an access key takes it from OTS_AK_ENV and OTS_SK_ENV; without them it says what is missing."""
    facts = tablestore_sandbox.profile
    bare = {"endpoint": facts["endpoint"], "instance": facts["instance"]}
    monkeypatch.setenv("OTS_AK_ENV", facts["access_key_id"])
    assert type(caught(TablestoreStore(bare, {}).connect)) is SecretNeeded
    monkeypatch.setenv("OTS_SK_ENV", facts["secrets"]["access_key_secret"])
    store = TablestoreStore(bare, {})
    store.connect()
    store.close()
    monkeypatch.delenv("OTS_AK_ENV")
    assert type(caught(TablestoreStore(bare, {}).connect)) is UsageError


def caught(action: Callable[[], object]) -> StoredeckError:
    """The error that an action ends in."""
    with pytest.raises(StoredeckError) as found:
        action()
    return found.value


@pytest.mark.parametrize(
    "changed",
    [
        {"endpoint": "ots.example"},
        {"endpoint": "ftp://ots.example"},
        {"endpoint": ""},
        {"instance": ""},
        {"max_connection": "many"},
        {"retry_seconds": "-1"},
        {"timeout_seconds": "nan"},
        {"ssl_version": "SSLv3"},
        {"encoding": "klingon"},
    ],
)
def test_fields_without_sense_are_refused(tablestore_sandbox: TablestoreSandbox, changed: dict[str, str]) -> None:
    """A profile is checked before any request."""
    assert next(iter(changed)) in caught(lambda: store_of(tablestore_sandbox, **changed)).message


def test_wrong_host_closed_port_and_no_tls_are_told(tablestore_sandbox: TablestoreSandbox) -> None:
    """Each fails as what it is, at its step of the check."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        closed = f"http://127.0.0.1:{server.getsockname()[1]}"
    cases = [
        ("http://no-such-host.invalid", ResolveFailed, "resolve"),
        (closed, ConnectFailed, "connect"),
        (tablestore_sandbox.endpoint.replace("http:", "https:"), TlsFailed, "TLS"),
    ]
    for endpoint, kind, step in cases:
        store = store_of(tablestore_sandbox, endpoint=endpoint)
        assert type(failure(store.connect)) is kind
        *_, last = store.check()
        assert (step, StepState.FAILED) == (last.name, last.state)
        store.close()


def test_clock_off_by_twenty_minutes_is_told(fresh_tablestore: MakeSandbox) -> None:
    """A server whose clock differs too much is a matter of the clock, not of the key."""
    with connected(fresh_tablestore(), "tablestore:skew=20m") as store:
        error = failure(lambda: read(store))
    assert type(error) is SignInFailed
    assert "clock" in error.message
    assert "clock" in error.hint
    assert error.request_id


def test_my_own_clock_off_by_twenty_minutes_is_told(
    tablestore_sandbox: TablestoreSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the service refuses the date of a request, that too is a matter of the clock."""
    import tablestore.utils

    now = tablestore.utils.get_now_utc_datetime
    monkeypatch.setattr(tablestore.utils, "get_now_utc_datetime", lambda: now() + timedelta(minutes=20))
    store = store_of(tablestore_sandbox)
    error = failure(store.connect)
    store.close()
    assert type(error) is SignInFailed
    assert "clock" in error.hint
    assert error.request_id


def test_a_body_too_large_is_told(fresh_tablestore: MakeSandbox) -> None:
    """413 says what the limit is."""
    with connected(fresh_tablestore()) as store:
        values = {f"part_{number}": Typed("String", "x" * 1_500_000) for number in range(4)}
        (outcome,) = store.apply([Insert(("orders",), NEW, values)])
        assert outcome.result is Result.REFUSED
        assert "5 MB" in getattr(outcome.error, "hint", "")
        assert outcome.request_id
        assert [None] == store.read_keys(("orders",), [NEW])


def test_a_busy_service_is_asked_again(fresh_tablestore: MakeSandbox) -> None:
    """503 for a while is waited out, for reads and writes alike."""
    with connected(fresh_tablestore(), "tablestore:error,status=503,times=2", retry_seconds="10") as store:
        assert sum(page.batch.num_rows for page in read(store)) == 240
    with connected(fresh_tablestore(), "tablestore:error,status=503,op=PutRow,times=2", retry_seconds="10") as store:
        (outcome,) = store.apply([Insert(("orders",), NEW, VALUE)])
        assert outcome.result is Result.APPLIED


def test_a_busy_service_is_not_asked_for_minutes(fresh_tablestore: MakeSandbox) -> None:
    """When the retry budget is spent the service's own words come out, with the request id."""
    with connected(fresh_tablestore(), "tablestore:error,status=503") as store:
        error = failure(lambda: read(store))
    assert type(error) is TimedOut
    assert "OTSServerBusy" in error.message
    assert error.request_id


def test_waiting_for_a_busy_service_can_be_cancelled(fresh_tablestore: MakeSandbox) -> None:
    """Asking to stop ends the retries at once."""
    with connected(fresh_tablestore(), "tablestore:error,status=503", retry_seconds="600") as store:
        cancel = CancelToken()
        timer = threading.Timer(0.2, cancel.cancel)
        timer.start()
        with pytest.raises(Cancelled):
            list(store.read_rows(("orders",), RowQuery(), cancel))
        timer.join()


def test_a_silent_server_times_out(fresh_tablestore: MakeSandbox) -> None:
    """No answer within the timeout is an error, and a stalled read can be given up before."""
    with connected(fresh_tablestore(), "tablestore:stall", timeout_seconds="0.3", retry_seconds="0") as store:
        assert type(failure(lambda: read(store))) is TimedOut


def test_a_stalled_read_can_be_cancelled(fresh_tablestore: MakeSandbox) -> None:
    """Asking to stop ends the wait for a page, while the server says nothing; other requests go on."""
    with connected(fresh_tablestore(), "tablestore:stall,op=GetRange,times=1", timeout_seconds="30") as store:
        cancel = CancelToken()
        timer = threading.Timer(0.2, cancel.cancel)
        timer.start()
        with pytest.raises(Cancelled):
            list(store.read_rows(("orders",), RowQuery(), cancel))
        timer.join()
        assert sum(page.batch.num_rows for page in read(store)) == 240


def test_an_html_page_of_a_gateway_is_told(fresh_tablestore: MakeSandbox) -> None:
    """502 with a page is told as what it is."""
    with connected(fresh_tablestore(), "tablestore:html") as store:
        error = failure(lambda: read(store))
    assert type(error) is ConnectFailed
    assert "502" in error.message
    # A gateway's page has no request id, and none is made up.
    assert error.request_id == ""


def test_a_connection_that_breaks_is_told(fresh_tablestore: MakeSandbox) -> None:
    """A reset is asked again for a read; when it goes on it is an error."""
    with connected(fresh_tablestore(), "tablestore:reset,times=1", retry_seconds="10") as store:
        assert sum(page.batch.num_rows for page in read(store)) == 240
    with connected(fresh_tablestore(), "tablestore:reset") as store:
        assert type(failure(lambda: read(store))) is SessionLost
    with connected(fresh_tablestore(), "tablestore:garbage", retry_seconds="0") as store:
        assert type(failure(lambda: read(store))) is SessionLost


def test_a_write_without_an_answer_is_not_sent_twice(fresh_tablestore: MakeSandbox) -> None:
    """When the answer is lost nobody knows the end, and the outcome says so."""
    sandbox = fresh_tablestore()
    with connected(sandbox, "tablestore:reset,op=PutRow,times=1", retry_seconds="10") as store:
        (outcome,) = store.apply([Insert(("orders",), NEW, VALUE)])
    assert outcome.result is Result.REFUSED
    assert "may have been applied" in outcome.message


@pytest.mark.parametrize("operation", ["GetRange", "BatchGetRow"])
def test_a_corrupted_checksum_is_told(fresh_tablestore: MakeSandbox, operation: str) -> None:
    """Rows whose checksum is wrong are refused, with the request id."""
    with connected(fresh_tablestore(), f"tablestore:corrupt,op={operation}") as store:
        if operation == "GetRange":
            error = failure(lambda: list(store.read_rows(("orders",), RowQuery())))
        else:
            error = failure(lambda: store.read_keys(("orders",), [ORDER]))
    assert type(error) is ProtocolError
    assert "checksum" in error.message
    assert error.request_id


def test_a_damaged_body_is_told(fresh_tablestore: MakeSandbox) -> None:
    """A body that is not what its MD5 says is refused; so is an answer with a wrong signature."""
    with connected(fresh_tablestore(), "tablestore:wrong-md5") as store:
        error = failure(lambda: read(store))
    assert type(error) is ProtocolError
    assert error.request_id
    with connected(fresh_tablestore(), "tablestore:wrong-signature") as store:
        assert type(failure(lambda: read(store))) is SignInFailed


def test_a_condition_that_fails_is_a_conflict(fresh_tablestore: MakeSandbox) -> None:
    """Of two writers that read the same row the second is told of the first one's value, and changes nothing."""
    sandbox = fresh_tablestore()
    with connected(sandbox) as mine, connected(sandbox) as theirs:
        (row,) = mine.read_keys(("orders",), [ORDER])
        assert row is not None
        before = {name: value for name, value in row.items() if name not in ORDER}
        theirs_now = {"quantity": Typed("Integer", 71)}
        (first,) = theirs.apply([Update(("orders",), ORDER, before, theirs_now)])
        (second,) = mine.apply([Update(("orders",), ORDER, before, {"quantity": Typed("Integer", 72)})])
        (now,) = mine.read_keys(("orders",), [ORDER])
    assert [Result.APPLIED, Result.CONFLICT] == [first.result, second.result]
    assert {**row, **theirs_now} == now == second.current
    assert first.request_id
    assert second.request_id


def test_a_table_deleted_under_the_cursor_is_told(fresh_tablestore: MakeSandbox) -> None:
    """The rows read so far stay; the next page says that the table is gone."""
    sandbox = fresh_tablestore()
    with connected(sandbox) as store:
        store.create(("short",), {"columns": [{"name": "id", "type": "Integer", "key": True}]})
        changes = [Insert(("short",), {"id": Typed("Integer", number)}, VALUE) for number in range(5)]
        assert {Result.APPLIED} == {outcome.result for outcome in store.apply(changes)}
        pages = store.read_rows(("short",), RowQuery(page_rows=2))
        assert next(pages).batch.num_rows == 2
        store.drop(("short",))
        error = failure(lambda: list(pages))
    assert type(error) is NotFound
    assert error.request_id


def test_a_statement_that_is_wrong_is_refused(tablestore_sandbox: TablestoreSandbox) -> None:
    """The service's words; for a table without a mapping the statement that makes one."""
    with connected(tablestore_sandbox) as store:
        error = caught(lambda: list(store.run_sql(Statement("SELEC 1"))))
        assert type(error) is StatementRefused
        assert error.request_id
        error = failure(lambda: list(store.run_sql(Statement("SELECT * FROM users"))))
        assert type(error) is StatementRefused
        made = error.hint.partition("Run: ")[2]
        assert [0] == [page.affected for page in store.run_sql(Statement(made))]
        assert next(store.run_sql(Statement("SELECT COUNT(*) AS n FROM users"))).batch is not None


def test_a_statement_has_a_time_of_its_own(fresh_tablestore: MakeSandbox) -> None:
    """A statement that is not done in time is given up."""
    with connected(fresh_tablestore(), "tablestore:delay=3s,op=SQLQuery") as store:
        error = failure(lambda: list(store.run_sql(Statement("SHOW TABLES", timeout_seconds=0.2))))
        assert type(error) is TimedOut
        assert "0.2 s" in error.message


def test_refusals_of_the_service_keep_their_words(tablestore_sandbox: TablestoreSandbox) -> None:
    """A table that is there already, an option that cannot be, a row that breaks a limit."""
    with connected(tablestore_sandbox) as store:
        definition = {"columns": [{"name": "id", "type": "Integer", "key": True}]}
        error = caught(lambda: store.create(("orders",), definition))
        assert type(error) is Refused
        assert "exist" in error.message
        assert error.request_id


ANSWERED = {
    "tablestore:error,status=503": TimedOut,
    "tablestore:skew=20m": SignInFailed,
    "tablestore:expired": SignInFailed,
    "tablestore:wrong-md5": ProtocolError,
    "tablestore:wrong-signature": SignInFailed,
    "tablestore:error,status=413": Refused,
}
"""Faults whose answer has a request id, and what they are told as."""

UNANSWERED = {
    "tablestore:html": ConnectFailed,
    "tablestore:reset": SessionLost,
    "tablestore:garbage": SessionLost,
    "tablestore:lost": SessionLost,
    "tablestore:cut": SessionLost,
}
"""Faults without an answer of the service."""

DONE = (
    "tablestore:skew=20m",
    "tablestore:wrong-md5",
    "tablestore:wrong-signature",
    "tablestore:lost",
    "tablestore:cut",
)
"""Faults that meet the answer alone: what was asked for is done."""

TURNED_AWAY = ("tablestore:error,status=413", "tablestore:error,status=503", "tablestore:expired")
"""Faults that are the service's word that nothing was done."""


def _split(store: TablestoreStore) -> object:
    return store.splits(("orders",))


def _alter(store: TablestoreStore) -> object:
    return store.alter(("events",), {"options": {"max_time_deviation": 99}})


def _index(store: TablestoreStore) -> object:
    return store.create(("orders", "@new"), {"options": {"fields": [{"name": "customer", "type": "KEYWORD"}]}})


def _versions(store: TablestoreStore) -> object:
    return store.read_versions(("orders",), ORDER)


@pytest.mark.parametrize("fault", [*ANSWERED, *UNANSWERED])
@pytest.mark.parametrize("action", [_split, _alter, _index, _versions])
def test_every_operation_ends_in_one_clear_error(
    fresh_tablestore: MakeSandbox, fault: str, action: Callable[[TablestoreStore], object]
) -> None:
    """Whatever happens to a request ends in the error that fits, with the request id where an answer had one."""
    with connected(fresh_tablestore(), fault, retry_seconds="0") as store:
        error = failure(lambda: action(store))
    assert type(error) is {**ANSWERED, **UNANSWERED}[fault]
    assert bool(error.request_id) is (fault in ANSWERED)


@pytest.mark.parametrize("fault", [*ANSWERED, *UNANSWERED])
@pytest.mark.parametrize("operation", ["BatchWriteRow", "StartLocalTransaction", "CommitTransaction"])
def test_no_batch_loses_an_outcome(fresh_tablestore: MakeSandbox, fault: str, operation: str) -> None:
    """Every change of a batch or a transaction has its outcome, with the words and the request id of what went wrong.

    What was done all the same is told as applied once its rows were read again; only what may have been done is unsure.
    """
    changes = [Insert(("orders",), {**NEW, "id": Typed("Integer", 9_000 + number)}, VALUE) for number in range(3)]
    with connected(fresh_tablestore(), retry_seconds="0") as store:
        assert all(call.text for call in store.plan(changes))
    sandbox = fresh_tablestore()
    with connected(sandbox, f"{fault},op={operation}", retry_seconds="0") as store:
        send = store.apply if operation == "BatchWriteRow" else store.apply_together
        outcomes = list(send(changes))
        there = [row is not None for row in store.read_keys(("orders",), [change.key for change in changes])]
    is_done = fault in DONE and operation != "StartLocalTransaction"
    assert [Result.APPLIED if is_done else Result.REFUSED] * 3 == [outcome.result for outcome in outcomes]
    assert [is_done] * 3 == there
    told = None if is_done else {**ANSWERED, **UNANSWERED}[fault]
    assert {told} == {outcome.error and type(outcome.error) for outcome in outcomes}
    assert all(bool(outcome.request_id) is (fault in ANSWERED) for outcome in outcomes)
    is_unsure = [("may have been applied" in outcome.message) for outcome in outcomes]
    is_known = is_done or fault in TURNED_AWAY or operation == "StartLocalTransaction"
    assert [not is_known] * 3 == is_unsure
    # A transaction whose start or end was answered, but not so that it could be read, ends by itself.
    is_open = fault in UNANSWERED or (operation == "StartLocalTransaction" and fault in DONE)
    assert is_open or {} == sandbox.data.transactions
