"""What each file format does for a source: tell the columns, cut the files, read a piece."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from services.cancel import CancelToken
from services.errors import Refused, StoredeckError, UsageError
from services.stores.bulk import POSITION_METADATA, Faults
from services.transfers.formats.options import FileOptions

PART_BYTES: Final = 1 << 24
BATCH_ROWS: Final = 1 << 16
SAMPLED_PIECES: Final = 16
SAMPLE_BYTES: Final = 1 << 18

POSITION_FIELD: Final = pa.field("$record", pa.int64(), metadata={POSITION_METADATA: b"1"})
"""The number of a record in its file, from 1, beside the data."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A range of one file.

    Attributes:
        state: JSON data that the reader of the format understands.
    """

    file: int
    state: Mapping[str, Any]
    rows: int | None = None
    size_bytes: int | None = None


class Reader(ABC):
    """Reads files of one format."""

    def __init__(self, files: Sequence[Path], options: FileOptions) -> None:
        self.files = files
        self.options = options

    @abstractmethod
    def pieces(self, part_rows: int | None, cancel: CancelToken) -> list[Piece]:
        """All files cut into pieces, in order."""

    @abstractmethod
    def schema(self, pieces: Sequence[Piece]) -> pa.Schema:
        """The columns of all files, found out from samples where the format does not tell.

        Raises:
            UsageError: the files do not fit one another.
        """

    @abstractmethod
    def read(self, piece: Piece, schema: pa.Schema, cancel: CancelToken) -> Iterator[pa.RecordBatch | Faults]:
        """The rows of a piece, in the schema's columns."""

    def notes(self) -> tuple[str, ...]:
        """What the plan screen should say."""
        return ()

    def name(self, file: int) -> str:
        """A file's name for people."""
        return self.files[file].name


def spread(pieces: Sequence[Piece], count: int = SAMPLED_PIECES) -> list[Piece]:
    """At most so many pieces, the first among them, evenly over all."""
    step = max(1, -(-len(pieces) // count))
    return list(pieces[::step])


def broken(path: Path, error: Exception) -> StoredeckError:
    """A file that is not what its format says."""
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return Refused(f"{path}: cannot be read: {reason}", hint="Check that the file is whole and of that format.")


def chosen(schema: pa.Schema, columns: Sequence[str], where: str) -> pa.Schema:
    """The columns asked for, in that order, with the position at the end; all without any.

    Raises:
        UsageError: a column is not there.
    """
    if not columns:
        return schema
    for name in columns:
        if schema.get_field_index(name) < 0:
            names = ", ".join(schema.names[:20])
            raise UsageError(f"{where}: has no column {name}", hint=f"Its columns are {names}.")
    kept = [schema.field(name) for name in columns]
    position = [entry for entry in schema if entry.metadata and POSITION_METADATA in entry.metadata]
    return pa.schema([*kept, *position])
