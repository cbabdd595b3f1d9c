"""Sessions over the in-memory store, in real session processes.

Import the fixtures into a conftest (`from memory_session import memory_sessions, open_memory`):

    async def test_something(open_memory):
        session = await open_memory(rows="1000")
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from services.connections.profile import Profile
from services.connections.proxy import Session
from services.connections.sessions import Sessions
from services.errors import UsageError
from services.events import Event, EventBus
from services.paths import Paths
from services.results.budget import Budget
from services.secrets import Secret

EXTRA_KINDS = "services.stores.memory.kind:MEMORY"

OpenMemory = Callable[..., Awaitable[Session]]


class MemoryProfiles:
    """Profiles by name, in memory."""

    def __init__(self) -> None:
        self.profiles: dict[str, Profile] = {}

    def add(self, name: str = "mem", *, is_read_only: bool = False, **fields: str) -> Profile:
        """A new profile of the kind `memory`."""
        profile = Profile(name, "memory", fields, is_read_only=is_read_only)
        self.profiles[name] = profile
        return profile

    def get(self, name: str) -> Profile:
        """As `Profiles.get`."""
        if name not in self.profiles:
            raise UsageError(f"{name}: no such profile")
        return self.profiles[name]


class MemorySessions:
    """Sessions over memory stores, with the events they published.

    Attributes:
        budget: of every result opened from now on.
    """

    def __init__(self, paths: Paths, grace_seconds: float, budget: Budget | None = None) -> None:
        self.profiles = MemoryProfiles()
        self.bus = EventBus()
        self.events: list[Event] = []
        self.bus.subscribe(self.events.append)
        self.sessions = Sessions(self.profiles, self.bus, paths=paths, grace_seconds=grace_seconds, budget=budget)

    async def open(
        self,
        name: str = "mem",
        *,
        is_read_only: bool = False,
        secrets: Mapping[str, Secret] | None = None,
        **fields: str,
    ) -> Session:
        """An open session of a new profile of that name."""
        self.profiles.add(name, is_read_only=is_read_only, **fields)
        return await self.sessions.open(name, secrets)


@pytest_asyncio.fixture
async def memory_sessions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MemorySessions]:
    """A place to open sessions over the in-memory store; all are closed in the end."""
    monkeypatch.setenv("STOREDECK_EXTRA_KINDS", EXTRA_KINDS)
    paths = Paths(tmp_path / "config", tmp_path / "state", tmp_path / "cache")
    paths.state.mkdir()
    made = MemorySessions(paths, grace_seconds=0.5)
    yield made
    await made.sessions.close_all()


@pytest.fixture
def open_memory(memory_sessions: MemorySessions) -> Any:
    """`await open_memory(name="mem", is_read_only=False, secrets=None, rows="100", ...)` is an open session."""
    return memory_sessions.open
