"""Bulk work in parts: small plain values that any process can run, again if need be.

A plan and its parts hold JSON data beside an Arrow schema, so a journal keeps them without pickles. Running a part
twice leaves what running it once leaves; that alone makes resuming, retrying and several processes possible.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from services.cancel import NEVER, CancelToken
from services.stores.changes import Path
from services.stores.features import Guarantee
from services.stores.types import KEY_METADATA, UNKNOWN, Count, RowQuery

if TYPE_CHECKING:
    import pyarrow as pa


POSITION_METADATA: Final = b"storedeck.position"
"""Arrow field metadata: the int64 column is no data but tells where a row stands in the source, such as its line.

The one who maps columns drops it, and names the position in what it rejects.
"""


class WriteMode(StrEnum):
    """What happens to what is there already."""

    APPEND = "append"
    """Rows are added; a row whose key is taken by other values is rejected."""
    OVERWRITE = "overwrite"
    """What the target held is gone once the transfer is committed."""
    UPSERT = "upsert"
    """A row replaces the one with its key."""
    SKIP = "skip"
    """A row whose key is taken is left as it is."""
    FAIL = "fail"
    """The target must be empty or absent."""


@dataclass(frozen=True, slots=True)
class ReadPart:
    """A range of the source.

    Attributes:
        index: 0 and up, without gaps in a plan.
        state: JSON data that says which rows: a key range, a row range, a partition, a byte range.
        rows: how many, where that is known before.
        size_bytes: how many, where that is known before.
    """

    index: int
    state: Mapping[str, Any]
    rows: int | None = None
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """How a source is read.

    Attributes:
        schema: of every batch of every part; columns of mixed types are dense unions.
        state: JSON data common to all parts, such as the id of a download session.
        fingerprint: changes when the source does; empty where the store cannot tell.
        is_snapshot: every part sees the source as it was when the plan was made.
        expires_at: seconds since the epoch after which parts can no longer be read; None for never.
        notes: for the plan screen: what is sampled, left out or not exact.
    """

    path: Path
    schema: pa.Schema
    parts: tuple[ReadPart, ...]
    count: Count = UNKNOWN
    state: Mapping[str, Any] = field(default_factory=dict)
    fingerprint: str = ""
    is_snapshot: bool = False
    expires_at: float | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """A record of the source that is no row: where it stands, why, and its raw text as far as it can be shown."""

    position: int
    reason: str
    raw: str = ""
    column: str = ""


@dataclass(frozen=True, slots=True)
class Faults:
    """Faults met between two batches; they count as rejects of the transfer."""

    faults: tuple[Fault, ...]


class BulkReads(ABC):
    """Reads a whole container in parts."""

    @abstractmethod
    def plan_read(self, path: Path, query: RowQuery, part_rows: int | None, cancel: CancelToken = NEVER) -> ReadPlan:
        """Split a read; `query.order` is not kept across parts, `part_rows` is a wish."""

    @abstractmethod
    def read_part(
        self, plan: ReadPlan, part: ReadPart, cancel: CancelToken = NEVER
    ) -> Iterator[pa.RecordBatch | Faults]:
        """The rows of one part, each batch in the plan's schema, and the records that are no rows, as they are met.

        Raises:
            SourceChanged: the part cannot be read as planned any more.
            SessionExpired: the server ended what the plan stands on; plan again.
        """

    def end_read(self, plan: ReadPlan) -> None:  # noqa: B027  # most sources hold nothing
        """Free what the plan holds on the server."""


@dataclass(frozen=True, slots=True)
class WriteWish:
    """How the user wants a target written.

    Attributes:
        partition: the partition spec, where the store has partitions.
        is_created: the target may be created from the schema if it is absent.
        parallel: parts that may be in flight at once.
        options: more, in the store's own words.
    """

    mode: WriteMode
    partition: str = ""
    is_created: bool = False
    parallel: int = 1
    options: Mapping[str, str] = field(default_factory=dict)


def new_key(schema: pa.Schema) -> tuple[str, ...]:
    """The key of a container to be made: the columns that are marked as one, else the first."""
    marked = tuple(field.name for field in schema if KEY_METADATA in (field.metadata or {}))
    return marked or (schema.names[0],)


def new_key_notes(schema: pa.Schema, wish: WriteWish) -> list[str]:
    """What the plan says of a container to be made; a guessed key may let rows replace one another."""
    key = new_key(schema)
    notes = [f"is created with the key {', '.join(key)}"]
    is_marked = KEY_METADATA in (schema.field(key[0]).metadata or {})
    if not is_marked and wish.mode in (WriteMode.UPSERT, WriteMode.SKIP, WriteMode.OVERWRITE):
        notes.append(f"{key[0]} is taken for the whole key, as nothing says otherwise: of rows that share it one stays")
    return notes


@dataclass(frozen=True, slots=True)
class WritePlan:
    """How a target is written.

    Attributes:
        schema: the target's columns; rows are cast to it, safely, before they reach the store.
        state: JSON data common to all parts, such as the id of an upload session.
        part_rows, part_bytes, max_parts: bounds of the service; None for no bound.
        expires_at: seconds since the epoch; None for never.
        notes: for the plan screen.
    """

    path: Path
    schema: pa.Schema
    wish: WriteWish
    guarantee: Guarantee
    state: Mapping[str, Any] = field(default_factory=dict)
    part_rows: int | None = None
    part_bytes: int | None = None
    max_parts: int | None = None
    expires_at: float | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that the store refused: its offset in the part, the column where known, and why."""

    row: int
    reason: str
    column: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a part once the server acknowledged it."""

    part: int
    rows: int
    size_bytes: int
    rejects: tuple[Reject, ...] = ()
    state: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Committed:
    """The end of a bulk write.

    Attributes:
        rows: as the server counts them, None where it does not.
        is_visible: who reads now sees them.
    """

    rows: int | None
    message: str = ""
    request_id: str = ""
    is_visible: bool = True


class BulkWrites(ABC):
    """Writes a container in parts."""

    @abstractmethod
    def write_modes(self, path: Path) -> frozenset[WriteMode]:
        """The modes this container takes, kept exactly even when parts are run again."""

    @abstractmethod
    def plan_write(self, path: Path, schema: pa.Schema, wish: WriteWish, cancel: CancelToken = NEVER) -> WritePlan:
        """Check target, columns and mode with reads alone; nothing is changed.

        Args:
            schema: of the rows that will come, already mapped to the target's column names.
        """

    @abstractmethod
    def begin_write(self, plan: WritePlan, cancel: CancelToken = NEVER) -> WritePlan:
        """Create, clear or open what is written to, before any part; may be run again while no part has run."""

    @abstractmethod
    def write_part(
        self, plan: WritePlan, part: int, batches: Iterator[pa.RecordBatch], cancel: CancelToken = NEVER
    ) -> Receipt:
        """Write one part; returns once the server holds it. A part that failed or was cancelled may be run again.

        Args:
            batches: in the plan's schema; drawn as they are sent, so memory holds a part at most.
        """

    def is_staged(self, plan: WritePlan) -> bool:
        """Whether nothing of the target changes before the commit.

        Else rows are seen part by part and stay when the transfer ends early, and `overwrite` empties the target first.
        """
        return True

    def acknowledged(self, plan: WritePlan) -> frozenset[int] | None:
        """The parts that the server itself says it holds; None where it keeps no such list."""
        return None

    @abstractmethod
    def commit_write(self, plan: WritePlan, receipts: Sequence[Receipt], cancel: CancelToken = NEVER) -> Committed:
        """Make all parts visible; safe to run again when the answer was lost.

        Raises:
            StoreError: the server's list of parts differs from the receipts; nothing was committed.
        """

    @abstractmethod
    def abort_write(self, plan: WritePlan) -> None:
        """Drop what is not committed, where the server can; never touches committed rows."""
