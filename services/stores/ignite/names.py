"""Names and paths of an Ignite cluster: schemas and tables, caches, views of the cluster."""

from __future__ import annotations

import re
from typing import Final

from services.errors import UsageError
from services.stores.changes import Path

SQL: Final = "sql"
CACHES: Final = "caches"
CLUSTER: Final = "cluster"
SYSTEM_SCHEMA: Final = "SYS"
CLUSTER_VIEWS: Final = ("nodes", "caches", "queries", "transactions")
HIDDEN_COLUMNS: Final = ("_KEY", "_VAL")
_QUOTED_SCHEMA: Final = re.compile(r'"((?:[^"]|"")+)"(?:/(.+))?', re.DOTALL)


def quoted(name: str) -> str:
    """An SQL identifier with its exact case."""
    return '"' + name.replace('"', '""') + '"'


def parse_address(text: str) -> Path:
    """The path of an address: a cache name, `sql:SCHEMA`, `sql:SCHEMA/TABLE`, `cluster:VIEW`.

    `cache:NAME` is a cache whose own name looks like one of the others; a schema with a slash stands in double quotes.
    """
    if not text:
        return ()
    word, _, rest = text.partition(":")
    if word == "cluster" and rest in CLUSTER_VIEWS:
        return (CLUSTER, rest)
    if word == "cache" and rest:
        return (CACHES, rest)
    if word != "sql" or text == word:
        return (CACHES, text)
    quoted_schema = _QUOTED_SCHEMA.fullmatch(rest)
    if quoted_schema:
        schema, table = quoted_schema[1].replace('""', '"'), quoted_schema[2] or ""
    else:
        schema, _, table = rest.partition("/")
    return (SQL, schema, table) if table else (SQL, schema)


def format_address(path: Path) -> str:
    """The address that `parse_address` reads as this path; empty for the root.

    Raises:
        UsageError: there is none.
    """
    for text in _candidates(path):
        if parse_address(text) == tuple(path):
            return text
    raise UsageError(f"{'/'.join(path)}: has no address", hint="Caches, schemas, tables and views have one.")


def _candidates(path: Path) -> tuple[str, ...]:
    match path:
        case ():
            return ("",)
        case (kind, name) if kind == CACHES:
            return name, f"cache:{name}"
        case (kind, schema, *table) if kind == SQL:
            end = "/".join(["", *table])
            return f"sql:{schema}{end}", f"sql:{quoted(schema)}{end}"
        case (kind, view) if kind == CLUSTER:
            return (f"cluster:{view}",)
    return ()


def is_table(path: Path) -> bool:
    """Whether the path names an SQL table or view."""
    return len(path) == 3 and path[0] == SQL


def is_cache(path: Path) -> bool:
    """Whether the path names a cache."""
    return len(path) == 2 and path[0] == CACHES


def is_cluster_view(path: Path) -> bool:
    """Whether the path names a view of the cluster."""
    return len(path) == 2 and path[0] == CLUSTER


SQL_TYPES: Final = {
    "java.lang.Integer": "INT",
    "int": "INT",
    "java.lang.Long": "BIGINT",
    "long": "BIGINT",
    "java.lang.Short": "SMALLINT",
    "short": "SMALLINT",
    "java.lang.Byte": "TINYINT",
    "byte": "TINYINT",
    "java.lang.Boolean": "BOOLEAN",
    "boolean": "BOOLEAN",
    "java.lang.Double": "DOUBLE",
    "double": "DOUBLE",
    "java.lang.Float": "REAL",
    "float": "REAL",
    "java.math.BigDecimal": "DECIMAL",
    "java.lang.String": "VARCHAR",
    "java.sql.Date": "DATE",
    "java.sql.Time": "TIME",
    "java.sql.Timestamp": "TIMESTAMP",
    "java.util.Date": "TIMESTAMP",
    "java.util.UUID": "UUID",
    "[B": "BINARY",
}
"""Java classes, as SYS.TABLE_COLUMNS names them, to the SQL type that declares them."""


def sql_type(java_class: str, precision: int, scale: int) -> str:
    """A column's type as SQL declares it, such as `DECIMAL(10, 2)`; a class that SQL lacks stays its name."""
    word = SQL_TYPES.get(java_class)
    if word is None:
        return java_class
    if word == "DECIMAL" and precision > 0:
        return f"{word}({precision}, {max(scale, 0)})"
    if word == "VARCHAR" and 0 < precision < 2**31 - 1:
        return f"{word}({precision})"
    return word
