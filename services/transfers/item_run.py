"""One item in the runner's hands: what it knows of it between two looks into the file."""

from __future__ import annotations

import itertools
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

from services.transfers.ledger import PartNote, Turn
from services.transfers.model import Item, ItemState
from services.transfers.rates import Rate
from services.transfers.tasks import Task

PAUSE_GRACE_SECONDS: Final = 5.0
"""Time for parts in flight to end by themselves after a pause; then they are stopped, and run again later."""

_task_ids = itertools.count(1)
_plan_ids = itertools.count(1)


@dataclass
class ItemRun:
    """An item that has tasks in flight, or is about to.

    Attributes:
        is_checked: source and target were looked at since this runner took the item, so parts may go.
        failures: of steps that are no parts, one after the other.
        not_before: monotonic time before which cleaning is not tried again.
        sent, counted: bytes in memory that acknowledged parts handed on, and what the target counted for them.
    """

    item: Item
    in_flight: dict[int, Task] = field(default_factory=dict)
    todo: deque[PartNote] | None = None
    is_checked: bool = False
    failures: int = 0
    rate: Rate = field(default_factory=Rate)
    sent: int = 0
    counted: int = 0
    not_before: float = 0.0
    stopped_at: float | None = None
    asked_to_stop: set[int] = field(default_factory=set)
    attempts: dict[int, int] = field(default_factory=dict)
    _plan: str = ""
    _key: str = ""

    @property
    def ratio(self) -> float:
        """Bytes that the target counts for a byte in memory."""
        return self.counted / self.sent if self.sent else 1.0

    def parts(self, turn: Turn) -> deque[PartNote]:
        """Parts that are still to be started."""
        if self.todo is None:
            self.todo = deque(turn.todo(self.item.id))
        return self.todo

    def forget_plan(self) -> None:
        """Read the plan anew before the next task."""
        self._plan = self._key = ""
        self.todo = None

    def task(self, turn: Turn, step: str, part: int | None = None, **more: Any) -> Task:
        """A task of this item, noted as in flight."""
        if not self._key:
            self._plan, self._key = turn.plan(self.item.id), f"{self.item.id}:{next(_plan_ids)}"
        body = {"source": self.item.source, "target": self.item.target, "options": self.item.options.data(), **more}
        if part is not None:
            body["part"] = part
        task = Task(next(_task_ids), self.item.id, step, self._key, self._plan, body, part)
        self.in_flight[task.id] = task
        return task

    def tasks_to_stop(self) -> list[Task]:
        """Tasks in flight that are to be stopped now, as their item was paused, cancelled or failed."""
        if self.item.state.is_active:
            self.stopped_at = None
            return []
        now = time.monotonic()
        if self.stopped_at is None:
            self.stopped_at = now
        if self.item.state is ItemState.PAUSED and now < self.stopped_at + PAUSE_GRACE_SECONDS:
            return []
        stoppable = [task for task in self.in_flight.values() if task.step != "clean"]
        found = [task for task in stoppable if task.id not in self.asked_to_stop]
        self.asked_to_stop.update(task.id for task in found)
        return found
