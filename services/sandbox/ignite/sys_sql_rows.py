"""The rows of the system views about SQL: schemas, tables, columns, indexes, queries."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from services.sandbox.ignite.caches import Cache
from services.sandbox.ignite.cluster import Node
from services.sandbox.ignite.hashes import string_hash
from services.sandbox.ignite.sql.schema import Table
from services.sandbox.ignite.sys_columns import all_views
from services.sandbox.ignite.sys_rows import Row, Rows, moment

if TYPE_CHECKING:
    from services.sandbox.ignite.sql.engine import Engine


def _schemas(engine: Engine, node: Node) -> Iterable[Row]:
    items = engine.catalog.schemas.items()
    return ({"SCHEMA_NAME": name, "PREDEFINED": int(is_predefined)} for name, is_predefined in items)


def _cache_columns(engine: Engine, table: Table) -> Row:
    cache: Cache | None = engine.cluster.cache_named(table.cache_name)
    group = table.cache_name if cache is None else cache.config.group_name
    return {
        "CACHE_GROUP_ID": string_hash(group), "CACHE_GROUP_NAME": group, "CACHE_NAME": table.cache_name,
        "CACHE_ID": string_hash(table.cache_name), "SCHEMA_NAME": table.schema, "TABLE_NAME": table.name,
    }  # fmt: skip


def _tables(engine: Engine, node: Node) -> Iterable[Row]:
    for table in engine.catalog.tables:
        yield _cache_columns(engine, table) | {
            "AFFINITY_KEY_COLUMN": table.affinity,
            "KEY_ALIAS": None if table.has_key_object else table.key[0],
            "VALUE_ALIAS": None if table.has_value_object else table.value_columns[0].name,
            "KEY_TYPE_NAME": table.key_type, "VALUE_TYPE_NAME": table.value_type,
            "IS_INDEX_REBUILD_IN_PROGRESS": 0,
        }  # fmt: skip


def _table_columns(engine: Engine, node: Node) -> Iterable[Row]:
    """The declared columns, and the bare key and value that every table has."""
    for table in engine.catalog.tables:
        base: Row = {
            "TABLE_NAME": table.name, "SCHEMA_NAME": table.schema, "AFFINITY_COLUMN": 0, "AUTO_INCREMENT": 0,
            "NULLABLE": 0, "PK": 0, "PRECISION": -1, "SCALE": -1,
        }  # fmt: skip
        key_java = "java.lang.Object" if table.has_key_object else table.key_type
        value_java = "java.lang.Object" if table.has_value_object else table.value_type
        yield base | {"COLUMN_NAME": "_VAL", "TYPE": value_java}
        is_affinity = int(not table.has_key_object)
        yield base | {"COLUMN_NAME": "_KEY", "TYPE": key_java, "PK": 1, "AFFINITY_COLUMN": is_affinity}
        for column in table.visible_columns:
            if column.is_hidden:
                continue
            yield base | {
                "COLUMN_NAME": column.name, "AFFINITY_COLUMN": int(column.name == table.affinity),
                "DEFAULT_VALUE": None if column.default is None else str(column.default),
                "NULLABLE": int(column.is_nullable), "PK": int(column.name in table.key),
                "PRECISION": column.precision, "SCALE": column.scale, "TYPE": column.kind.java,
            }  # fmt: skip


def _indexes(engine: Engine, node: Node) -> Iterable[Row]:
    for table in engine.catalog.tables:
        base = _cache_columns(engine, table) | {"INDEX_TYPE": "SORTED", "IS_PK": 0, "IS_UNIQUE": 0}
        keys = ", ".join(f'"{name}" ASC' for name in (table.key if table.has_key_object else ["_KEY"]))
        yield base | {"INDEX_NAME": "_key_PK", "COLUMNS": keys, "IS_PK": 1, "IS_UNIQUE": 1, "INLINE_SIZE": 10}
        if table.affinity:
            columns = [table.affinity, *(name for name in table.key if name != table.affinity)]
            text = ", ".join(f'"{name}" ASC' for name in columns)
            yield base | {"INDEX_NAME": "AFFINITY_KEY", "COLUMNS": text, "INLINE_SIZE": 10}
        for index in table.indexes.values():
            text = ", ".join(f'"{name}" {"DESC" if down else "ASC"}' for name, down in index.columns)
            yield base | {
                "INDEX_NAME": index.name, "COLUMNS": f"{text}, {keys}", "INLINE_SIZE": index.inline_size
            }  # fmt: skip


def _views(engine: Engine, node: Node) -> Iterable[Row]:
    for name in all_views():
        yield {"SCHEMA": "SYS", "NAME": name, "SQL": None, "DESCRIPTION": "System view"}
    for view in engine.catalog.views:
        yield {"SCHEMA": view.schema, "NAME": view.name, "SQL": view.query, "DESCRIPTION": None}


def _view_columns(engine: Engine, node: Node) -> Iterable[Row]:
    base: Row = {"NULLABLE": 1, "PRECISION": -1, "SCALE": -1}
    for name, columns in all_views().items():
        for output, _ in columns:
            kind = output.kind.java if output.kind else "java.lang.String"
            yield base | {"COLUMN_NAME": output.name, "VIEW_NAME": name, "SCHEMA_NAME": "SYS", "TYPE": kind}
    for view in engine.catalog.views:
        for column in view.columns:
            yield base | {
                "COLUMN_NAME": column.name, "VIEW_NAME": view.name, "SCHEMA_NAME": view.schema,
                "TYPE": column.kind.java,
            }  # fmt: skip


def _sql_queries(engine: Engine, node: Node) -> Iterable[Row]:
    for run in engine.queries[node.order].running():
        yield {
            "QUERY_ID": run.query_id, "SQL": run.sql, "ORIGIN_NODE_ID": str(node.node_id),
            "START_TIME": moment(engine, run.started), "DURATION": int((time.time() - run.started) * 1000),
            "INITIATOR_ID": run.initiator, "LOCAL": int(run.is_local), "SCHEMA_NAME": run.schema,
        }  # fmt: skip


def _history(engine: Engine, node: Node) -> Iterable[Row]:
    for past in engine.queries[node.order].history():
        yield {
            "SCHEMA_NAME": past.schema, "SQL": past.sql, "LOCAL": int(past.is_local),
            "EXECUTIONS": past.executions, "FAILURES": past.failures, "DURATION_MIN": past.shortest_ms,
            "DURATION_MAX": past.longest_ms, "LAST_START_TIME": moment(engine, past.last_start),
        }  # fmt: skip


SQL_ROWS: dict[str, Rows] = {
    "SCHEMAS": _schemas,
    "TABLES": _tables,
    "TABLE_COLUMNS": _table_columns,
    "INDEXES": _indexes,
    "VIEWS": _views,
    "VIEW_COLUMNS": _view_columns,
    "SQL_QUERIES": _sql_queries,
    "SQL_QUERIES_HISTORY": _history,
}
