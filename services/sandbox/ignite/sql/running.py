"""Queries that run on a node: their identity, their cancellation, their history."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from uuid import UUID

from services.sandbox.ignite.errors import CANCELLED, SqlRefused

_LOOK_SECONDS = 0.02


@dataclass(eq=False)
class Run:
    """One query from its start until its cursor is closed."""

    number: int
    node_id: UUID
    sql: str
    schema: str
    initiator: str
    is_local: bool
    peer_has_gone: Callable[[], bool]
    deadline: float = float("inf")
    started: float = field(default_factory=time.time)
    is_cancelled: bool = False
    _looked: float = 0.0

    @property
    def query_id(self) -> str:
        return f"{self.node_id}_{self.number}"

    def should_stop(self) -> bool:
        """SQLite asks this every few thousand steps."""
        now = time.monotonic()
        if now >= self.deadline:
            self.is_cancelled = True
        elif now - self._looked > _LOOK_SECONDS:
            self._looked = now
            self.is_cancelled = self.is_cancelled or self.peer_has_gone()
        return self.is_cancelled

    def check(self) -> None:
        if self.should_stop():
            raise SqlRefused("50000", CANCELLED)


@dataclass
class Past:
    """What the history says about one statement text."""

    schema: str
    sql: str
    is_local: bool
    executions: int = 0
    failures: int = 0
    shortest_ms: int = 0
    longest_ms: int = 0
    last_start: float = 0.0


class NodeQueries:
    """The running queries and the history of one node."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._running: dict[int, Run] = {}
        self._history: dict[tuple[str, str], Past] = {}
        self._next = 1

    def start(
        self, node_id: UUID, sql: str, schema: str, initiator: str, is_local: bool,
        peer_has_gone: Callable[[], bool], timeout_ms: int,
    ) -> Run:  # fmt: skip
        with self._lock:
            run = Run(self._next, node_id, sql, schema, initiator, is_local, peer_has_gone)
            self._next += 1
            self._running[run.number] = run
        if timeout_ms > 0:
            run.deadline = time.monotonic() + timeout_ms / 1000
        return run

    def end(self, run: Run, *, has_failed: bool) -> None:
        """Takes a run off the list and into the history; a second end is none."""
        with self._lock:
            if self._running.pop(run.number, None) is None:
                return
            past = self._history.setdefault((run.schema, run.sql), Past(run.schema, run.sql, run.is_local))
            took = int((time.time() - run.started) * 1000)
            past.shortest_ms = min(past.shortest_ms, took) if past.executions else took
            past.longest_ms = max(past.longest_ms, took)
            past.executions += 1
            past.failures += has_failed
            past.last_start = run.started

    def running(self) -> list[Run]:
        with self._lock:
            return list(self._running.values())

    def history(self) -> list[Past]:
        with self._lock:
            return list(self._history.values())

    def cancel(self, number: int) -> bool:
        """Marks a run as cancelled; False when there is none by that number."""
        with self._lock:
            run = self._running.get(number)
            if run is not None:
                run.is_cancelled = True
            return run is not None
