"""Names, paths and the SDK's values: a table is `(table,)`, below it are `(table, "@index")`
and `(table, "#versions")`.
"""

from __future__ import annotations

import re
from typing import Any, Final

from services.errors import UsageError, ValueRefused
from services.stores.changes import Path
from services.stores.tablestore.codec import tags
from services.stores.tablestore.codec.cells import Cell, CellRow
from services.values import Key, Typed

INDEX_MARK: Final = "@"
VERSIONS: Final = "#versions"
KEY_WORDS: Final = ("Integer", "String", "Binary")
COLUMN_WORDS: Final = tuple(tags.WORDS.values())
_NAME: Final = re.compile(r"^[A-Za-z_][A-Za-z0-9_]{0,254}$")


def parse_address(text: str) -> Path:
    """The path of `table`, `table/@index` or `table/#versions`.

    Raises:
        UsageError: it is none of them.
    """
    if not text:
        return ()
    table, separator, below = text.partition("/")
    if not table or (separator and not below.startswith(INDEX_MARK) and below != VERSIONS):
        raise UsageError(f"{text}: no address", hint=f"Write the name of a table, table/@index or table/{VERSIONS}.")
    return (table, below) if separator else (table,)


def format_address(path: Path) -> str:
    """The address that `parse_address` reads as this path.

    Raises:
        UsageError: there is none.
    """
    text = "/".join(path)
    if parse_address(text) != tuple(path):
        raise UsageError(f"{text}: has no address", hint="Only a table and an index of it have one.")
    return text


def shown(path: Path) -> str:
    """A path as its address."""
    return "/".join(path) or "the instance"


def is_index(path: Path) -> bool:
    """Whether the path names an index of a table."""
    return len(path) == 2 and path[1].startswith(INDEX_MARK)


def is_versions(path: Path) -> bool:
    """Whether the path names all versions of a table's cells."""
    return len(path) == 2 and path[1] == VERSIONS


def wire_name(path: Path) -> str:
    """The name under which rows are read; a secondary index is read like a table of its own name."""
    return path[1].removeprefix(INDEX_MARK) if is_index(path) else path[0]


def check_name(name: str) -> str:
    """A name that the service can take.

    Raises:
        ValueRefused: it cannot; other characters would make a corrupt request.
    """
    if not _NAME.match(name):
        hint = "Names are letters, digits and _ and begin with no digit, at most 255."
        raise ValueRefused(f"{name[:60]!r}: no name of a column or table", hint=hint)
    return name


def sdk_value(value: Typed, name: str) -> Any:
    """A value as the SDK writes it: bytes only as a bytearray, since it takes `bytes` for text.

    Raises:
        ValueRefused: it is NULL, or out of the range of its type.
    """
    data = value.value
    match value.type, data:
        case _, None:
            raise ValueRefused(f"{name}: Tablestore has no NULL", hint="Leave the column out instead.")
        case "Boolean", bool():
            return data
        case "Integer", int() if not isinstance(data, bool) and -(2**63) <= data < 2**63:
            return data
        case "Double", float() | int() if not isinstance(data, bool):
            return float(data)
        case "String", str() if _is_unicode(data):
            return data
        case "Binary", bytes() | bytearray():
            return bytearray(data)
    raise ValueRefused(f"{name}: {str(data)[:60]!r} is no {value.type} that the service takes")


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def sdk_cell(cell: Cell) -> tuple[str, Any]:
    """A decoded cell of a key as the SDK writes it."""
    return cell.name, bytearray(cell.value) if cell.kind == tags.BINARY else cell.value


def sdk_key(key: Key, names: tuple[str, ...], what: str) -> list[tuple[str, Any]]:
    """A whole key in the table's order.

    Raises:
        ValueRefused: a part is missing or too much.
    """
    if set(key) != set(names):
        raise ValueRefused(f"{what}: the key is {', '.join(names)}", hint="Give all of its columns and no other.")
    return [(name, sdk_value(key[name], name)) for name in names]


def typed_row(row: CellRow) -> dict[str, Typed]:
    """A decoded row as exact values; of several versions the newest."""
    found: dict[str, Typed] = {}
    for cell in (*row.key, *row.cells):
        found.setdefault(cell.name, Typed(tags.WORDS[cell.kind], cell.value))
    return found
