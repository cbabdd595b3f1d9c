"""A table: its rows as one request sees them, its indexes kept in step."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

from services.sandbox.tablestore.errors import no_such_table
from services.sandbox.tablestore.limits import Clock
from services.sandbox.tablestore.rows import Row, SortedRows
from services.sandbox.tablestore.schema import Index, KeyColumn, Options, Schema
from services.sandbox.tablestore.values import Key

_DEFINED_AS_KEY = {1: 1, 3: 5, 4: 2, 7: 3}
Changes = dict[Key, Row | None]


class IndexTable:
    """The rows of a secondary index, keyed by its columns and then the rest of the main key."""

    def __init__(self, index: Index, main: Schema) -> None:
        self.index = index
        defined = dict(main.defined)
        key_kinds = {column.name: column.kind for column in main.key}
        names = index.key + [name for name in main.key_names if name not in index.key]
        key = [KeyColumn(name, key_kinds.get(name) or _DEFINED_AS_KEY[defined[name]]) for name in names]
        columns = [(name, defined[name]) for name in index.columns]
        options = Options(main.options.time_to_live, 1, main.options.deviation)
        self.schema = Schema(index.name, key, columns, options, changed_at=main.changed_at)
        self.rows = SortedRows()
        self._main_names = main.key_names

    def follow(self, key: Key, old: Row | None, new: Row | None) -> None:
        """Replaces what the old row left by what the new one gives."""
        for row, is_new in ((old, False), (new, True)):
            found = None if row is None else self._key(key, row)
            if row is not None and found is not None:
                cells = {name: row.cells[name][:1] for name in self.index.columns if name in row.cells}
                self.rows.set(found, Row(cells, row.born) if is_new else None)

    def _key(self, key: Key, row: Row) -> Key | None:
        """The index's key; a row that lacks a column of it, or has another type there, is not in the index."""
        main = dict(zip(self._main_names, key, strict=True))
        found = []
        for column in self.schema.key:
            value = main.get(column.name, row.latest(column.name))
            if type(value) is not column.python_type:
                return None
            found.append(value)
        return tuple(found)


class Table:
    """A table of the instance; the instance's lock is held by whoever calls."""

    def __init__(self, schema: Schema, clock: Clock) -> None:
        self.schema = schema
        self.rows = SortedRows()
        self.indexes: dict[str, IndexTable] = {}
        self.search: dict[str, Any] = {}
        self.version = 0
        self._clock = clock
        self._numbers = count(clock.now() * 1000)

    def next_number(self) -> int:
        """A value for an auto-increment column: unique and rising, not consecutive."""
        return next(self._numbers)

    def add_index(self, index: Index, *, include_rows: bool) -> None:
        """Adds a secondary index, with the rows that are there or without."""
        made = IndexTable(index, self.schema)
        self.indexes[index.name] = made
        if include_rows:
            for key, row in self.rows.items():
                made.follow(key, None, row)

    def apply(self, key: Key, row: Row | None) -> None:
        """Stores a row for everybody; None removes it."""
        if self.indexes:
            old = self.rows.get(key)
            for index in self.indexes.values():
                index.follow(key, old, row)
        self.rows.set(key, row)
        self.version += 1


class View:
    """The rows of a table (or of an index of it) as one request sees them, through a transaction or not."""

    def __init__(self, table: Table, name: str, clock: Clock, changes: Changes | None = None) -> None:
        source: Table | IndexTable = table
        if name != table.schema.name:
            if name not in table.indexes:
                raise no_such_table()
            source = table.indexes[name]
        self.table = table
        self.is_index = source is not table
        self.schema = source.schema
        self._rows = source.rows
        self._changes = changes
        ttl = self.schema.options.time_to_live
        self.oldest = None if ttl < 0 else clock.now() - ttl * 1000

    def get(self, key: Key) -> Row | None:
        """The row with that key, without what has expired."""
        row = self._changes[key] if self._changes is not None and key in self._changes else self._rows.get(key)
        return row if row is None or self.oldest is None else row.alive(self.oldest)

    def set(self, key: Key, row: Row | None) -> None:
        """Stores a row, or removes it with None."""
        if self._changes is None:
            self.table.apply(key, row)
        else:
            self._changes[key] = row

    def rows(self) -> SortedRows:
        """All stored rows, outside of any transaction."""
        return self._rows

    def scan(self, start: Key, end: Key, *, backward: bool) -> Iterator[tuple[Key, Row | bytes | None]]:
        """Keys and rows from `start` (in) to `end` (out); an expired row is None, a packed one its bytes."""
        if self._changes:
            yield from self._scan_changed(start, end, backward=backward)
            return
        keys, values = self._rows.keys, self._rows.values
        for place in self._rows.places(start, end, backward=backward):
            value = values[place]
            yield keys[place], value if self.oldest is None else self._rows.row_at(place).alive(self.oldest)

    def packed(self, start: Key, end: Key, count: int, *, backward: bool) -> tuple[list[bytes], Key | None] | None:
        """The first rows of a range and the key behind them, when all are packed and none can expire; else None."""
        if self._changes or self.oldest is not None:
            return None
        places = self._rows.places(start, end, backward=backward)
        values = [self._rows.values[place] for place in places[:count]]
        packed = [value for value in values if isinstance(value, bytes)]
        if len(packed) < len(values):
            return None
        return packed, self._rows.keys[places[count]] if len(places) > count else None

    def _scan_changed(self, start: Key, end: Key, *, backward: bool) -> Iterator[tuple[Key, Row | bytes | None]]:
        changes = self._changes or {}
        keys = {self._rows.keys[place] for place in self._rows.places(start, end, backward=backward)}
        low, high = (end, start) if backward else (start, end)
        for key in changes:
            if (low < key <= high) if backward else (low <= key < high):
                keys.add(key)
        for key in sorted(keys, reverse=backward):
            if key not in changes or changes[key] is not None:
                yield key, self.get(key)
