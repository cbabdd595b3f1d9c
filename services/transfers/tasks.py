"""What the runner hands to an engine, and what comes back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.transfers.model import Failure


@dataclass(frozen=True, slots=True)
class Task:
    """One step of one item.

    Attributes:
        step: a name of `ops.STEPS`.
        part: its index where the step is `part`.
        key: names the plan; workers keep the last one they got.
        plan: the journal's plan as text, or empty.
        body: JSON data for the step.
    """

    id: int
    item: int
    step: str
    key: str
    plan: str
    body: Mapping[str, Any]
    part: int | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """How a task ended: with a result, or with a failure.

    Attributes:
        is_lost: the process that did it is gone; nobody knows how far it came.
        rejects: rows put aside by a part that failed over them.
    """

    task: Task
    result: Mapping[str, Any] | None = None
    failure: Failure | None = None
    is_lost: bool = False
    rejects: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Caps:
    """Bytes a second: over all items, and for some of them; 0 and no entry mean no cap."""

    total: int = 0
    by_item: Mapping[int, int] | None = None

    def of(self, item: int) -> int:
        """What bounds an item: the lower of both."""
        bounds = [cap for cap in (self.total, (self.by_item or {}).get(item, 0)) if cap]
        return min(bounds, default=0)


class Engine(ABC):
    """Does tasks somewhere else. Used by the runner's one thread."""

    name: str

    @property
    @abstractmethod
    def slots(self) -> int:
        """How many more tasks it would take now."""

    @abstractmethod
    def resize(self, workers: int) -> None:
        """How many tasks at once."""

    @abstractmethod
    def set_caps(self, caps: Caps) -> None:
        """How fast parts may go, from now on."""

    @abstractmethod
    def submit(self, task: Task) -> None:
        """Start a task."""

    def warm(self, task: Task, count: int) -> None:  # noqa: B027  # not every engine starts workers
        """Make so many workers ready for the parts of an item whose first step is under way."""

    @abstractmethod
    def cancel(self, task: Task) -> None:
        """Ask a task to stop; how it ended is told by `poll` all the same."""

    @abstractmethod
    def poll(self, seconds: float) -> Sequence[Done]:
        """What ended meanwhile; waits at most so long for the first."""

    @abstractmethod
    def close(self) -> None:
        """End all workers."""
