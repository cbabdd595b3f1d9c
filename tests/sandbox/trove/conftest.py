"""Clients of the Trove sandbox over keystoneauth1."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from trove_sandbox import TroveClient, fresh_trove, password_of, signed_in, trove_sandbox

from services.sandbox.trove.server import TroveSandbox

__all__ = ["fresh_trove", "trove_sandbox"]

Connect = Callable[..., TroveClient]
DEADLINE_SECONDS = 10.0


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Makes clients of a sandbox by the name of a user."""
    with ExitStack() as stack:
        yield lambda sandbox, user="demo": stack.enter_context(signed_in(password_of(sandbox, user)))


@pytest.fixture
def wait_for() -> Callable[[Callable[[], bool]], None]:
    """Asks again and again until a condition holds."""

    def wait(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not condition():
            assert time.monotonic() < deadline

    return wait


@pytest.fixture
def client(trove_sandbox: TroveSandbox, connect: Connect) -> TroveClient:
    """A member of the project demo, in the shared cloud."""
    return connect(trove_sandbox)


@pytest.fixture
def own(fresh_trove: Callable[..., TroveSandbox]) -> TroveSandbox:
    """A cloud of the test's own, without sample instances; time stands still."""
    return fresh_trove(samples=False)


@pytest.fixture
def writer(own: TroveSandbox, connect: Connect) -> TroveClient:
    """A member of the project demo in the test's own cloud."""
    return connect(own)


@pytest.fixture
def admin(own: TroveSandbox, connect: Connect) -> TroveClient:
    """An administrator of the test's own cloud."""
    return connect(own, "admin")


@pytest.fixture
def ready(own: TroveSandbox, writer: TroveClient) -> str:
    """The id of an instance that is built, with the databases orders and stock and the user app."""
    users = [{"name": "app", "password": "p", "databases": [{"name": "orders"}]}]
    made = writer.create("ready", databases=[{"name": "orders"}, {"name": "stock"}], users=users)
    own.settle()
    return made
