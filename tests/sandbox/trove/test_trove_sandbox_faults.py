"""What each fault does to a client, and that the next call is served again."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from keystoneauth1 import exceptions
from trove_sandbox import TroveClient, password_of, signed_in

from services.sandbox.faults import parse_faults
from services.sandbox.trove.server import TroveSandbox


@pytest.fixture
def show_fault(own: TroveSandbox, writer: TroveClient) -> Callable[[str], None]:
    """Adds faults to the test's own cloud, whose client is signed in by then."""
    writer.get("/flavors")
    return lambda spec: own.plan.add(*parse_faults(spec))


def test_an_error_has_any_status(writer: TroveClient, show_fault: Callable[[str], None]) -> None:
    """Once, by the name of the operation; others are served."""
    show_fault("trove:error=Out of order,status=500,op=ListInstances,times=1")
    assert 200 == writer.status("GET", "/flavors")
    answer = writer.call("GET", "/instances")
    assert (500, {"code": 500, "message": "Out of order"}) == (answer.status_code, answer.json()["instanceFault"])
    assert answer.headers["X-Openstack-Request-Id"]
    assert 200 == writer.status("GET", "/instances")


def test_a_rate_limit_asks_to_wait(writer: TroveClient, show_fault: Callable[[str], None]) -> None:
    """413 with the seconds in a header and in the body."""
    show_fault("trove:error=Too fast,status=413,times=1")
    answer = writer.call("GET", "/instances")
    assert (413, "2") == (answer.status_code, answer.headers["Retry-After"])
    assert "2" == answer.json()["overLimit"]["retryAfter"]


def test_a_gateway_answers_html(writer: TroveClient, show_fault: Callable[[str], None]) -> None:
    """502 and a page in the place of JSON."""
    show_fault("trove:html,times=1")
    answer = writer.call("GET", "/instances")
    assert (502, "text/html") == (answer.status_code, answer.headers["Content-Type"])
    assert 200 == writer.status("GET", "/instances")


def test_a_connection_can_be_cut(writer: TroveClient, show_fault: Callable[[str], None]) -> None:
    """No answer at all; what was asked for was not done."""
    show_fault("trove:reset,op=CreateInstance,times=1")
    with pytest.raises(exceptions.ConnectFailure):
        writer.create()
    assert [] == writer.get("/instances")["instances"]


def test_an_answer_can_be_late(writer: TroveClient, show_fault: Callable[[str], None]) -> None:
    """Not before its time."""
    show_fault("trove:delay=120ms,op=ListFlavors,times=1")
    begun = time.monotonic()
    assert 200 == writer.status("GET", "/flavors")
    assert time.monotonic() - begun >= 0.12


def test_a_token_that_ends_is_replaced_once(own: TroveSandbox, show_fault: Callable[[str], None]) -> None:
    """401, a new sign-in, the same call again; a service that refuses every token is told as 401."""
    plugin = password_of(own)
    with signed_in(plugin) as client:
        client.get("/flavors")
        before = plugin.auth_ref.auth_token
        show_fault("trove:expired,times=1")
        assert 200 == client.status("GET", "/instances")
        assert before != plugin.auth_ref.auth_token
        show_fault("trove:expired")
        assert 401 == client.status("GET", "/instances")


def test_signing_in_is_the_handshake(own: TroveSandbox, show_fault: Callable[[str], None]) -> None:
    """A fault without an operation leaves it alone; one of the handshake meets it only."""
    show_fault("trove:error=Closed,status=503,op=handshake,times=1")
    with signed_in(password_of(own)) as client, pytest.raises(exceptions.ServiceUnavailable, match="Closed"):
        client.get("/flavors")
    show_fault("trove:error=Closed")
    with signed_in(password_of(own)) as client:
        assert 503 == client.status("GET", "/flavors")


def test_faults_of_other_servers_are_not_ours(fresh_trove: Callable[..., TroveSandbox]) -> None:
    """Given at the start, only those of this kind are kept."""
    sandbox = fresh_trove(faults="ignite:reset;trove:error=Ours", samples=False)
    with signed_in(password_of(sandbox)) as client:
        assert (503, "Ours") == client.refusal("GET", "/flavors")
