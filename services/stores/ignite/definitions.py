"""CREATE TABLE from the shape that a description gives."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from services.errors import UsageError
from services.stores.changes import Path
from services.stores.ignite.names import quoted

_TYPE: Final = re.compile(r"^[A-Za-z][A-Za-z0-9_ ]*(?:\(\s*\d+\s*(?:,\s*\d+\s*)?\))?$")
_OPTION: Final = re.compile(r"^[A-Za-z_]+$")
_OPTION_VALUE: Final = re.compile(r'^[^"\\,=]*$')


def create_table(path: Path, definition: Mapping[str, Any]) -> str:
    """The statement that creates a table.

    Raises:
        UsageError: the definition lacks columns or a key, or holds what no definition may.
    """
    _, schema, table = path
    columns = definition.get("columns") or []
    keys = [column["name"] for column in columns if column.get("key") or column.get("is_key")]
    if not keys or len(keys) == len(columns):
        hint = "Give `columns` with `name`, `type` and `key`: at least one key column and one other."
        raise UsageError(f"{table}: Ignite needs a key and a value", hint=hint)
    parts = [f"{quoted(str(column['name']))} {_checked_type(column)}" for column in columns]
    parts.append(f"PRIMARY KEY ({', '.join(map(quoted, keys))})")
    return f"CREATE TABLE {quoted(schema)}.{quoted(table)} ({', '.join(parts)}){_with(definition.get('options') or {})}"


def _checked_type(column: Mapping[str, Any]) -> str:
    word = str(column.get("type", ""))
    if not _TYPE.match(word):
        raise UsageError(
            f"{column.get('name')}: {word!r} is no SQL type", hint="Such as INT, VARCHAR(20), DECIMAL(10, 2)."
        )
    return word


def _with(options: Mapping[str, Any]) -> str:
    if not options:
        return ""
    for name, value in options.items():
        if not _OPTION.match(name) or not _OPTION_VALUE.match(str(value)):
            raise UsageError(f"{name}: this option cannot be written after WITH")
    return ' WITH "' + ",".join(f"{name}={value}" for name, value in options.items()) + '"'
