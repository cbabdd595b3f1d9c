"""Ignite sandboxes for tests. Import the fixtures into a conftest: `from ignite_sandbox import *`.

| fixture | scope | gives |
| --- | --- | --- |
| `ignite_sandbox` | session | two nodes with the sample data, no users, plain TCP; leave its data as it is |
| `fresh_ignite` | function | a factory with the arguments of `IgniteSandbox`, closed after the test |
| `authority` | session | a certificate authority (see `certificates`) |
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from certificates import Authority

from services.sandbox.ignite.server import IgniteSandbox

__all__ = ["authority", "fresh_ignite", "ignite_sandbox"]


@pytest.fixture(scope="session")
def ignite_sandbox() -> Iterator[IgniteSandbox]:
    """A cluster of two nodes with the sample data, shared by all tests that only read it."""
    with IgniteSandbox(nodes=2) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority for the run."""
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def fresh_ignite() -> Iterator[Callable[..., IgniteSandbox]]:
    """Makes clusters of one's own; they take the arguments of `IgniteSandbox`."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(IgniteSandbox(**options))


def wait_until(condition: Callable[[], object], what: str, seconds: float = 10.0) -> None:
    """Waits for a condition, looking often; fails with `what` when the time is over."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain: {what}")
        time.sleep(0.005)
