"""The SYS schema: the columns of its views, and how their rows reach SQLite."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from services.sandbox.ignite.cluster import Node
from services.sandbox.ignite.sql import types
from services.sandbox.ignite.sql.plan_text import quote
from services.sandbox.ignite.sql.scope import Output
from services.sandbox.ignite.sql.types import SqlType
from services.sandbox.ignite.sys_rows import rows_of

if TYPE_CHECKING:
    from services.sandbox.ignite.sql.database import Database
    from services.sandbox.ignite.sql.engine import Engine

_KINDS: dict[str, SqlType] = {
    "boolean": types.BOOLEAN,
    "byte": types.TINYINT,
    "int": types.INTEGER,
    "Integer": types.INTEGER,
    "long": types.BIGINT,
    "Long": types.BIGINT,
    "float": types.REAL,
    "double": types.DOUBLE,
    "UUID": types.UUID_TYPE,
    "Date": types.TIMESTAMP,
    "Timestamp": types.TIMESTAMP,
}


@cache
def all_views() -> dict[str, list[tuple[Output, str]]]:
    """Every view with its columns in order: the output, and the Java type the node names."""
    views: dict[str, list[tuple[Output, str]]] = {}
    columns: list[tuple[Output, str]] = []
    for line in Path(__file__).with_name("sys_views.txt").read_text("utf-8").splitlines():
        if line.startswith(" "):
            name, java = line.split()
            columns.append((Output(name, _KINDS.get(java, types.VARCHAR)), java))
        else:
            columns = views[line] = []
    return views


def columns_of(name: str) -> list[Output] | None:
    """The columns of a view, or None when there is no such view."""
    found = all_views().get(name)
    return None if found is None else [output for output, _ in found]


def fill(database: Database, name: str, engine: Engine, node: Node) -> None:
    """Puts today's rows of a view, as the answering node sees them, into a temporary table."""
    outputs = columns_of(name) or []
    table = f"temp.{quote(f'SYS.{name}')}"
    columns = ", ".join(f"{quote(o.name)} {(o.kind or types.VARCHAR).declaration}" for o in outputs)
    database.execute(f"DROP TABLE IF EXISTS {table}")
    database.execute(f"CREATE TEMP TABLE {quote(f'SYS.{name}')} ({columns})")
    places = ", ".join("?" * len(outputs))
    rows = [tuple(row.get(output.name) for output in outputs) for row in rows_of(name, engine, node)]
    database.connection.executemany(f"INSERT INTO {table} VALUES ({places})", rows)
