"""Rows with versions, kept in the order of their keys."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from services.sandbox.tablestore.plainbuffer import join_row, unpack_row, write_cell
from services.sandbox.tablestore.values import Key, Value, value_bytes

Versions = list[tuple[int, Value]]
Cells = dict[str, Versions]


class Row:
    """A row: for each column its versions, the newest first. It is not changed once it is stored.

    `born` is when it was written last, in ms; it keeps a row without columns alive until the time to live is over.
    """

    __slots__ = ("_written", "born", "cells")

    def __init__(self, cells: Cells, born: int) -> None:
        self.cells = cells
        self.born = born
        self._written: bytes | None = None

    def copied(self) -> Row:
        """A copy whose versions can be changed."""
        return Row({name: list(versions) for name, versions in self.cells.items()}, self.born)

    def latest(self, name: str) -> Value | None:
        """The newest value of a column, or None."""
        versions = self.cells.get(name)
        return versions[0][1] if versions else None

    def put(self, name: str, timestamp: int, value: Value, max_versions: int) -> None:
        """Sets one version and drops those beyond the limit; -1 is no limit."""
        kept = [version for version in self.cells.get(name, ()) if version[0] != timestamp]
        kept.append((timestamp, value))
        kept.sort(key=_time, reverse=True)
        self.cells[name] = kept if max_versions < 0 else kept[:max_versions]

    def drop(self, name: str, timestamp: int | None = None) -> None:
        """Drops one version of a column, or all of them."""
        kept = [version for version in self.cells.get(name, ()) if timestamp is not None and version[0] != timestamp]
        if kept:
            self.cells[name] = kept
        else:
            self.cells.pop(name, None)

    def alive(self, oldest: int) -> Row | None:
        """What is left of it when versions before `oldest` are gone."""
        cells = {name: left for name, all_ in self.cells.items() if (left := [one for one in all_ if one[0] >= oldest])}
        return Row(cells, self.born) if cells or self.born >= oldest else None

    def written(self, names: Sequence[str], key: Key) -> bytes:
        """Its PlainBuffer form with the newest versions, kept for the next reader."""
        if self._written is None:
            self._written = write_cells(names, key, ((n, v[:1]) for n, v in sorted(self.cells.items())))
        return self._written

    def size(self) -> int:
        """Bytes of names and values of all versions."""
        return sum(len(name) * len(vs) + sum(value_bytes(v) + 8 for _, v in vs) for name, vs in self.cells.items())


def _time(version: tuple[int, Value]) -> int:
    return version[0]


def write_cells(names: Sequence[str], key: Key, cells: Iterable[tuple[str, Versions]]) -> bytes:
    """A row in PlainBuffer form, without the header."""
    return join_row(
        [write_cell(name, value) for name, value in zip(names, key, strict=True)],
        (write_cell(name, value, time) for name, versions in cells for time, value in versions),
    )


def read_written(data: bytes) -> Row:
    """A row from its PlainBuffer form."""
    cells: Cells = {}
    for name, time, value in unpack_row(data)[1]:
        cells.setdefault(name, []).append((time, value))
    return Row(cells, max((versions[0][0] for versions in cells.values()), default=0))


class SortedRows:
    """Rows by key. A row may be held in its PlainBuffer form: large tables are loaded and read so."""

    __slots__ = ("keys", "values")

    def __init__(self) -> None:
        self.keys: list[Key] = []
        self.values: list[Row | bytes] = []

    def __len__(self) -> int:
        return len(self.keys)

    def get(self, key: Key) -> Row | None:
        """The row with that key."""
        place = bisect_left(self.keys, key)
        if place == len(self.keys) or self.keys[place] != key:
            return None
        return self.row_at(place)

    def row_at(self, place: int) -> Row:
        """The row at a place in key order."""
        value = self.values[place]
        return read_written(value) if isinstance(value, bytes) else value

    def set(self, key: Key, row: Row | None) -> None:
        """Stores a row, or removes it with None."""
        place = bisect_left(self.keys, key)
        is_there = place < len(self.keys) and self.keys[place] == key
        if row is None:
            if is_there:
                del self.keys[place], self.values[place]
        elif is_there:
            self.values[place] = row
        else:
            self.keys.insert(place, key)
            self.values.insert(place, row)

    def places(self, start: Key, end: Key, *, backward: bool) -> range:
        """The places from `start` (in) to `end` (out) in that direction."""
        if backward:
            # The start is the upper end and belongs to the range, the end does not.
            low = bisect_left(self.keys, end)
            high = bisect_left(self.keys, start)
            low += low < len(self.keys) and self.keys[low] == end
            high += high < len(self.keys) and self.keys[high] == start
            return range(high - 1, low - 1, -1)
        return range(bisect_left(self.keys, start), bisect_left(self.keys, end))

    def items(self) -> Iterator[tuple[Key, Row]]:
        """All keys and rows in order."""
        for place, key in enumerate(self.keys):
            yield key, self.row_at(place)
