"""What crosses from a session's process to the console: windows of cells. Plain data, no Arrow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from services.stores.types import UNKNOWN, Count
from services.values import Value

TEXT: Final = "t"
NUMBER: Final = "n"
NULL: Final = "0"
ABSENT_CELL: Final = "a"
EMPTY: Final = "e"
BLANK: Final = "w"
BINARY: Final = "b"
CUT: Final = "c"
NESTED: Final = "o"
"""Kinds of a cell, one letter each: text, number, NULL, absent, empty text, white space only, bytes, text cut
short, nested value. A window carries one string of letters a column."""


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """A column as the grid shows it.

    Attributes:
        name: displayable name; fields of an object value are columns of their own, named `value.field`.
        source: the raw name of the store's column, and the field inside it or empty.
        type: the store's word for the type, displayable.
        is_key: part of the primary key: stays in view, cannot be edited.
        is_right: right-aligned (numbers).
        width: cells that the sampled values need, header included.
    """

    name: str
    source: tuple[str, str]
    type: str
    is_key: bool = False
    is_right: bool = False
    width: int = 8


@dataclass(frozen=True, slots=True)
class ResultState:
    """How a result set stands.

    Attributes:
        loaded: rows that can be shown now.
        is_loading: a request for more is under way.
        is_complete: there is nothing more to load.
        affected: rows changed, for a statement that changes.
        seconds: time since the start, or until the end.
        locked: why its rows cannot be edited, or empty.
        note: what to say beside the count, such as where the sorting was done.
        error: the displayable error that ended the loading, or empty; loaded rows stay.
        version: grows with every change that a shown window could differ by (sorting, filtering, columns).
    """

    columns: tuple[ResultColumn, ...] = ()
    loaded: int = 0
    count: Count = UNKNOWN
    is_loading: bool = False
    is_complete: bool = False
    affected: int | None = None
    seconds: float = 0.0
    locked: str = ""
    note: str = ""
    error: str = ""
    hint: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class Window:
    """The cells of some rows and columns, as displayable text.

    Attributes:
        first_row: of the rows, counted in the order shown.
        columns: indices into `ResultState.columns`, in the order of `cells`.
        cells: one tuple of texts a column, each with one text a row.
        kinds: one string a column, one kind letter a row.
        keys: the canonical key of each row, empty where the result has no key.
        loaded: rows loaded when the window was made.
        version: of the state it was made from.
    """

    first_row: int
    columns: tuple[int, ...]
    cells: tuple[tuple[str, ...], ...]
    kinds: tuple[str, ...]
    keys: tuple[str, ...]
    loaded: int
    version: int = 0

    @property
    def row_count(self) -> int:
        """Rows in the window."""
        return len(self.keys)


@dataclass(frozen=True, slots=True)
class RowRecord:
    """One row whole, exact and typed, for the row form, the viewer and editing.

    Attributes:
        key: the columns of the primary key, empty where the row has none.
        values: all columns of the store (not flattened), in order; ABSENT where the row has none.
    """

    key: dict[str, Value]
    values: dict[str, Value]
    token: str = ""


@dataclass(frozen=True, slots=True)
class Inspection:
    """One raw value for the viewer, all texts displayable, cut at a stated bound.

    Attributes:
        lines: the value as text lines (JSON tree for nested values).
        hex_lines: its bytes as a hex dump: offset, bytes, characters.
        size: bytes of the raw value (UTF-8 for text).
        is_cut: the value is longer than what is shown.
        edit_text: the raw text that an editor starts with (not altered), or empty where there is none.
    """

    type: str
    lines: tuple[str, ...]
    hex_lines: tuple[str, ...]
    size: int
    is_cut: bool = False
    edit_text: str = ""
