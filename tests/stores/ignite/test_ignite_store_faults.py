"""What goes wrong between the store and a cluster ends in one clear error with advice, within the timeout."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from certificates import Authority

from services.cancel import CancelToken
from services.errors import (
    Cancelled,
    ConnectFailed,
    ProtocolError,
    Refused,
    ResolveFailed,
    SessionLost,
    SignInFailed,
    StatementRefused,
    StoredeckError,
    TimedOut,
    TlsFailed,
)
from services.sandbox.faults import parse_faults
from services.sandbox.ignite.server import IgniteSandbox
from services.secrets import Secret
from services.stores.changes import Insert, Result
from services.stores.ignite.store import IgniteStore
from services.stores.types import RowQuery, Statement, StepState
from services.values import Typed

MakeSandbox = Callable[..., IgniteSandbox]
CITY = ("sql", "PUBLIC", "CITY")
SCAN, SQL, SQL_NEXT, PUT_IF_ABSENT = 2000, 2004, 2005, 1002


def store_of(sandbox: IgniteSandbox | str, password: str = "", **fields: str) -> IgniteStore:
    """An unconnected store with a short timeout."""
    nodes = sandbox if isinstance(sandbox, str) else sandbox.nodes
    return IgniteStore({"nodes": nodes, "timeout_seconds": "1", **fields}, {"password": Secret(password)})


@contextmanager
def connected(sandbox: IgniteSandbox, **fields: str) -> Iterator[IgniteStore]:
    """A connected store."""
    store = store_of(sandbox, **fields)
    store.connect()
    yield store
    store.close()


@contextmanager
def listener(answer: bytes | None) -> Iterator[str]:
    """A server that sends the same bytes to everyone, or accepts and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        accepted: list[socket.socket] = []

        def serve() -> None:
            while True:
                try:
                    client, _ = server.accept()
                except OSError:
                    return
                accepted.append(client)
                if answer is not None:
                    client.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
        for client in accepted:
            client.close()


def failure(store: IgniteStore) -> StoredeckError:
    """The error that connecting ends in; it always has advice."""
    with pytest.raises(StoredeckError) as caught:
        store.connect()
    store.close()
    assert caught.value.message
    assert caught.value.hint
    return caught.value


def failed_step(store: IgniteStore) -> str:
    """The step at which a check ends; its hint is never empty."""
    *passed, last = store.check()
    assert all(step.state is not StepState.FAILED for step in passed)
    assert last.state is StepState.FAILED
    assert last.detail
    assert last.hint
    return last.name


def test_wrong_host_is_told() -> None:
    """A name without an address fails at resolve."""
    assert type(failure(store_of("no-such-host.invalid:1"))) is ResolveFailed
    assert "resolve" == failed_step(store_of("no-such-host.invalid:1"))


def test_closed_port_is_told() -> None:
    """A port where nobody listens fails at connect."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
    assert type(failure(store_of(address))) is ConnectFailed
    assert "connect" == failed_step(store_of(address))


def test_wrong_password_is_told(fresh_ignite: MakeSandbox) -> None:
    """Wrong credentials, or none, fail at sign in."""
    sandbox = fresh_ignite(users={"ignite": "right"}, samples=False)
    assert type(failure(store_of(sandbox, "wrong", username="ignite"))) is SignInFailed
    assert "sign in" == failed_step(store_of(sandbox, "wrong", username="ignite"))
    good = store_of(sandbox, "right", username="ignite")
    good.connect()
    good.close()


def test_name_and_password_beyond_ascii_sign_in(fresh_ignite: MakeSandbox) -> None:
    """The handshake counts bytes, not characters."""
    sandbox = fresh_ignite(users={"jürgen": "pässwörd €"}, samples=False)
    store = store_of(sandbox, "pässwörd €", username="jürgen")
    store.connect()
    store.close()


def test_certificates_are_told_apart(fresh_ignite: MakeSandbox, authority: Authority) -> None:
    """A certificate for another host, an expired one, an unknown authority and no TLS each have their own words."""
    ca = str(authority.file)
    other = fresh_ignite(tls=authority.context(authority.server_of_another_host()), samples=False)
    expired = fresh_ignite(tls=authority.context(authority.expired_server()), samples=False)
    good = fresh_ignite(tls=authority.context(authority.server("127.0.0.1", "localhost")), samples=False)
    plain = fresh_ignite(samples=False)
    told = {
        "another host": failure(store_of(other, tls="true", tls_ca=ca)),
        "expired": failure(store_of(expired, tls="true", tls_ca=ca)),
        "not trusted": failure(store_of(good, tls="true")),
        "handshake failed": failure(store_of(plain, tls="true", tls_ca=ca)),
    }
    assert {TlsFailed} == {type(error) for error in told.values()}
    assert [] == [words for words, error in told.items() if words not in error.message]
    assert "TLS" == failed_step(store_of(other, tls="true", tls_ca=ca))
    trusted = store_of(good, tls="true", tls_ca=ca)
    trusted.connect()
    trusted.close()


def test_client_certificate_is_asked_for(fresh_ignite: MakeSandbox, authority: Authority) -> None:
    """A node that wants a client certificate refuses without one and takes the right one."""
    pair = authority.server("127.0.0.1")
    sandbox = fresh_ignite(tls=authority.context(pair, wants_client=True), samples=False)
    ca, client = str(authority.file), authority.client()
    assert isinstance(failure(store_of(sandbox, tls="true", tls_ca=ca)), TlsFailed | ConnectFailed | SessionLost)
    fields = {"tls": "true", "tls_ca": ca, "tls_cert": str(client.certificate), "tls_key": str(client.key)}
    store = store_of(sandbox, **fields)
    store.connect()
    store.close()


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n" * 9, b"\xff" * 4096, b"\x04\x00\x00\x00\x01\xff\xff\xff"]
)
def test_garbage_is_told(answer: bytes) -> None:
    """A server that speaks something else ends in one error; nothing is allocated on its word."""
    with listener(answer) as address:
        assert isinstance(failure(store_of(address)), ProtocolError | ConnectFailed | TimedOut)


def test_silence_is_told_in_time() -> None:
    """A server that accepts and never answers ends in a timeout."""
    with listener(None) as address:
        assert type(failure(store_of(address))) is TimedOut
        assert "sign in" == failed_step(store_of(address))


def test_garbage_in_the_middle_is_told(fresh_ignite: MakeSandbox) -> None:
    """A page that makes no sense fails that read only."""
    sandbox = fresh_ignite()
    with connected(sandbox) as store:
        sandbox.plan.add(*parse_faults(f"ignite:garbage,op={SCAN},times=1"))
        with pytest.raises((ProtocolError, SessionLost)):
            list(store.read_rows(("caches", "SQL_PUBLIC_CITY"), RowQuery()))
        assert 4079 == sum(page.batch.num_rows for page in store.read_rows(("caches", "SQL_PUBLIC_CITY"), RowQuery()))


def test_stalled_page_times_out(fresh_ignite: MakeSandbox) -> None:
    """A scan that is never answered ends within the timeout; the next read works."""
    sandbox = fresh_ignite()
    with connected(sandbox) as store:
        sandbox.plan.add(*parse_faults(f"ignite:stall,op={SCAN},times=1"))
        with pytest.raises(TimedOut) as caught:
            list(store.read_rows(("caches", "SQL_PUBLIC_CITY"), RowQuery()))
        assert "timeout_seconds" in caught.value.hint
        assert list(store.read_rows(("caches", "SQL_PUBLIC_CITY"), RowQuery(limit=1)))


def test_stalled_statement_is_given_up_when_the_server_does_not_run_it(fresh_ignite: MakeSandbox) -> None:
    """A statement that the server does not list as running is not waited for."""
    sandbox = fresh_ignite()
    with connected(sandbox) as store:
        sandbox.plan.add(*parse_faults(f"ignite:stall,op={SQL},times=1"))
        with pytest.raises(TimedOut):
            list(store.run_sql(Statement("SELECT 1")))


def test_slow_statement_is_waited_for_while_the_server_runs_it(fresh_ignite: MakeSandbox) -> None:
    """A statement that takes longer than the profile's timeout goes on as long as the server lists it."""
    sandbox = fresh_ignite()
    with connected(sandbox, timeout_seconds="0.2") as store:
        text = "SELECT COUNT(*) FROM CITY A, CITY B WHERE A.NAME || B.NAME = 'x'"
        (page,) = store.run_sql(Statement(text))
        assert page.batch is not None
        assert [0] == page.batch.column(0).to_pylist()


def test_reset_in_mid_scan_is_one_error(fresh_ignite: MakeSandbox) -> None:
    """Pages before the reset arrived; then one error, and the next read uses a new connection."""
    sandbox = fresh_ignite()
    with connected(sandbox) as store:
        pages = store.read_rows(CITY, RowQuery(page_rows=100))
        assert next(pages).batch.num_rows == 100
        sandbox.plan.add(*parse_faults(f"ignite:reset,op={SQL_NEXT},times=1"))
        with pytest.raises(SessionLost):
            list(pages)
        assert 4079 == sum(page.batch.num_rows for page in store.read_rows(CITY, RowQuery()))


def test_a_dead_node_is_left_for_another(fresh_ignite: MakeSandbox) -> None:
    """When the node of the session dies, the next request goes to the other node of the profile."""
    sandbox = fresh_ignite(nodes=2)
    with connected(sandbox) as store:
        sandbox.kill_node(1)
        assert list(store.read_rows(CITY, RowQuery(limit=5)))


def test_all_nodes_dead_names_them_all(fresh_ignite: MakeSandbox) -> None:
    """With no node left the error names every address tried."""
    sandbox = fresh_ignite(nodes=2, samples=False)
    nodes = sandbox.nodes
    sandbox.close()
    error = failure(store_of(nodes))
    assert type(error) is ConnectFailed
    assert all(node in error.message for node in nodes.split(","))


def test_refusal_brings_the_servers_words(fresh_ignite: MakeSandbox) -> None:
    """An error of the server reaches the user as it was said."""
    sandbox = fresh_ignite(faults=f"ignite:error=The disk is full,op={PUT_IF_ABSENT}")
    with connected(sandbox) as store:
        path = ("caches", "SQL_PUBLIC_CITY")
        change = Insert(path, {"key": Typed("Int", 1)}, {"value": Typed("Int", 2)})
        (outcome,) = store.apply([change])
        assert outcome.result is Result.REFUSED
        assert "The disk is full" in outcome.message


def test_a_lost_write_says_that_its_end_is_unknown(fresh_ignite: MakeSandbox) -> None:
    """A write whose answer is lost is never called applied, and never sent again in silence."""
    sandbox = fresh_ignite()
    with connected(sandbox) as store:
        store.create(("caches", "unsure"), {})
        sandbox.plan.add(*parse_faults(f"ignite:reset,op={PUT_IF_ABSENT},times=1"))
        change = Insert(("caches", "unsure"), {"key": Typed("Int", 1)}, {"value": Typed("Int", 2)})
        (outcome,) = store.apply([change])
        assert outcome.result is Result.REFUSED
        assert "may have been applied" in outcome.message


def test_bad_statements_have_advice(fresh_ignite: MakeSandbox) -> None:
    """An unknown table, an unknown column and nonsense are each refused with the server's words and a hint."""
    with connected(fresh_ignite()) as store:
        for text in ("SELECT * FROM NOPE", "SELECT NOPE FROM CITY", "SELEC 1"):
            with pytest.raises(StatementRefused) as caught:
                list(store.run_sql(Statement(text)))
            assert caught.value.message
            assert "SQL statement:" not in caught.value.message


def test_timeout_and_cancel_are_told_apart(fresh_ignite: MakeSandbox) -> None:
    """The server has one text for both; the user hears which of the two it was."""
    slow = "SELECT COUNT(*) FROM CITY A, CITY B, CITY C WHERE A.NAME || B.NAME || C.NAME = 'x'"
    with connected(fresh_ignite()) as store:
        with pytest.raises(TimedOut):
            list(store.run_sql(Statement(slow, timeout_seconds=0.3)))
        cancel = CancelToken()
        timer = threading.Timer(0.3, cancel.cancel)
        timer.start()
        with pytest.raises(Cancelled):
            list(store.run_sql(Statement(slow), cancel))
        timer.join()
        assert [] == [row for row in store.cluster("queries").batch.to_pylist() if row.get("SQL") == slow]


def test_missing_cache_is_told(fresh_ignite: MakeSandbox) -> None:
    """Reading a cache that was dropped meanwhile says so."""
    with connected(fresh_ignite(samples=False)) as store, pytest.raises(Refused) as caught:
        list(store.read_rows(("caches", "gone"), RowQuery()))
    assert "no such cache" in caught.value.message
