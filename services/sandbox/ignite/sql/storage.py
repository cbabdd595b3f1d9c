"""A cache whose entries are the rows of a SQL table."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from services.sandbox.ignite.binary_types import complex_object
from services.sandbox.ignite.caches import Cache, Entry
from services.sandbox.ignite.config import CacheConfig, Expiry
from services.sandbox.ignite.errors import RequestRefused
from services.sandbox.ignite.hashes import name_id
from services.sandbox.ignite.objects import COMPLEX, sent
from services.sandbox.ignite.sql import convert
from services.sandbox.ignite.sql.convert import Kept, kept_of
from services.sandbox.ignite.sql.plan_text import quote
from services.sandbox.ignite.sql.schema import Column, Table
from services.sandbox.ignite.sql.types import DATE, encoder_of

if TYPE_CHECKING:
    from services.sandbox.ignite.sql.engine import Engine

_BATCH = 2048


class TableCache(Cache):
    """Reads and writes rows as key and value objects; the table is the only copy."""

    def __init__(self, config: CacheConfig, table: Table, engine: Engine) -> None:
        super().__init__(config)
        self.table = table
        self._engine = engine

    def register_types(self) -> None:
        """Makes the binary types of key and value known, with the schema of today's columns."""
        table, binary = self.table, self._engine.cluster.binary
        if table.has_key_object:
            binary.register(table.key_type, _codes(table.key_columns), table.affinity)
        if table.has_value_object:
            binary.register(table.value_type, _codes(table.value_columns))

    def key_of(self, values: Sequence[object]) -> bytes:
        """The stored key of a row from its key columns' values."""
        table = self.table
        return self._object(table.key_type, table.has_key_object, table.key_columns, values)

    def value_of(self, values: Sequence[object]) -> bytes:
        """The stored value of a row from its value columns' values."""
        table = self.table
        return self._object(table.value_type, table.has_value_object, table.value_columns, values)

    def _object(self, name: str, is_object: bool, columns: list[Column], values: Sequence[object]) -> bytes:
        return next(iter(self._objects(name, is_object, columns, [tuple(values)])))

    def _objects(
        self, name: str, is_object: bool, columns: list[Column], rows: Sequence[tuple[object, ...]]
    ) -> Iterable[bytes]:
        """The key (or value) objects of many rows, encoded a column at a time."""
        clock = self._engine.clock
        cells = zip(*rows, strict=True)
        encoded = [encoder_of(column.kind)(clock, cell) for column, cell in zip(columns, cells, strict=True)]
        if not is_object:
            return encoded[0]
        type_id, ids = name_id(name), [name_id(column.field_name) for column in columns]
        return (complex_object(type_id, ids, fields) for fields in zip(*encoded, strict=True))

    def get(self, key: bytes, expiry: Expiry | None = None) -> bytes | None:
        values = self._key_values(key)
        if values is None:
            return None
        columns = ", ".join(quote(column.name) for column in self.table.value_columns)
        row = self._execute(f"SELECT {columns} FROM {self._name} WHERE {self._key_test}", values).fetchone()
        return None if row is None else sent(self.value_of(row))

    def put(self, key: bytes, value: bytes, expiry: Expiry | None = None) -> None:
        keys = self._key_values(key)
        if keys is None:
            raise RequestRefused(f"The key does not fit the key type {self.table.key_type} of table {self.table.name}")
        columns = [*self.table.key_columns, *self.table.value_columns]
        values = [*keys, *self._value_values(value)]
        kept = [
            convert.keep(item, column.kind.name, column.kind.java, column.name, column.precision, column.scale)
            for column, item in zip(columns, values, strict=True)
        ]
        names = ", ".join(quote(column.name) for column in columns)
        places = ", ".join("?" * len(columns))
        self._execute(f"INSERT OR REPLACE INTO {self._name} ({names}) VALUES ({places})", kept)
        self._engine.changed()

    def remove(self, key: bytes) -> bool:
        values = self._key_values(key)
        if values is None:
            return False
        count = self._execute(f"DELETE FROM {self._name} WHERE {self._key_test}", values).rowcount
        self._engine.changed()
        return count > 0

    def rows(self) -> Iterator[Entry]:
        """Rows in batches over an own connection, so that a scan sees one state of the table."""
        table, database = self.table, self._engine.pool.take()
        keys, values = table.key_columns, table.value_columns
        columns = ", ".join(quote(column.name) for column in (*keys, *values))
        try:
            cursor = database.execute(f"SELECT {columns} FROM {self._name}")
            while batch := cursor.fetchmany(_BATCH):
                key_rows, value_rows = [row[: len(keys)] for row in batch], [row[len(keys) :] for row in batch]
                key_objects = self._objects(table.key_type, table.has_key_object, keys, key_rows)
                value_objects = self._objects(table.value_type, table.has_value_object, values, value_rows)
                yield from zip(map(sent, key_objects), map(sent, value_objects), strict=True)
        finally:
            self._engine.pool.give_back(database)

    def stored_keys(self) -> list[bytes]:
        columns = ", ".join(quote(column.name) for column in self.table.key_columns)
        return [self.key_of(row) for row in self._execute(f"SELECT {columns} FROM {self._name}").fetchall()]

    def size(self) -> int:
        return int(self._execute(f"SELECT COUNT(*) FROM {self._name}").fetchone()[0])

    def clear(self) -> None:
        self._execute(f"DELETE FROM {self._name}")
        self._engine.changed()

    @property
    def _name(self) -> str:
        return quote(self.table.storage)

    @property
    def _key_test(self) -> str:
        return " AND ".join(f"{quote(column.name)} = ?" for column in self.table.key_columns)

    def _execute(self, sql: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        return self._engine.direct.execute(sql, tuple(values))

    def _key_values(self, key: bytes) -> list[Kept] | None:
        """The key columns' values; None for a key of another type, which no row can have."""
        table = self.table
        if table.has_key_object:
            return self._fields(key, table.key_type, table.key_columns)
        fits = key[0] == table.key_columns[0].kind.code
        return [kept_of(key, self._engine.clock)] if fits else None

    def _value_values(self, value: bytes) -> list[Kept]:
        table = self.table
        if not table.has_value_object:
            return [kept_of(value, self._engine.clock)]
        found = self._fields(value, table.value_type, table.value_columns)
        if found is None:
            raise RequestRefused(f"The value is not of the type {table.value_type} of table {table.name}")
        return found

    def _fields(self, data: bytes, type_name: str, columns: list[Column]) -> list[Kept] | None:
        if data[0] != COMPLEX or data[4:8] != name_id(type_name).to_bytes(4, "little", signed=True):
            return None
        fields = self._engine.cluster.binary.fields_of(data)
        ids = [name_id(column.field_name) for column in columns]
        return [kept_of(fields[i], self._engine.clock) if i in fields else None for i in ids]


def _codes(columns: list[Column]) -> dict[str, int]:
    return {column.field_name: COMPLEX if column.kind is DATE else column.kind.code for column in columns}
