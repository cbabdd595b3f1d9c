"""What the store makes of the service's answers, whichever decoder read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from services.errors import ProtocolError
from services.stores.tablestore.codec.cells import Cell, CellRow, read_rows
from services.stores.tablestore.codec.columns import batch_of
from services.stores.tablestore.codec.pages import decode_page


@dataclass(frozen=True, slots=True)
class Cost:
    """Capacity units that a request used up."""

    read: int = 0
    write: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.read + other.read, self.write + other.write)


@dataclass(frozen=True, slots=True)
class Answer:
    """What every answer has."""

    request_id: str = ""
    cost: Cost = field(default_factory=Cost)


@dataclass(frozen=True, slots=True)
class RowsAnswer(Answer):
    """Rows of a range or of a search, not yet decoded where the server's own bytes are at hand.

    Attributes:
        next_key: where the range goes on, None at its end.
        total: rows that a search found, None where it does not say.
        token: where the search goes on, empty at its end.
    """

    rows: bytes | Sequence[CellRow] = b""
    next_key: list[Cell] | None = None
    total: int | None = None
    token: bytes = b""

    def cell_rows(self) -> Sequence[CellRow]:
        """The rows cell by cell, with all their versions.

        Raises:
            ProtocolError: they cannot be read.
        """
        return read_rows(self.rows) if isinstance(self.rows, bytes) else self.rows

    def batch(self) -> pa.RecordBatch:
        """The rows as a page.

        Raises:
            ProtocolError: they cannot be read.
        """
        try:
            return decode_page(self.rows) if isinstance(self.rows, bytes) else batch_of(self.rows)
        except ProtocolError as error:
            error.request_id = error.request_id or self.request_id
            raise


@dataclass(frozen=True, slots=True)
class RowResult:
    """One row of a batch, read or written: the row where the answer holds it, or why it was refused."""

    row: CellRow | None = None
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class KeysAnswer(Answer):
    """Rows of a batch, in the order of the request."""

    results: tuple[RowResult, ...] = ()


@dataclass(frozen=True, slots=True)
class SplitsAnswer(Answer):
    """The keys that cut a table into pieces, in order; what a key lacks at its end is the least there is."""

    points: tuple[tuple[Cell, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class WriteAnswer(Answer):
    """A written row; `key` is there where the service made a part of it."""

    key: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class SqlAnswer(Answer):
    """All rows of a statement; None where the statement has none to give."""

    batch: pa.RecordBatch | None = None


@dataclass(frozen=True, slots=True)
class IndexFacts:
    """A secondary index."""

    name: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    is_local: bool = False
    is_sync: bool = False


@dataclass(frozen=True, slots=True)
class TableAnswer(Answer):
    """A description of a table.

    Attributes:
        key: name, type word and whether the service numbers it.
        columns: name and type word of the columns defined for indexes.
        options: time to live, versions and so on, by the names that definitions use.
        facts: everything else, as name and text.
    """

    name: str = ""
    key: tuple[tuple[str, str, bool], ...] = ()
    columns: tuple[tuple[str, str], ...] = ()
    options: dict[str, int | bool] = field(default_factory=dict)
    indexes: tuple[IndexFacts, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    splits: tuple[str, ...] = ()
