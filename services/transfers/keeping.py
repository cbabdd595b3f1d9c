"""Keeps a runner at work for somebody who waits: starts the next where one died, gives up on those that cannot live."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from services.logs import redact
from services.paths import Paths
from services.text import one_line
from services.transfers.queue import RunnerNote, TransferQueue
from services.transfers.starting import code_version, ensure_runner, is_running, is_starting, log_path

STARTS: Final = 5
"""Runners that may end one after the other without any progress."""

FIRST_WAIT_SECONDS: Final = 0.5
"""Between two starts; twice as long after each."""

LATER_SECONDS: Final = 60.0
"""Between starts once so many have ended: what kept them from working may be put right by somebody else."""

LIVED_SECONDS: Final = 10.0
"""A runner that worked for so long was able to."""

SILENT_SECONDS: Final = 30.0
_TAIL_BYTES: Final = 8192


class RunnerKeeper:
    """One for each console or command that waits; those of several processes do not disturb one another.

    Attributes:
        problem: why transfers do not go on, or who runs them that should not; empty while all is well.
        has_given_up: the runners that were started ended one after the other.
    """

    def __init__(
        self,
        paths: Paths,
        queue: TransferQueue,
        start: Callable[[Paths], bool] = ensure_runner,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._paths = paths
        self._queue = queue
        self._start = start
        self._clock = clock
        self._starts = 0
        self._not_before = 0.0
        self._progress = (-1, -1)
        self._log_from = 0
        self._alive_since: float | None = None
        self._beat = (0.0, 0.0)
        self._needed = (-1, False)
        self.problem = ""

    @property
    def has_given_up(self) -> bool:
        """See the class."""
        return self._starts >= STARTS and bool(self.problem)

    def look(self) -> None:
        """Start a runner where one is needed and none works. Takes some disk accesses; call it once a second or so."""
        if not self._is_needed():
            self._begin_anew()
            self.problem = ""
        elif is_running(self._paths):
            self._look_at_living()
        else:
            self._alive_since = None
            self._look_for_next()

    def _is_needed(self) -> bool:
        """Whether there is work; a long queue at rest is not searched again and again."""
        version = self._queue.version()
        if version != self._needed[0]:
            self._needed = version, self._queue.needs_runner()
        return self._needed[1]

    def _begin_anew(self) -> None:
        self._starts, self._not_before, self._alive_since = 0, 0.0, None

    def _note_progress(self) -> None:
        """Whatever got done, or was asked for, is a reason to start runners again."""
        progress = self._queue.progress()
        if progress != self._progress:
            self._progress, self._starts, self._not_before = progress, 0, 0.0

    def _look_at_living(self) -> None:
        now, note = self._clock(), self._queue.runner()
        if self._alive_since is None:
            self._alive_since, self._beat = now, (0.0, now)
        if note is not None and note.beat != self._beat[0]:
            self._beat = (note.beat, now)
        if self._starts:
            self._note_progress()
            if now >= self._alive_since + LIVED_SECONDS:
                self._starts, self._not_before = 0, 0.0
        self.problem = self._about(note, now - self._beat[1]) or (self.problem if self._starts >= STARTS else "")

    def _about(self, note: RunnerNote | None, silent_seconds: float) -> str:
        """What is odd about a runner that lives."""
        if note is None:
            return ""
        if silent_seconds >= SILENT_SECONDS:
            return f"the runner, process {note.pid}, has not been heard of for {silent_seconds:.0f} s"
        ours = code_version()
        if note.code and note.code != ours:
            return f"the runner, process {note.pid}, is of Storedeck {note.code} and this is {ours}"
        return ""

    def _look_for_next(self) -> None:
        self._note_progress()
        if is_starting(self._paths):
            return
        now = self._clock()
        self.problem = f"the runner ends again and again: {self._last_words()}" if self._starts >= STARTS else ""
        if now < self._not_before:
            return
        log = log_path(self._paths)
        self._log_from = log.stat().st_size if log.exists() else 0
        if self._start(self._paths):
            self._starts += 1
            wait = FIRST_WAIT_SECONDS * 2 ** (self._starts - 1)
            self._not_before = now + (wait if self._starts < STARTS else LATER_SECONDS)

    def _last_words(self) -> str:
        """What the runner that was started last said last."""
        try:
            with log_path(self._paths).open("rb") as file:
                end = file.seek(0, 2)
                file.seek(max(self._log_from, end - _TAIL_BYTES))
                lines = file.read().decode("utf-8", "replace").splitlines()
        except OSError:
            lines = []
        said = [line for line in lines if line.strip()]
        return redact(one_line(said[-1])) if said else f"it said nothing in {log_path(self._paths)}"
