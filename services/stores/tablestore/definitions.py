"""Definitions of tables and indexes, in the shape that a description gives, as the SDK's own records.

columns   name, type, key; key columns in the order of the key, the others are defined columns
options   time_to_live (seconds, -1 for ever), max_versions, max_time_deviation (seconds), allow_update,
          reserved_read, reserved_write (capacity units), auto_increment (a key column), defined (names of the
          columns to define; all that are no key without it), indexes (each name, key, columns, local),
          local_transactions (no description tells it)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.errors import UsageError
from services.stores.tablestore.codec.tags import MAX_KEY_COLUMNS
from services.stores.tablestore.names import COLUMN_WORDS, KEY_WORDS, check_name

OPTIONS: Final = (
    "time_to_live",
    "max_versions",
    "max_time_deviation",
    "allow_update",
    "reserved_read",
    "reserved_write",
    "auto_increment",
    "defined",
    "indexes",
    "local_transactions",
)


def create_arguments(table: str, definition: Mapping[str, Any]) -> tuple[Any, ...]:
    """What the SDK's encoder of CreateTable takes.

    Raises:
        UsageError: the definition lacks a key, or holds what no definition may.
    """
    from tablestore.metadata import CapacityUnit, ReservedThroughput, TableMeta, TableOptions

    options = dict(definition.get("options") or {})
    unknown = sorted(set(options) - set(OPTIONS))
    if unknown:
        raise UsageError(f"{unknown[0]}: no option of a table", hint=f"The options are {', '.join(OPTIONS)}.")
    key, others = _columns(table, definition, options)
    has_updates = options.get("allow_update")
    return (
        TableMeta(check_name(table), key, others),
        TableOptions(
            _whole(options, "time_to_live", -1),
            _whole(options, "max_versions", 1),
            _whole(options, "max_time_deviation", 86_400),
            None if has_updates is None else bool(has_updates),
        ),
        ReservedThroughput(CapacityUnit(_whole(options, "reserved_read", 0), _whole(options, "reserved_write", 0))),
        None,
        [_index(index) for index in options.get("indexes") or ()],
    )


def _columns(table: str, definition: Mapping[str, Any], options: Mapping[str, Any]) -> tuple[list[Any], list[Any]]:
    columns: Sequence[Mapping[str, Any]] = definition.get("columns") or ()
    keys = [column for column in columns if column.get("key") or column.get("is_key")]
    if not 1 <= len(keys) <= MAX_KEY_COLUMNS:
        hint = "Give `columns` with `name`, `type` and `key`; one to four of them are the key."
        raise UsageError(f"{table}: a table needs a key of 1 to {MAX_KEY_COLUMNS} columns", hint=hint)
    numbered = options.get("auto_increment")
    key = [_key_column(column, numbered) for column in keys]
    if numbered and numbered not in [column["name"] for column in keys[1:]]:
        hint = "Its first column spreads the rows over the servers."
        raise UsageError(f"{numbered}: only a key column after the first can be auto-increment", hint=hint)
    wanted = options.get("defined")
    others = [column for column in columns if column not in keys and (wanted is None or column.get("name") in wanted)]
    return key, [(check_name(str(column["name"])), _word(column, COLUMN_WORDS)) for column in others]


def _key_column(column: Mapping[str, Any], numbered: Any) -> tuple[Any, ...]:
    from tablestore import PK_AUTO_INCR

    name = check_name(str(column["name"]))
    word = _word(column, KEY_WORDS)
    if name != numbered:
        return name, word
    if word != "INTEGER":
        raise UsageError(f"{name}: an auto-increment column is an Integer")
    return name, word, PK_AUTO_INCR


def _word(column: Mapping[str, Any], allowed: Sequence[str]) -> str:
    word = str(column.get("type", "")).capitalize()
    if word not in allowed:
        raise UsageError(
            f"{column.get('name')}: {column.get('type')!r} is no such type", hint=f"One of {', '.join(allowed)}."
        )
    return word.upper()


def _whole(options: Mapping[str, Any], name: str, default: int) -> int:
    value = options.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise UsageError(f"{name}: {value!r} is no whole number")
    return value


def _index(index: Mapping[str, Any]) -> Any:
    from tablestore.metadata import SecondaryIndexMeta, SecondaryIndexType

    kind = SecondaryIndexType.LOCAL_INDEX if index.get("local") else SecondaryIndexType.GLOBAL_INDEX
    key, columns = index.get("key") or (), index.get("columns") or ()
    if not key:
        raise UsageError(f"{index.get('name')}: an index needs a key", hint="Give `name`, `key` and `columns`.")
    return SecondaryIndexMeta(check_name(str(index.get("name"))), list(key), list(columns), kind)


def index_of(name: str, definition: Mapping[str, Any]) -> Any:
    """A secondary index as the SDK takes it; its key is the columns marked so, the others go along.

    Raises:
        UsageError: it has no key.
    """
    columns = definition.get("columns") or ()
    options = definition.get("options") or {}
    return _index(
        {
            "name": name,
            "key": options.get("key") or [one["name"] for one in columns if one.get("key") or one.get("is_key")],
            "columns": options.get("columns")
            or [one["name"] for one in columns if not (one.get("key") or one.get("is_key"))],
            "local": options.get("local"),
        }
    )
