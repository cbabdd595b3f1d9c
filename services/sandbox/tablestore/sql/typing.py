"""The types of a statement's result columns, as far as the statement alone tells them."""

from __future__ import annotations

from typing import Any

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify

from services.sandbox.tablestore.sql.answers import BINARY, BOOLEAN, DOUBLE, LONG, NONE, STRING

_NAMES = {LONG: "BIGINT", DOUBLE: "DOUBLE", BOOLEAN: "BOOLEAN", STRING: "TEXT", BINARY: "BLOB"}
_KINDS = {
    **dict.fromkeys(("BIGINT", "INT", "SMALLINT", "UBIGINT"), LONG),
    **dict.fromkeys(("TINYINT", "BOOLEAN"), BOOLEAN),
    **dict.fromkeys(("DOUBLE", "FLOAT", "DECIMAL"), DOUBLE),
    **dict.fromkeys(("TEXT", "VARCHAR", "CHAR", "MEDIUMTEXT", "NCHAR", "NVARCHAR"), STRING),
    **dict.fromkeys(("BLOB", "VARBINARY", "BINARY", "MEDIUMBLOB"), BINARY),
}


def result_kinds(statement: exp.Query, tables: dict[str, dict[str, int]]) -> list[int]:
    """The kind of each result column, `NONE` where nothing is known; empty when the statement cannot be resolved."""
    schema: dict[str, object] = {
        table: {name: _NAMES[kind] for name, kind in columns.items()} for table, columns in tables.items()
    }
    try:
        qualified = qualify(statement.copy(), schema=schema, dialect="mysql", validate_qualify_columns=False)
        annotated = annotate_types(qualified, schema=schema, dialect="mysql")
    except (SqlglotError, RecursionError, ValueError):
        return []
    return [_kind(column) for column in getattr(annotated, "selects", ())]


def _kind(column: Any) -> int:
    kind = column.type
    name = kind.this.name if kind is not None and isinstance(kind.this, exp.DataType.Type) else ""
    return _KINDS.get(name, NONE)
