"""The rows of the SYS schema's views, and how they reach SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.sandbox.ignite.cluster import Node
from services.sandbox.ignite.sql import types
from services.sandbox.ignite.sql.plan_text import quote
from services.sandbox.ignite.sys_columns import columns_of
from services.sandbox.ignite.sys_rows import NODE_ROWS, Row
from services.sandbox.ignite.sys_sql_rows import SQL_ROWS

if TYPE_CHECKING:
    from services.sandbox.ignite.sql.database import Database
    from services.sandbox.ignite.sql.engine import Engine

_ROWS = NODE_ROWS | SQL_ROWS


def rows_of(name: str, engine: Engine, node: Node) -> list[Row]:
    """The rows of a view; empty where nothing fits."""
    rows = _ROWS.get(name)
    if rows is None:
        return []
    with engine.cluster.lock:
        return list(rows(engine, node))


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
