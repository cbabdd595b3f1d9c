"""What the fields of a batch say about themselves: key, type word, raw bytes of the system, meaning of a null.

A store marks its Arrow fields with metadata. Beside `KEY_METADATA` and `TYPE_METADATA` of the contract:

- a column (or a union's child) with `storedeck.wire` holds values as the system's own bytes, decoded on demand;
- a column with `storedeck.null` = `absent` has no NULL: its nulls are rows that lack the column;
- a union's child of Arrow type null with the type word `absent` marks the rows that lack the column;
- a column of text with `storedeck.number` holds numbers that no Arrow type holds exactly;
- a schema's `storedeck.locked` says why its rows cannot be edited.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from services.stores.types import KEY_METADATA, TYPE_METADATA

if TYPE_CHECKING:
    import pyarrow as pa

WIRE_METADATA: Final = b"storedeck.wire"
NULL_METADATA: Final = b"storedeck.null"
NUMBER_METADATA: Final = b"storedeck.number"
LOCKED_METADATA: Final = b"storedeck.locked"
ABSENT_WORD: Final = "absent"


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of one field."""

    word: str
    is_key: bool
    is_wire: bool
    is_number: bool
    null_is_absent: bool


def marks_of(field: pa.Field[Any], *, child: bool = False) -> Marks:
    """Read the marks of a column, or of a union's child, whose name is its type word where nothing else says it."""
    metadata = field.metadata or {}
    word = metadata.get(TYPE_METADATA, b"").decode("utf-8", "replace")
    word = word or (field.name if child else str(field.type))
    return Marks(
        word=word,
        is_key=metadata.get(KEY_METADATA) == b"1",
        is_wire=metadata.get(WIRE_METADATA) == b"1",
        is_number=metadata.get(NUMBER_METADATA) == b"1",
        null_is_absent=metadata.get(NULL_METADATA) == ABSENT_WORD.encode() or (child and word == ABSENT_WORD),
    )


def locked_reason(schema: pa.Schema) -> str:
    """Why the rows of a batch cannot be edited, or empty."""
    return (schema.metadata or {}).get(LOCKED_METADATA, b"").decode("utf-8", "replace")


def column_names(schema: pa.Schema) -> list[str]:
    """The raw names of a schema's columns, a number added to those that repeat."""
    seen: dict[str, int] = {}
    names = []
    for name in schema.names:
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names
