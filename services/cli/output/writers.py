"""What every output format does: take pages of rows or plain records, one after the other, and end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from enum import StrEnum
from typing import IO, TYPE_CHECKING, Any

from services.results.presenting import PLAIN, Presentation

if TYPE_CHECKING:
    import pyarrow as pa

    from services.results.records import BatchReader

Record = Mapping[str, Any]
"""A row of plain JSON data by column name; an absent column is left out."""


class Format(StrEnum):
    """The names after `--format`."""

    TABLE = "table"
    JSONL = "jsonl"
    CSV = "csv"
    TSV = "tsv"
    PARQUET = "parquet"
    ARROW = "arrow"
    JSON = "json"

    @property
    def is_binary(self) -> bool:
        """Whether a terminal can make nothing of it."""
        return self in (Format.PARQUET, Format.ARROW)


class Writer(ABC):
    """Writes rows to a stream as they come; holds no more than a page of them.

    Attributes:
        is_terminal: the stream is one that acts on control characters; they are made visible or escaped.
        numbers: int64 and decimal as bare JSON numbers.
    """

    def __init__(self, stream: IO[bytes], *, is_terminal: bool = False, numbers: bool = False) -> None:
        self.stream = stream
        self.is_terminal = is_terminal
        self.numbers = numbers

    @abstractmethod
    def batch(self, batch: pa.RecordBatch, presentation: Presentation = PLAIN) -> None:
        """Write a page."""

    @abstractmethod
    def record(self, record: Record) -> None:
        """Write one row of plain data."""

    @abstractmethod
    def close(self) -> None:
        """Write what belongs at the end; not called after a failure."""


class RecordWriter(Writer):
    """A format that is written row by row."""

    def __init__(self, stream: IO[bytes], *, is_terminal: bool = False, numbers: bool = False) -> None:
        super().__init__(stream, is_terminal=is_terminal, numbers=numbers)
        self._reader: BatchReader | None = None

    def batch(self, batch: pa.RecordBatch, presentation: Presentation = PLAIN) -> None:
        """Write a page, row by row."""
        from services.results.records import BatchReader

        if self._reader is None:
            self._reader = BatchReader(presentation, numbers=self.numbers)
        self.columns(batch.schema.names)
        for record in self._reader.records(batch):
            self.record(record)

    def columns(self, names: list[str]) -> None:
        """Learn the columns of the rows that follow, before the first of them or without any."""

    def close(self) -> None:
        """Nothing is left to write."""

    def line(self, text: str) -> None:
        """Write one line of text."""
        self.stream.write(text.encode("utf-8", "surrogatepass") + b"\n")
