"""Mapping tables: which columns of which table SQL sees, and as what types."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from services.sandbox.tablestore.errors import already_there, invalid, no_such_table
from services.sandbox.tablestore.instance import Instance
from services.sandbox.tablestore.rows import Row
from services.sandbox.tablestore.schema import Schema
from services.sandbox.tablestore.sql.answers import BINARY, BOOLEAN, DOUBLE, LONG, STRING
from services.sandbox.tablestore.values import Key

KINDS = {
    "BIGINT": LONG, "INT": LONG, "DOUBLE": DOUBLE, "BOOLEAN": BOOLEAN, "TINYINT": BOOLEAN, "VARCHAR": STRING,
    "TEXT": STRING, "MEDIUMTEXT": STRING, "VARBINARY": BINARY, "BLOB": BINARY, "MEDIUMBLOB": BINARY,
}  # fmt: skip
NAMES = {LONG: "bigint(20)", DOUBLE: "double", BOOLEAN: "tinyint(1)", STRING: "mediumtext", BINARY: "mediumblob"}
_KEY_NAMES = {STRING: "varchar(1024)", BINARY: "varbinary(1024)"}
_PYTHON = {LONG: int, DOUBLE: float, BOOLEAN: bool, STRING: str, BINARY: bytes}
_KEY_SQL = {1: LONG, 2: STRING, 3: BINARY, 5: BOOLEAN}
_SEARCH = re.compile(r"ENGINE_ATTRIBUTE\s*=\s*'(\{.*\})'", re.IGNORECASE | re.DOTALL)


@dataclass
class Mapping:
    """A mapping table: its columns with their SQL kinds, over a table and maybe a search index of it."""

    name: str
    table: str
    columns: dict[str, int]
    search_index: str = ""

    def values(self, names: list[str], key: Key, row: Row) -> list[Any]:
        """What SQL sees of a row: NULL for what is missing or of another type."""
        keyed = dict(zip(names, key, strict=True))
        seen = []
        for name, kind in self.columns.items():
            value = keyed.get(name, row.latest(name))
            seen.append(value if type(value) is _PYTHON[kind] else None)
        return seen

    def described(self, schema: Schema) -> list[tuple[str, str, str, str, None, str]]:
        """The rows of DESCRIBE."""
        keys = set(schema.key_names)
        return [
            (name, _type_name(kind, name in keys), "NO" if name in keys else "YES", "PRI" * (name in keys), None, "")
            for name, kind in self.columns.items()
        ]


def _type_name(kind: int, is_key: bool) -> str:
    return _KEY_NAMES.get(kind, NAMES[kind]) if is_key else NAMES[kind]


def make_mapping(statement: exp.Create, query: str, mappings: dict[str, Mapping], instance: Instance) -> None:
    """CREATE TABLE: a mapping over a table that is there, with its whole key.

    Raises:
        OtsError: the table, a column or a type is not as the mapping says.
    """
    schema = statement.this
    if not isinstance(schema, exp.Schema):
        raise invalid("CREATE TABLE takes a list of columns.")
    name = schema.this.name
    if name in mappings:
        if statement.args.get("exists"):
            return
        raise already_there(f"mapping table {name}")
    columns = {part.name: _kind(part) for part in schema.expressions if isinstance(part, exp.ColumnDef)}
    table, search_index = _source(query, name)
    if table not in instance.tables:
        raise no_such_table(f"table {table}")
    if search_index and search_index not in instance.tables[table].search:
        raise no_such_table("index")
    _check_key(instance.tables[table].schema, columns)
    mappings[name] = Mapping(name, table, columns, search_index)


def _source(query: str, name: str) -> tuple[str, str]:
    """The table and the search index that a mapping is over."""
    found = _SEARCH.search(query)
    if found is None:
        return name, ""
    try:
        attribute = json.loads(found[1])
        return str(attribute["table_name"]), str(attribute["index_name"])
    except (ValueError, KeyError, TypeError) as error:
        raise invalid("ENGINE_ATTRIBUTE needs index_name and table_name in JSON.") from error


def _check_key(schema: Schema, columns: dict[str, int]) -> None:
    for column in schema.key:
        if column.name not in columns:
            raise invalid(f"The mapping lacks primary key column {column.name}.")
        if columns[column.name] != _KEY_SQL[column.kind]:
            raise invalid(f"Column {column.name} has another type in the table.")
    for name, kind in schema.defined:
        wanted = {1: LONG, 2: DOUBLE, 3: BOOLEAN, 4: STRING, 7: BINARY}[kind]
        if columns.get(name, wanted) != wanted:
            raise invalid(f"Column {name} has another type in the table.")


def _kind(column: exp.ColumnDef) -> int:
    kind = column.args.get("kind")
    name = kind.this.name if isinstance(kind, exp.DataType) and isinstance(kind.this, exp.DataType.Type) else ""
    if name not in KINDS:
        raise invalid(
            f"Column {column.name}: the type is none of BIGINT, DOUBLE, BOOL, VARCHAR, MEDIUMTEXT, MEDIUMBLOB."
        )
    return KINDS[name]


def alter_mapping(statement: exp.Alter, mappings: dict[str, Mapping]) -> None:
    """ALTER TABLE: adds or drops attribute columns of a mapping."""
    mapping = mappings.get(statement.this.name)
    if mapping is None:
        raise no_such_table(f"mapping table {statement.this.name}")
    for action in statement.args.get("actions", ()):
        if isinstance(action, exp.ColumnDef):
            mapping.columns[action.name] = _kind(action)
        elif isinstance(action, exp.Drop) and action.this.name in mapping.columns:
            del mapping.columns[action.this.name]
        else:
            raise invalid("ALTER TABLE adds or drops a column of the mapping.")
