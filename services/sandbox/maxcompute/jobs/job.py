"""A job: what was asked, how far it is, what came of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Event, RLock
from time import monotonic

import pyarrow as pa

from services.sandbox.maxcompute.errors import OdpsError
from services.sandbox.maxcompute.model import Column
from services.sandbox.maxcompute.objects import OWNER, now

WAITING, RUNNING, SUCCESS, FAILED, CANCELLED = "Waiting", "Running", "Success", "Failed", "Cancelled"
_OVER = frozenset({SUCCESS, FAILED, CANCELLED})


@dataclass(frozen=True)
class Stage:
    """A step of a job as its progress tells it: so many workers, so many records in and out."""

    name: str
    workers: int = 1
    input_records: int = 0
    output_records: int = 0


@dataclass(frozen=True)
class Result:
    """What a job answers: rows, or a text.

    Args:
        rows: in the table tunnel's Arrow form (see `types`); None when the answer is `text`.
    """

    columns: tuple[Column, ...] = ()
    rows: pa.Table | None = None
    text: str = ""
    input_bytes: int = 0
    stages: tuple[Stage, ...] = ()


@dataclass(frozen=True)
class Request:
    """What was asked.

    Args:
        kind: `SQL`, `SQLCost` or `Merge`.
        settings: the hints.
        unique_id: of the client's; a second job with it is the first.
        source: the document of the job, as it was sent.
    """

    query: str
    kind: str = "SQL"
    name: str = "AnonymousSQLTask"
    settings: Mapping[str, str] = field(default_factory=dict)
    priority: int = 9
    unique_id: str = ""
    source: bytes = b""
    schema: str = ""
    owner: str = OWNER

    @property
    def quota(self) -> str:
        """The nickname of the quota asked for; empty for the project's own."""
        return self.settings.get("odps.task.wlm.quota", "")


@dataclass
class Job:
    """A job on its way. `lock` guards its state; `over` is set when it is at its end.

    Args:
        seconds: that it takes at least, spread over its stages.
    """

    id: str
    project: str
    request: Request
    seconds: float = 0.0
    created: datetime = field(default_factory=now)
    ended: datetime | None = None
    status: str = WAITING
    result: Result = field(default_factory=Result)
    error: OdpsError | None = None
    stages: tuple[Stage, ...] = ()
    has_expired: bool = False
    lock: RLock = field(default_factory=RLock, repr=False)
    over: Event = field(default_factory=Event, repr=False)
    stop: Event = field(default_factory=Event, repr=False)
    _since: float = 0.0

    @property
    def is_over(self) -> bool:
        return self.status in _OVER

    @property
    def result_bytes(self) -> int:
        """Bytes of the rows that it holds."""
        return 0 if self.result.rows is None else int(self.result.rows.nbytes)

    def forget_rows(self) -> None:
        """Its result expires."""
        with self.lock:
            self.has_expired = True
            self.result = replace(self.result, rows=None)

    def begin(self, stages: tuple[Stage, ...]) -> None:
        """The plan is made; the work starts."""
        with self.lock:
            if not self.is_over:
                self.status, self.stages, self._since = RUNNING, stages, monotonic()

    def end(self, status: str, *, result: Result | None = None, error: OdpsError | None = None) -> None:
        """It is at its end; only the first end counts."""
        with self.lock:
            if not self.is_over:
                self.status, self.error, self.ended = status, error, now()
                self.result = result or self.result
                self.stages = self.result.stages or self.stages
        self.over.set()

    def cancel(self) -> None:
        """Ends it from outside; what it has not written yet it never writes."""
        self.stop.set()
        self.end(CANCELLED)

    def progress(self, stage_number: int) -> float:
        """How much of a stage is done, from 0 to 1; the stages follow one another."""
        with self.lock:
            if self.status == SUCCESS:
                return 1.0
            if not self._since or not self.seconds:
                return 0.0
            share = (monotonic() - self._since) / self.seconds * len(self.stages) - stage_number
            return max(0.0, min(math.floor(share * 100) / 100, 0.99))
