"""What a sandbox keeps in its directory between an orderly end and the next start.

The rows of tables stay in their SQLite file; everything around them (catalog, caches and entries, binary types,
counters) is written to `state.db` when the sandbox is closed. A sandbox that was killed starts anew.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from services.sandbox.ignite.binary_types import BinaryType
from services.sandbox.ignite.caches import BytesCache, Cache
from services.sandbox.ignite.config import CacheConfig
from services.sandbox.ignite.sql import types
from services.sandbox.ignite.sql.engine import Engine
from services.sandbox.ignite.sql.schema import Column, Index, Table, View
from services.sandbox.ignite.sql.storage import TableCache

STATE_FILE = "state.db"
TABLES_FILE = "tables.db"


def save(engine: Engine, directory: Path) -> None:
    """Writes the state aside, then puts it in place."""
    path = directory / STATE_FILE
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with closing(sqlite3.connect(draft)) as connection, connection:
        connection.execute("CREATE TABLE state (document TEXT)")
        connection.execute("CREATE TABLE entries (cache INT, key BLOB, value BLOB, deadline REAL)")
        connection.execute("INSERT INTO state VALUES (?)", (json.dumps(_document(engine)),))
        for cache in engine.cluster.caches.values():
            if isinstance(cache, BytesCache):
                rows = ((cache.cache_id, *entry) for entry in cache.entries())
                connection.executemany("INSERT INTO entries VALUES (?, ?, ?, ?)", rows)
    draft.replace(path)


def load(engine: Engine, directory: Path) -> bool:
    """Takes up what was saved; False when there is nothing. The file is used up: only an orderly end renews it."""
    path = directory / STATE_FILE
    if not path.exists():
        return False
    with closing(sqlite3.connect(path)) as connection:
        document = json.loads(connection.execute("SELECT document FROM state").fetchone()[0])
        _restore(engine, document)
        for cache in engine.cluster.caches.values():
            if isinstance(cache, BytesCache):
                query = "SELECT key, value, deadline FROM entries WHERE cache = ?"
                cache.restore(connection.execute(query, (cache.cache_id,)))
    path.unlink()
    return True


def _document(engine: Engine) -> dict[str, Any]:
    cluster, catalog = engine.cluster, engine.catalog
    return {
        "schemas": catalog.schemas,
        "tables": [_table(table) for table in catalog.tables],
        "views": [[v.schema, v.name, v.query, [_column(c) for c in v.columns]] for v in catalog.views],
        "caches": [_cache(cache) for cache in cluster.caches.values()],
        "types": [asdict(kind) for kind in cluster.binary.by_id.values()],
        "classes": list(cluster.binary.class_names.items()),
        "counters": [[*name, value] for name, value in cluster.atomic_longs.items()],
    }


def _column(column: Column) -> dict[str, Any]:
    return {**vars(column), "kind": column.kind.name}


def _table(table: Table) -> dict[str, Any]:
    indexes = [asdict(index) for index in table.indexes.values()]
    return {**vars(table), "columns": [_column(column) for column in table.columns], "indexes": indexes}


def _cache(cache: Cache) -> dict[str, Any]:
    settings = {**vars(cache.config), "query_entities": []}
    return {"config": settings, "is_logging": cache.is_logging, "is_table": isinstance(cache, TableCache)}


def _restore(engine: Engine, document: dict[str, Any]) -> None:
    engine.catalog.schemas.update(document["schemas"])
    for fields in document["tables"]:
        columns = [_read_column(column) for column in fields["columns"]]
        indexes = {
            i["name"]: Index(i["name"], [tuple(c) for c in i["columns"]], i["inline_size"]) for i in fields["indexes"]
        }
        engine.catalog.add(Table(**{**fields, "columns": columns, "indexes": indexes}))
    for schema, name, query, columns in document["views"]:
        engine.catalog.add(View(schema, name, query, [_read_column(column) for column in columns]))
    for kind in document["types"]:
        fields = {name: (code, field_id) for name, (code, field_id) in kind["fields"].items()}
        schemas = {int(number): tuple(ids) for number, ids in kind["schemas"].items()}
        engine.cluster.binary.merge(BinaryType(**{**kind, "fields": fields, "schemas": schemas}))
    engine.cluster.binary.class_names.update((number, name) for number, name in document["classes"])
    engine.cluster.atomic_longs.update({(name, group): value for name, group, value in document["counters"]})
    for cache in document["caches"]:
        _restore_cache(engine, cache)


def _restore_cache(engine: Engine, saved: dict[str, Any]) -> None:
    fields = saved["config"]
    fields["expiry"] = tuple(fields["expiry"]) if fields["expiry"] else None
    fields["key_configurations"] = [tuple(pair) for pair in fields["key_configurations"]]
    config = CacheConfig(**fields)
    table = engine.catalog.table_of_cache(config.name) if saved["is_table"] else None
    cache: Cache = BytesCache(config) if table is None else TableCache(config, table, engine)
    cache.is_logging = saved["is_logging"]
    engine.cluster.add_cache(cache)
    if table is not None:
        engine.tables.describe(table)


def _read_column(fields: dict[str, Any]) -> Column:
    return Column(**{**fields, "kind": types.BY_NAME[fields["kind"]]})
