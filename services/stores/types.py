"""Plain data of the Store contract: nodes, descriptions, pages, counts, statements and check steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from services.stores.changes import Path

if TYPE_CHECKING:
    import pyarrow as pa

KEY_METADATA: Final = b"storedeck.key"
"""Arrow field metadata: `1` on the columns of the primary key."""

TYPE_METADATA: Final = b"storedeck.type"
"""Arrow field metadata: the store's own word for the type, such as `Int` or `VARCHAR`."""

ROOT: Final[Path] = ()


class CountKind(StrEnum):
    """How far a count can be trusted."""

    EXACT = "exact"
    AT_LEAST = "at least"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Count:
    """An honest number of rows."""

    kind: CountKind
    rows: int = 0

    @classmethod
    def exact(cls, rows: int) -> Count:
        """Exactly so many."""
        return cls(CountKind.EXACT, rows)

    @classmethod
    def at_least(cls, rows: int) -> Count:
        """So many or more."""
        return cls(CountKind.AT_LEAST, rows)


UNKNOWN: Final = Count(CountKind.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Node:
    """One row of the catalog.

    Attributes:
        kind: the store's word: schema, table, cache, view, group...
        has_children: whether it can be opened in the tree.
        is_readable: whether it has rows to show.
        note: a few words at the right, such as `2 nodes`.
        is_long: its children may be many or cost a request each; listed where asked for, not along with others.
    """

    path: Path
    name: str
    kind: str
    has_children: bool = False
    is_readable: bool = False
    count: Count | None = None
    note: str = ""
    is_long: bool = False


@dataclass(frozen=True, slots=True)
class Children:
    """One page of children; `next_token` asks for the next, None at the end."""

    nodes: tuple[Node, ...]
    next_token: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column as the catalog tells it; `type` in the store's own words."""

    name: str
    type: str
    is_key: bool = False
    is_nullable: bool = True
    note: str = ""


def takes_null(description: Description | None, column: str) -> bool:
    """Whether a cell of a column can be NULL; of one not declared, whether any column can."""
    columns = description.columns if description is not None else ()
    declared = next((one for one in columns if one.name == column), None)
    return any(one.is_nullable for one in columns) or not columns if declared is None else declared.is_nullable


@dataclass(frozen=True, slots=True)
class Group:
    """A titled list of facts in a description; values are plain text, raw from the server."""

    title: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Pattern:
    """Something that can be created inside a container, such as an index.

    Attributes:
        prefix: what its name begins with.
        definition: an example to edit, JSON-able, as `create` takes it.
    """

    kind: str
    prefix: str
    definition: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Description:
    """Everything known of a container.

    Attributes:
        columns: in order, keys first where the system has them.
        options: what `create` takes back, JSON-able.
        groups: all other facts for the detail pane.
        locked: why rows cannot be edited, or empty.
        sql: a name under which SQL reaches it, or empty.
        filter_place: who looks for the rows that a condition holds for, in words such as `in the mounted index`, where
            the store filters them without SQL; or empty.
        drop_asks_name: dropping it asks for its name in every environment, not in prod alone.
        patterns: what can be created inside it.
    """

    path: Path
    name: str
    kind: str
    columns: tuple[Column, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    groups: tuple[Group, ...] = ()
    count: Count | None = None
    locked: str = ""
    sql: str = ""
    filter_place: str = ""
    drop_asks_name: bool = False
    patterns: tuple[Pattern, ...] = ()


@dataclass(frozen=True, slots=True)
class RowQuery:
    """Which rows to read.

    Attributes:
        where: a filter in the store's own language (SQL predicate for a table), or empty.
        columns: only these, in this order; empty for all.
        order: column names, with `-` before a descending one.
        limit: at most so many rows, None for all.
        page_rows: rows a page, None for the store's own.
    """

    where: str = ""
    columns: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    limit: int | None = None
    page_rows: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Rows as they came: an Arrow batch, and how many there are in all as far as the store says.

    Attributes:
        batch: key columns and type words are marked in its fields' metadata. Pages of one read may differ in schema.
        count: of the whole read.
        token: where to go on after this page, for stores that can; None otherwise.
    """

    batch: pa.RecordBatch
    count: Count = UNKNOWN
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement to run.

    Attributes:
        arguments: bound by position, never pasted into the text.
        timeout_seconds: the server stops the statement after it; None for the profile's own.
        limit: at most so many rows are read.
    """

    text: str
    arguments: tuple[Any, ...] = ()
    schema: str = ""
    timeout_seconds: float | None = None
    page_rows: int | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class SqlPage:
    """A page of a statement's answer.

    Attributes:
        affected: set for a statement that changed rows or definitions.
        note: to stand beside the count, such as the id of the job that gave the rows.
    """

    batch: pa.RecordBatch | None
    count: Count = UNKNOWN
    affected: int | None = None
    note: str = ""


class StepState(StrEnum):
    """How a step of a connection check went."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class CheckStep:
    """One timed step of a connection check: resolve, connect, TLS, sign in or list."""

    name: str
    state: StepState
    seconds: float
    detail: str = ""
    hint: str = ""
