"""Where the records of a delimited text file end, so that its parts can be read on their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import Any, Final

import numpy as np

from services.cancel import NEVER, CancelToken

CHUNK_BYTES: Final = 1 << 23
NEWLINE: Final = 10
RETURN: Final = 13

Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]
Positions = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True, slots=True)
class TextPart:
    """Bytes `start` to `end` (exclusive) of a file, which hold whole records.

    Attributes:
        first_record: number of its first record in the file, from 1; blank lines are no records.
        has_quotes: a field may hold line breaks.
        longest: bytes of its longest record.
    """

    start: int
    end: int
    first_record: int
    records: int
    has_quotes: bool
    longest: int = 0


@dataclass(frozen=True, slots=True)
class Dialect:
    """The two bytes that matter for where a record ends; no quote in JSON Lines."""

    delimiter: int
    quote: int | None


@dataclass(frozen=True, slots=True)
class Ends:
    """Record ends met in one chunk: positions after the line break, and which of the records are blank."""

    positions: Positions
    is_blank: Flags
    has_quotes: bool


def record_ends(
    path: Path, start: int, dialect: Dialect, cancel: CancelToken = NEVER, chunk_bytes: int | None = None
) -> Iterator[Ends]:
    """The ends of all records from `start` on; the last may lack its line break."""
    scan = _Scan(dialect, start)
    with path.open("rb") as file:
        file.seek(start)
        while data := file.read(chunk_bytes or CHUNK_BYTES):
            cancel.check()
            yield scan.feed(data)
    if scan.position > scan.last_end:
        yield Ends(np.array([scan.position]), np.array([False]), scan.in_quotes)


class _Place(Enum):
    """Where in a field a byte stands."""

    START = auto()
    PLAIN = auto()
    QUOTED = auto()
    CLOSED = auto()


@dataclass(slots=True)
class _Scan:
    """The state between two chunks.

    Attributes:
        in_quotes: the next byte is inside quotes.
        previous: the byte before it.
        is_walking: a stray quote was met, so counting quotes no longer tells.
        place: kept while walking.
    """

    dialect: Dialect
    position: int
    in_quotes: bool = False
    previous: int = NEWLINE
    is_walking: bool = False
    place: _Place = _Place.START
    last_end: int = field(init=False)

    def __post_init__(self) -> None:
        self.last_end = self.position

    def feed(self, data: bytes) -> Ends:
        """The record ends of the next bytes."""
        chunk = np.frombuffer(data, np.uint8)
        is_break = chunk == NEWLINE
        has_quotes = self.in_quotes
        if self.dialect.quote is not None and (has_quotes or self.is_walking or data.find(self.dialect.quote) >= 0):
            has_quotes = True
            is_break &= ~self._quoted(chunk, data)
        positions = np.flatnonzero(is_break).astype(np.int64) + 1
        ends = Ends(positions + self.position, self._blank(chunk, positions), has_quotes)
        self.position += len(data)
        self.previous = data[-1]
        if len(positions):
            self.last_end = int(ends.positions[-1])
        return ends

    def _blank(self, chunk: Bytes, positions: Positions) -> Flags:
        if not len(positions):
            return np.zeros(0, np.bool_)
        starts = np.concatenate(([self.last_end - self.position], positions[:-1]))
        lengths = positions - starts
        before = chunk[np.maximum(positions - 2, 0)]
        blank: Flags = (lengths == 1) | ((lengths == 2) & (before == RETURN))
        return blank

    def _quoted(self, chunk: Bytes, data: bytes) -> Flags:
        """Which bytes are inside quotes: an odd number of quotes came before.

        That holds as long as a quote opens only where a field begins; text with a stray quote is walked instead.
        """
        if self.is_walking:
            return self._walked(data)
        is_quote = chunk == self.dialect.quote
        parity = np.bitwise_xor.accumulate(is_quote.view(np.uint8)) ^ np.uint8(self.in_quotes)
        if self._has_stray(chunk, is_quote, parity):
            self.is_walking, self.place = True, self._place()
            return self._walked(data)
        self.in_quotes = bool(parity[-1])
        quoted: Flags = parity.astype(np.bool_)
        return quoted

    def _place(self) -> _Place:
        if self.in_quotes:
            return _Place.QUOTED
        if self.previous == self.dialect.quote:
            return _Place.CLOSED
        return _Place.START if self.previous in (self.dialect.delimiter, NEWLINE) else _Place.PLAIN

    def _has_stray(self, chunk: Bytes, is_quote: Flags, parity: Bytes) -> bool:
        opening = np.flatnonzero(is_quote & (parity == 1))
        before = np.where(opening > 0, chunk[np.maximum(opening - 1, 0)], self.previous)
        fits = (before == self.dialect.delimiter) | (before == NEWLINE) | (before == self.dialect.quote)
        return not bool(fits.all())

    def _walked(self, data: bytes) -> Flags:
        """The same byte by byte, as a reader of the format does: a quote inside an unquoted field is plain text."""
        quoted = np.zeros(len(data), np.bool_)
        place, quote, delimiter = self.place, self.dialect.quote, self.dialect.delimiter
        for position, byte in enumerate(data):
            if place is _Place.QUOTED:
                place = _Place.CLOSED if byte == quote else place
            elif byte == quote and place is not _Place.PLAIN:
                place = _Place.QUOTED
            elif byte in (delimiter, NEWLINE):
                place = _Place.START
            else:
                place = _Place.PLAIN
            quoted[position] = place is _Place.QUOTED
        self.place = place
        self.in_quotes = place is _Place.QUOTED
        return quoted


def split_records(ends: Iterator[Ends], start: int, *, part_bytes: int, part_rows: int | None) -> tuple[TextPart, ...]:
    """Parts of at most so many bytes and rows, each of whole records; a longer record is a part of its own."""
    cutter = _Cutter(start, part_bytes, part_rows)
    for found in ends:
        cutter.feed(found)
    return tuple(cutter.finish())


@dataclass(slots=True)
class _Cutter:
    start: int
    part_bytes: int
    part_rows: int | None
    end: int = field(init=False)
    first: int = 1
    records: int = 0
    has_quotes: bool = False
    longest: int = 0
    parts: list[TextPart] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.end = self.start

    def feed(self, found: Ends) -> None:
        """Add the records of one chunk."""
        positions, filled = found.positions, ~found.is_blank
        while len(positions):
            take = self._fitting(positions, filled)
            if take:
                lengths = np.diff(positions[:take], prepend=self.end)
                self.longest = max(self.longest, int(lengths.max()))
                self.end = int(positions[take - 1])
                self.records += int(np.count_nonzero(filled[:take]))
                self.has_quotes |= found.has_quotes
            if take < len(positions):
                self._cut()
            positions, filled = positions[take:], filled[take:]

    def _fitting(self, positions: Positions, filled: Flags) -> int:
        take = int(np.searchsorted(positions, self.start + self.part_bytes, "right"))
        if self.part_rows is not None:
            counts = np.cumsum(filled[:take]) + self.records
            take = int(np.searchsorted(counts, self.part_rows, "right"))
        return take or int(self.end == self.start)

    def _cut(self) -> None:
        self.parts.append(TextPart(self.start, self.end, self.first, self.records, self.has_quotes, self.longest))
        self.first += self.records
        self.start, self.records, self.has_quotes, self.longest = self.end, 0, False, 0

    def finish(self) -> list[TextPart]:
        """All parts."""
        if self.end > self.start:
            self._cut()
        return self.parts
