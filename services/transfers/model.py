"""What the queue holds, as plain frozen data: items, their parts, options, log lines and rejected rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, Final

from services.stores.bulk import WriteMode

DEFAULT_MAX_REJECTS: Final = 1000
"""Where a file for rejected rows is named and no limit is."""

DEFAULT_RETRIES: Final = 8


class ItemState(StrEnum):
    """Where a transfer stands."""

    QUEUED = "queued"
    PLANNING = "planning"
    RUNNING = "running"
    PAUSED = "paused"
    NEEDS_YOU = "needs you"
    """A secret has to be typed, which the runner cannot ask for."""
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_ended(self) -> bool:
        """Whether nothing more happens by itself or by resuming."""
        return self in (ItemState.DONE, ItemState.FAILED, ItemState.CANCELLED)

    @property
    def is_active(self) -> bool:
        """Whether a runner works on it, or would."""
        return self in (ItemState.QUEUED, ItemState.PLANNING, ItemState.RUNNING)

    @property
    def word(self) -> str:
        """One of the six words that scripts know."""
        return _SCRIPT_WORDS.get(self, self.value)


_SCRIPT_WORDS: Final = {ItemState.PLANNING: "running", ItemState.NEEDS_YOU: "paused"}


class Phase(StrEnum):
    """How far the work itself has come; never goes back but for a stated restart."""

    NEW = "new"
    PLANNED = "planned"
    WRITING = "writing"
    COMMITTING = "committing"
    VERIFYING = "verifying"
    ENDED = "ended"


class PartState(StrEnum):
    """Where a part stands."""

    TODO = "todo"
    RUNNING = "running"
    ACKNOWLEDGED = "acknowledged"
    FAILED = "failed"


class Verified(StrEnum):
    """How far a transfer that is done was compared with its source."""

    NOT = ""
    """It was not asked for, or the transfer is not done."""
    RECEIPTS = "receipts"
    """The target acknowledged each part; rows and values were not looked at again."""
    ROWS = "rows"
    """The target counts the rows that were sent."""
    KEYS = "keys"
    """Every row that was written was found by its key, with its values."""
    CHECKSUM = "checksum"
    """The target holds the rows that were sent with their values, and no others."""

    @property
    def words(self) -> str:
        """For people."""
        return _VERIFIED_WORDS[self]


_VERIFIED_WORDS: Final = {
    Verified.NOT: "not verified",
    Verified.RECEIPTS: "parts acknowledged, values not compared",
    Verified.ROWS: "rows counted, values not compared",
    Verified.KEYS: "values verified by key",
    Verified.CHECKSUM: "verified by checksum",
}


@dataclass(frozen=True, slots=True)
class TransferOptions:
    """How a transfer is done: everything a rerun needs.

    Attributes:
        columns: source column to target column; a target of "" leaves the column out.
        where: a filter in the source's own language.
        limit: at most so many rows of the source.
        parallel: parts in flight at once.
        bandwidth: bytes a second at most; 0 for no cap.
        rejects: file for rejected rows, or empty.
        max_rejects: more than so many rejected rows end the transfer; None for the default.
        part_rows: rows a part, a wish.
        is_verified: read the target again and compare.
        is_created: create the target where it is absent.
        source, target: options of the source and of the target in their own words, such as a file's delimiter.
        hook: a command that gets the ended item as JSON on its standard input.
        retries: attempts of a part after its first, while errors are passing ones.
    """

    mode: WriteMode | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    where: str = ""
    limit: int | None = None
    parallel: int = 2
    bandwidth: int = 0
    rejects: str = ""
    max_rejects: int | None = None
    part_rows: int | None = None
    partition: str = ""
    is_created: bool = False
    is_verified: bool = False
    source: Mapping[str, str] = field(default_factory=dict)
    target: Mapping[str, str] = field(default_factory=dict)
    hook: str = ""
    retries: int = DEFAULT_RETRIES

    @property
    def rejects_allowed(self) -> int:
        """Rejected rows that do not end the transfer."""
        if self.max_rejects is not None:
            return self.max_rejects
        return DEFAULT_MAX_REJECTS if self.rejects else 0

    def data(self) -> dict[str, Any]:
        """As JSON data."""
        return asdict(self)

    @classmethod
    def of_data(cls, data: Mapping[str, Any]) -> TransferOptions:
        """What `data` gave; fields of another version are left out."""
        known = {entry.name for entry in fields(cls)}
        values = {name: value for name, value in data.items() if name in known}
        if values.get("mode") is not None:
            values["mode"] = WriteMode(values["mode"])
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why something failed, in words for people.

    Attributes:
        kind: the name of the error's class in `services.errors`.
        is_passing: the same may go well later.
    """

    kind: str
    message: str
    hint: str = ""
    request_id: str = ""
    is_passing: bool = False

    def data(self) -> dict[str, Any]:
        """As JSON data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Item:
    """One transfer of the queue.

    Attributes:
        priority: higher ones go first.
        place: order among items of one priority.
        rows_done, bytes_done, parts_done: of acknowledged parts only.
        rows_total: as far as known; see `count_kind`.
        count_kind: `exact`, `at least` or `unknown`.
        rejected: rows put aside.
        failure: why it failed, waits for a retry or for you.
        retry_at: seconds since 1970 at which the next attempt is due; None where none waits.
        expires_at: seconds since 1970 at which the server forgets the session behind it; None for never.
        rate: bytes a second by the acknowledged parts of the last moments; 0 where nothing moves.
        rate_rows: the same in rows.
        is_cleaning: what the target holds uncommitted is still to be dropped.
        notes: of the plan, for people.
        verified: how it was compared at its end.
        version: grows with each change of the item.
    """

    id: int
    source: str
    target: str
    options: TransferOptions
    state: ItemState
    phase: Phase
    priority: int
    place: float
    created: float
    started: float | None = None
    ended: float | None = None
    rows_done: int = 0
    bytes_done: int = 0
    parts_done: int = 0
    parts_total: int = 0
    parts_running: int = 0
    rows_total: int = 0
    count_kind: str = "unknown"
    rejected: int = 0
    attempts: int = 0
    failure: Failure | None = None
    retry_at: float | None = None
    expires_at: float | None = None
    rate: float = 0.0
    rate_rows: float = 0.0
    is_cleaning: bool = False
    guarantee: str = ""
    fingerprint: str = ""
    notes: tuple[str, ...] = ()
    message: str = ""
    verified: Verified = Verified.NOT
    restarts: int = 0
    version: int = 0

    @property
    def fraction(self) -> float:
        """Done so far by acknowledged parts, 0 to 1."""
        if self.state is ItemState.DONE:
            return 1.0
        return self.parts_done / self.parts_total if self.parts_total else 0.0

    @property
    def seconds_left(self) -> float | None:
        """How long it still takes at the present rate; None where nobody can know."""
        if self.state is not ItemState.RUNNING or self.rate <= 0 or not self.parts_done:
            return None
        if self.count_kind == "exact" and self.rate_rows > 0:
            return max(self.rows_total - self.rows_done, 0) / self.rate_rows
        left = (self.parts_total - self.parts_done) * self.bytes_done / self.parts_done
        return left / self.rate


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a transfer; `rows` and `size_bytes` are those of its receipt."""

    index: int
    state: PartState
    attempts: int = 0
    rows: int = 0
    size_bytes: int = 0
    rejected: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of an item's log; `level` is `info`, `warning` or `error`."""

    at: float
    level: str
    text: str


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row put aside.

    Attributes:
        row: its number in the source (in its file) from 1, None where the parts before it are not counted.
        line: the number of its record in the file, without a header; None where the source has no such numbers.
        values: the row as JSON data, as far as it could be read.
    """

    part: int
    offset: int
    row: int | None
    line: int | None
    column: str
    reason: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def data(self) -> dict[str, Any]:
        """As JSON data for the file of rejected rows."""
        return {
            "row": self.row,
            "line": self.line,
            "part": self.part,
            "offset": self.offset,
            "column": self.column or None,
            "reason": self.reason,
            "values": dict(self.values),
        }

    @classmethod
    def of_data(cls, data: Mapping[str, Any]) -> RejectedRow:
        """What `data` gave."""
        return cls(**{**data, "column": data["column"] or ""})
