"""Fault specifications, and what each fault does to a client."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable

import pytest
from ignite_raw import RawClient, Refusal, head, number, string
from ignite_sandbox import wait_until

from services.sandbox.faults import HANDSHAKE, Fault, FaultPlan, FaultSpecError, parse_faults
from services.sandbox.ignite.server import IgniteSandbox


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        ("", []),
        ("ignite:delay=200ms,op=2004", [Fault("ignite", "delay", seconds=0.2, op=2004)]),
        ("ignite:delay=1.5s", [Fault("ignite", "delay", seconds=1.5)]),
        ("ignite:reset=after:3", [Fault("ignite", "reset", after=3)]),
        ("ignite:stall,op=handshake,times=1", [Fault("ignite", "stall", op=HANDSHAKE, times=1)]),
        ("ignite:error=Disk full,status=7", [Fault("ignite", "error", text="Disk full", status=7)]),
        ("ignite:node-down,node=2", [Fault("ignite", "node-down", node=2, times=1)]),
        ("ignite:garbage; other:stall", [Fault("ignite", "garbage"), Fault("other", "stall")]),
    ],
)
def test_specifications_are_read(spec: str, wanted: list[Fault]) -> None:
    """Each form of the grammar gives its fault."""
    assert parse_faults(spec) == wanted


@pytest.mark.parametrize(
    "spec", ["stall", "ignite:explode", "ignite:delay=soon", "ignite:stall,op=x", "ignite:stall,x=1"]
)
def test_wrong_specifications_say_which_part(spec: str) -> None:
    """The message quotes the part that cannot be read."""
    with pytest.raises(FaultSpecError, match=spec.split(";")[0]):
        parse_faults(spec)


def test_a_plan_counts_the_requests_that_match() -> None:
    """After two, three times, then never again; other operations do not count."""
    plan = FaultPlan(parse_faults("ignite:reset,op=5,after=2,times=3"))
    hits = [bool(plan.due(op, node=1)) for op in (5, 6, 5, 6, 5, 5, 5, 5, 5)]
    assert hits == [False, False, False, False, True, True, True, False, False]


def test_a_plan_can_name_a_node() -> None:
    """Only the requests of that node meet the fault."""
    plan = FaultPlan(parse_faults("ignite:reset,node=2"))
    assert [bool(plan.due(1, node)) for node in (1, 2)] == [False, True]


@pytest.fixture
def sandbox(fresh_ignite: Callable[..., IgniteSandbox]) -> IgniteSandbox:
    """Two nodes whose faults the test sets."""
    return fresh_ignite(nodes=2, samples=False)


@pytest.fixture
def faulty(sandbox: IgniteSandbox) -> RawClient:
    """A client that is signed in before any fault."""
    with RawClient(sandbox.addresses[0]) as client:
        client.handshake()
        yield client


def test_a_delay_holds_the_answer_back(sandbox: IgniteSandbox, faulty: RawClient) -> None:
    """The answer comes, not before its time."""
    sandbox.plan.add(*parse_faults("ignite:delay=150ms,op=5000"))
    begun = time.monotonic()
    assert faulty.request(5000) == b"\1"
    assert time.monotonic() - begun >= 0.15


def test_a_reset_breaks_the_connection_after_its_count(sandbox: IgniteSandbox, faulty: RawClient) -> None:
    """Three answers, then a reset; a new connection starts over only when the plan is cleared."""
    sandbox.plan.add(*parse_faults("ignite:reset=after:3"))
    assert [faulty.request(5000) for _ in range(3)] == [b"\1"] * 3
    with pytest.raises(ConnectionResetError):
        faulty.request(5000)
    sandbox.plan.clear()
    with RawClient(sandbox.addresses[0]) as again:
        again.handshake()
        assert again.request(5000) == b"\1"


def test_a_stall_never_answers(sandbox: IgniteSandbox, faulty: RawClient) -> None:
    """The client's own time limit ends the wait; others are served meanwhile."""
    sandbox.plan.add(*parse_faults("ignite:stall,op=1050"))
    faulty.socket.settimeout(0.2)
    with pytest.raises(TimeoutError):
        faulty.request(1050)
    with RawClient(sandbox.addresses[0]) as other:
        other.handshake()
        assert other.request(5000) == b"\1"


def test_a_stalled_handshake_leaves_when_the_client_does(sandbox: IgniteSandbox) -> None:
    """The node lets go of the connection once the client has gone."""
    sandbox.plan.add(*parse_faults("ignite:stall,op=handshake"))
    with RawClient(sandbox.addresses[0]) as client:
        client.socket.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.handshake()
    wait_until(lambda: not sandbox.cluster.nodes[0].connections, "the connection is let go")


def test_an_error_is_answered_as_often_as_told(sandbox: IgniteSandbox, faulty: RawClient) -> None:
    """Text and status as given; then the operation works again."""
    sandbox.plan.add(*parse_faults("ignite:error=Disk full,status=7,op=5000,times=1"))
    with pytest.raises(Refusal) as caught:
        faulty.request(5000)
    assert (caught.value.status, caught.value.message, faulty.request(5000)) == (7, "Disk full", b"\1")


def test_garbage_follows_no_protocol(sandbox: IgniteSandbox, faulty: RawClient) -> None:
    """The answer has a length and nonsense behind it, then the end."""
    sandbox.plan.add(*parse_faults("ignite:garbage,op=5000"))
    faulty.send(struct.pack("<hq", 5000, 77))
    answer = faulty.receive()
    assert (len(answer), answer[:8] != struct.pack("<q", 77), faulty.receive()) == (17, True, b"")


def test_a_node_goes_down_on_a_request(sandbox: IgniteSandbox, faulty: RawClient) -> None:
    """The third page of a scan kills the node that serves it; the other one lives."""
    sandbox.plan.add(*parse_faults("ignite:node-down,op=2001,after=1"))
    faulty.request(1052, string("c"))
    faulty.request(1004, head("c") + struct.pack("<i", 9) + b"".join(number(3, n) * 2 for n in range(9)))
    cursor = faulty.request(2000, head("c") + b"\x65" + struct.pack("<ii?", 3, -1, False))[:8]
    faulty.request(2001, cursor)
    with pytest.raises(ConnectionError):
        faulty.request(2001, cursor)
    with RawClient(sandbox.addresses[1]) as other:
        other.handshake()
        assert struct.unpack_from("<?qi", other.request(5100, struct.pack("<qi", -1, 0)))[2] == 1
