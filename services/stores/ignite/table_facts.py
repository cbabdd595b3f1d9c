"""Facts about tables and views, from the SYS views of the server."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from services.errors import NotFound, StoredeckError
from services.stores.changes import Path
from services.stores.ignite.codec.encode import encode
from services.stores.ignite.names import HIDDEN_COLUMNS, SQL, SYSTEM_SCHEMA, quoted, sql_type
from services.stores.types import Column, Count, Description, Group
from services.values import Typed

if TYPE_CHECKING:
    from services.stores.ignite.sql import SqlRunner

Row = dict[str, Any]

_TABLES: Final = "SELECT * FROM SYS.TABLES WHERE SCHEMA_NAME = ? AND TABLE_NAME IN (?, ?)"
_VIEWS: Final = "SELECT * FROM SYS.VIEWS WHERE SCHEMA = ? AND NAME IN (?, ?)"
_COLUMNS: Final = "SELECT * FROM SYS.TABLE_COLUMNS WHERE SCHEMA_NAME = ? AND TABLE_NAME = ?"
_VIEW_COLUMNS: Final = "SELECT * FROM SYS.VIEW_COLUMNS WHERE SCHEMA_NAME = ? AND VIEW_NAME = ?"
_INDEXES: Final = "SELECT * FROM SYS.INDEXES WHERE SCHEMA_NAME = ? AND TABLE_NAME = ?"
_CACHE: Final = "SELECT * FROM SYS.CACHES WHERE CACHE_NAME = ?"


def _text(*values: str) -> tuple[bytes, ...]:
    return tuple(encode(Typed("String", value)) for value in values)


def describe(runner: SqlRunner, path: Path, size_of_cache: Callable[[str], int]) -> Description:
    """A table or view whose name matches exactly, else in upper case.

    Raises:
        NotFound: the schema has neither.
    """
    _, schema, name = path
    found = runner.rows(_TABLES, *_text(schema, name, name.upper()))
    if found:
        table = next((row for row in found if row["TABLE_NAME"] == name), found[0])
        return _table(runner, table, size_of_cache)
    views = runner.rows(_VIEWS, *_text(schema, name, name.upper()))
    if not views:
        hint = "Names are upper case in Ignite unless they were quoted."
        raise NotFound(f"{schema}.{name}: there is no such table or view", hint=hint)
    return _view(runner, next((row for row in views if row["NAME"] == name), views[0]))


def _table(runner: SqlRunner, table: Row, size_of_cache: Callable[[str], int]) -> Description:
    schema, name, cache = table["SCHEMA_NAME"], table["TABLE_NAME"], table["CACHE_NAME"]
    facts = {row["COLUMN_NAME"]: row for row in runner.rows(_COLUMNS, *_text(schema, name))}
    names = _column_order(runner, schema, name) or [one for one in facts if one not in HIDDEN_COLUMNS]
    columns = [_column(facts[one]) for one in names if one in facts]
    if not any(column.is_key for column in columns):
        columns.insert(0, Column("_KEY", sql_type(facts["_KEY"]["TYPE"], -1, -1), is_key=True, is_nullable=False))
    columns.sort(key=lambda column: not column.is_key)
    settings = _cache_settings(runner, cache)
    return Description(
        path=(SQL, schema, name),
        name=name,
        kind="table",
        columns=tuple(columns),
        options=_options(table, settings),
        groups=(
            Group("Table", _facts(table)),
            Group("Indexes", tuple(map(_index, runner.rows(_INDEXES, *_text(schema, name))))),
            Group("Cache", _facts(settings)),
        ),
        count=_count(runner, schema, name, cache, size_of_cache),
        sql=f"{quoted(schema)}.{quoted(name)}",
    )


def _column_order(runner: SqlRunner, schema: str, name: str) -> list[str]:
    """The declared order, which SYS.TABLE_COLUMNS does not keep."""
    return runner.columns(f"SELECT * FROM {quoted(schema)}.{quoted(name)} LIMIT 0")


def _column(fact: Row) -> Column:
    default = fact.get("DEFAULT_VALUE")
    notes = [f"default {default}"] if default is not None else []
    if fact.get("AFFINITY_COLUMN"):
        notes.append("affinity")
    is_key = bool(fact.get("PK"))
    return Column(
        name=fact["COLUMN_NAME"],
        type=sql_type(fact["TYPE"] or "", fact["PRECISION"] or -1, -1 if fact["SCALE"] is None else fact["SCALE"]),
        is_key=is_key,
        is_nullable=bool(fact["NULLABLE"]) and not is_key,
        note=", ".join(notes),
    )


def _cache_settings(runner: SqlRunner, cache: str) -> Row:
    rows = runner.rows(_CACHE, *_text(cache))
    return rows[0] if rows else {}


def _options(table: Row, settings: Row) -> dict[str, Any]:
    """What CREATE TABLE takes after WITH."""
    options: dict[str, Any] = {"template": str(settings.get("CACHE_MODE") or "PARTITIONED").lower()}
    if options["template"] == "partitioned":
        options["backups"] = settings.get("BACKUPS") or 0
    options["atomicity"] = str(settings.get("ATOMICITY_MODE") or "ATOMIC").lower()
    if settings.get("WRITE_SYNCHRONIZATION_MODE"):
        options["write_synchronization_mode"] = str(settings["WRITE_SYNCHRONIZATION_MODE"]).lower()
    if table.get("AFFINITY_KEY_COLUMN"):
        options["affinity_key"] = table["AFFINITY_KEY_COLUMN"]
    return options


def _count(runner: SqlRunner, schema: str, name: str, cache: str, size_of_cache: Callable[[str], int]) -> Count | None:
    """The size of the table's cache; a cache that several tables share says nothing of one of them."""
    shared = runner.rows("SELECT TABLE_NAME FROM SYS.TABLES WHERE CACHE_NAME = ?", *_text(cache))
    try:
        return Count.exact(size_of_cache(cache)) if len(shared) == 1 else None
    except StoredeckError:
        return None


def _view(runner: SqlRunner, view: Row) -> Description:
    schema, name = view["SCHEMA"], view["NAME"]
    facts = {row["COLUMN_NAME"]: row for row in runner.rows(_VIEW_COLUMNS, *_text(schema, name))}
    names = _column_order(runner, schema, name) or list(facts)
    columns = tuple(_column(facts[one]) if one in facts else Column(one, "OTHER") for one in names)
    return Description(
        path=(SQL, schema, name),
        name=name,
        kind="system view" if schema == SYSTEM_SCHEMA else "view",
        columns=columns,
        groups=(Group("View", _facts(view)),),
        locked="a view has no rows of its own to edit",
        sql=f"{quoted(schema)}.{quoted(name)}",
    )


def _index(row: Row) -> tuple[str, str]:
    words = [row["INDEX_TYPE"] or "", row["COLUMNS"] or ""]
    if row["IS_PK"]:
        words.append("primary key")
    elif row["IS_UNIQUE"]:
        words.append("unique")
    return str(row["INDEX_NAME"]), " ".join(words)


def _facts(row: Row) -> tuple[tuple[str, str], ...]:
    return tuple((name, str(value)) for name, value in row.items() if value is not None)
