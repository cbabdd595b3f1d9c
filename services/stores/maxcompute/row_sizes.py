"""About how many bytes a row takes in memory, for parts of a bearable size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from services.stores.maxcompute.metadata import TableFacts
from services.stores.maxcompute.types import parse_type, wire_type

TEXT_BYTES: Final = 32
NESTED_BYTES: Final = 128
PACKED: Final = 3
"""The service tells how much its packed files take; rows take so many times as much."""


def row_bytes(columns: Sequence[tuple[str, str]], facts: TableFacts | None = None) -> int:
    """At least 1: by the columns' types, or by the table's size where that says more."""
    by_types = sum(_value_bytes(wire_type(parse_type(text))) for _, text in columns)
    size, rows = (facts.number("size"), facts.number("recordNum")) if facts else (None, None)
    by_size = PACKED * size // rows if size and rows else 0
    return max(by_types, by_size, 1)


def _value_bytes(kind: Any) -> int:
    try:
        return max(int(kind.bit_width) // 8, 1)
    except ValueError:
        return NESTED_BYTES if kind.num_fields else TEXT_BYTES
