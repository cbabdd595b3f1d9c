"""Fixtures of the queue's and the runner's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_runs import cli, started
from transfer_runs import EXTRA_KINDS, Turns, home

from services.bootstrap import Services
from services.transfers.queue import TransferQueue

__all__ = ["cli", "started"]


@pytest.fixture(autouse=True)
def memory_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kind `memory` is known, in child processes too."""
    monkeypatch.setenv("STOREDECK_EXTRA_KINDS", EXTRA_KINDS)


@pytest.fixture
def services(storedeck_home: Path) -> Iterator[Services]:
    """Services with two memory profiles, `one` and `two`, that share their tables."""
    made = home(storedeck_home, one={"rows": "20"}, two={"rows": "20"})
    yield made
    made.transfers.close()


@pytest.fixture
def queue(services: Services) -> TransferQueue:
    """The queue of these services."""
    return services.transfers


@pytest.fixture
def turns(services: Services) -> Turns:
    """A runner over them that does everything in this process."""
    return Turns(services)
