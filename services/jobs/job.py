"""A job: work in a thread of its own, with a state, progress and a cancel token."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from services.cancel import CancelToken
from services.errors import Cancelled


class JobState(StrEnum):
    """How a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job came; `total` is None where nobody knows."""

    done: int = 0
    total: int | None = None
    unit: str = ""


@dataclass(slots=True)
class Job:
    """One piece of work. Made in any thread, run once.

    Attributes:
        name: what it does, for people.
        error: why it failed or was stopped, once it ended.
    """

    name: str
    token: CancelToken = field(default_factory=CancelToken)
    state: JobState = JobState.WAITING
    progress: Progress = Progress()
    result: Any = None
    error: BaseException | None = None
    _started: float = 0.0
    _ended: float | None = None
    _finished: threading.Event = field(default_factory=threading.Event)

    @property
    def elapsed(self) -> float:
        """Seconds it runs or ran."""
        if self.state is JobState.WAITING:
            return 0.0
        return (time.monotonic() if self._ended is None else self._ended) - self._started

    @property
    def is_over(self) -> bool:
        """Whether it ended, in whatever way."""
        return self._finished.is_set()

    def start(self, work: Callable[[Job], Any]) -> None:
        """Run `work` in a daemon thread; it is given the job, whose token it has to obey."""
        threading.Thread(target=self.run, args=(work,), name=self.name, daemon=True).start()

    def run(self, work: Callable[[Job], Any]) -> None:
        """Run `work` in this thread; its outcome is in `state`, `result` and `error`."""
        self._started = time.monotonic()
        self.state = JobState.RUNNING
        try:
            self.token.check()
            self.result = work(self)
            state = JobState.DONE
        except Cancelled as error:
            self.error, state = error, JobState.CANCELLED
        except BaseException as error:
            self.error, state = error, JobState.FAILED
        self._ended = time.monotonic()
        self.state = state
        self._finished.set()

    def cancel(self) -> None:
        """Ask it to stop."""
        self.token.cancel()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for its end, at most so long; True if it ended."""
        return self._finished.wait(seconds)
