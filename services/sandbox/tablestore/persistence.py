"""The instance's tables on disk, from an orderly end to the next start.

`instance.json` describes the tables, `NAME.rows` holds each one's rows: for each 12 bytes (its length, when it was
written last) and the row in PlainBuffer form with all versions.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from services.sandbox.tablestore.instance import Instance
from services.sandbox.tablestore.messages import search_pb
from services.sandbox.tablestore.plainbuffer import read_bound, unpack_row, write_value
from services.sandbox.tablestore.rows import Row, read_written, write_cells
from services.sandbox.tablestore.schema import Index, KeyColumn, Options, Schema
from services.sandbox.tablestore.search.documents import SearchIndex
from services.sandbox.tablestore.sql.engine import SqlEngine
from services.sandbox.tablestore.sql.mapping import Mapping
from services.sandbox.tablestore.table import Table

STATE_FILE = "instance.json"
_HEAD = struct.Struct("<iq")
# Written in place of the time for rows that came packed and stay so.
_PACKED = -1


def save(instance: Instance, directory: Path) -> None:
    """Writes everything aside and renames it, the description last."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, table in instance.tables.items():
        _write(directory / f"{name}.rows", _records(table))
    mappings = {} if instance.sql is None else {name: vars(one) for name, one in instance.sql.mappings.items()}
    state = {"tables": [_described(table) for table in instance.tables.values()], "mappings": mappings}
    _write(directory / STATE_FILE, iter([json.dumps(state).encode()]))


def _write(path: Path, parts: Iterator[bytes]) -> None:
    aside = path.with_suffix(".new")
    with aside.open("wb") as file:
        file.writelines(parts)
    os.replace(aside, path)


def _records(table: Table) -> Iterator[bytes]:
    names = table.schema.key_names
    for key, row in zip(table.rows.keys, table.rows.values, strict=True):
        if isinstance(row, bytes):
            yield _HEAD.pack(len(row), _PACKED) + row
        else:
            data = write_cells(names, key, sorted(row.cells.items()))
            yield _HEAD.pack(len(data), row.born) + data


def _described(table: Table) -> dict[str, Any]:
    schema = table.schema
    return {
        **{name: value for name, value in vars(schema).items() if name not in {"key", "options", "split_points"}},
        "key": [vars(column) for column in schema.key],
        "options": vars(schema.options),
        "split_points": [write_value(point).hex() for point in schema.split_points],
        "indexes": [vars(one.index) for one in table.indexes.values()],
        "search": [{**vars(one), "schema": one.schema.SerializeToString().hex()} for one in table.search.values()],
    }


def load(instance: Instance, directory: Path) -> bool:
    """Takes up what was saved; says whether there was anything."""
    path = directory / STATE_FILE
    if not path.exists():
        return False
    state = json.loads(path.read_bytes())
    for described in state["tables"]:
        table = _table(described, instance)
        for key, row in _read(directory / f"{table.schema.name}.rows"):
            table.rows.keys.append(key)
            table.rows.values.append(row)
        for index in described["indexes"]:
            table.add_index(Index(**index), include_rows=True)
        instance.tables[table.schema.name] = table
    instance.sql = SqlEngine(instance)
    instance.sql.mappings = {name: Mapping(**one) for name, one in state["mappings"].items()}
    return True


def _table(described: dict[str, Any], instance: Instance) -> Table:
    fields = {name: value for name, value in described.items() if name not in {"indexes", "search"}}
    schema = Schema(
        **{
            **fields,
            "key": [KeyColumn(**column) for column in described["key"]],
            "defined": [tuple(column) for column in described["defined"]],
            "options": Options(**described["options"]),
            "split_points": [read_bound(bytes.fromhex(point)) for point in described["split_points"]],
        }
    )
    table = Table(schema, instance.clock)
    for one in described["search"]:
        message = search_pb().IndexSchema.FromString(bytes.fromhex(one["schema"]))
        table.search[one["name"]] = SearchIndex(**{**one, "schema": message})
    return table


def _read(path: Path) -> Iterator[tuple[tuple[Any, ...], Row | bytes]]:
    with path.open("rb") as file:
        while head := file.read(_HEAD.size):
            size, born = _HEAD.unpack(head)
            data = file.read(size)
            row: Row | bytes = data
            if born != _PACKED:
                row = read_written(data)
                row.born = born
            yield tuple(unpack_row(data)[0]), row
