"""Results on their way out: rows fetched, encoded by column, paged."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Protocol

from services.sandbox.ignite.errors import CANCELLED, RequestRefused, SqlRefused
from services.sandbox.ignite.sql.scope import Output
from services.sandbox.ignite.sql.temporal import Clock
from services.sandbox.ignite.sql.types import DYNAMIC, Encoder, encoder_of

Page = tuple[list[bytes], bool]


class SqlResult(Protocol):
    """A result that gives its rows page by page."""

    names: list[str]

    def next_page(self, size: int) -> Page:
        """At most `size` encoded rows, and whether more follow."""

    def close(self) -> None:
        """Frees what the result holds."""


class EncodedRows:
    """A result whose rows are at hand."""

    def __init__(self, names: Sequence[str], rows: Sequence[bytes]) -> None:
        self.names = list(names)
        self._rows = rows
        self._at = 0

    def next_page(self, size: int) -> Page:
        start, self._at = self._at, self._at + size
        return list(self._rows[start : self._at]), self._at < len(self._rows)

    def close(self) -> None:
        self._rows = ()


class RowEncoder:
    """Encodes many rows at once, a column at a time."""

    def __init__(self, outputs: Sequence[Output], clock: Clock) -> None:
        self._encoders = [encoder_of(output.kind) for output in outputs]
        self._clock = clock

    def encode(self, rows: Sequence[tuple[object, ...]]) -> list[bytes]:
        if not rows:
            return []
        cells = zip(*rows, strict=True)
        columns = [self._column(encode, column) for encode, column in zip(self._encoders, cells, strict=True)]
        return columns[0] if len(columns) == 1 else list(map(b"".join, zip(*columns, strict=True)))

    def _column(self, encode: Encoder, column: tuple[object, ...]) -> list[bytes]:
        try:
            return encode(self._clock, column)
        except (struct.error, TypeError, ValueError):
            # SQLite computed something of another type than the node would: the values say which.
            return DYNAMIC(self._clock, column)


class QueryRows:
    """A result read from SQLite as it is asked for."""

    def __init__(
        self,
        names: list[str],
        rows: Iterator[tuple[object, ...]],
        encoder: RowEncoder,
        *,
        check: Callable[[], None],
        refusals: list[RequestRefused],
        on_close: Callable[[bool], None],
        keep: Callable[[list[bytes]], None] | None = None,
    ) -> None:
        self.names = names
        self._rows = rows
        self._encoder = encoder
        self._check = check
        self._refusals = refusals
        self._on_close = on_close
        self._ahead: list[tuple[object, ...]] = []
        self._kept: list[bytes] | None = [] if keep else None
        self._keep = keep
        self._is_closed = False

    def next_page(self, size: int) -> Page:
        try:
            self._check()
            rows = self._ahead + list(islice(self._rows, size + 1 - len(self._ahead)))
            encoded = self._encoder.encode(rows[:size])
        except sqlite3.Error as error:
            self._end(has_failed=True)
            raise refusal_of(error, self._refusals) from error
        except BaseException:
            self._end(has_failed=True)
            raise
        self._ahead = rows[size:]
        if self._kept is not None:
            self._kept += encoded
        if not self._ahead:
            if self._keep and self._kept is not None:
                self._keep(self._kept)
            self._end(has_failed=False)
        return encoded, bool(self._ahead)

    def close(self) -> None:
        self._end(has_failed=False)

    def _end(self, *, has_failed: bool) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._on_close(has_failed)


def refusal_of(error: sqlite3.Error, refusals: list[RequestRefused]) -> RequestRefused:
    """What the node says when SQLite fails."""
    text = str(error)
    if text == "interrupted":
        return SqlRefused("50000", CANCELLED)
    if refusals:
        return refusals[-1]
    if text.startswith("UNIQUE constraint failed"):
        return SqlRefused("23000", "Failed to INSERT some keys because they are already in cache")
    if text.startswith("NOT NULL constraint failed"):
        column = text.rpartition(".")[2]
        return SqlRefused("22004", f"Null value is not allowed for column '{column}'")
    return SqlRefused("42000", f"Failed to parse query. {text}")
