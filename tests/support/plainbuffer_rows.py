"""PlainBuffer written by the vendor's own encoder, and strategies for rows of every shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from tablestore.plainbuffer.plain_buffer_coded_stream import PlainBufferCodedOutputStream
from tablestore.plainbuffer.plain_buffer_crc8 import PlainBufferCrc8
from tablestore.plainbuffer.plain_buffer_stream import PlainBufferOutputStream

WireCell = tuple[str, Any] | tuple[str, Any, int]
WireRow = tuple[Sequence[WireCell], Sequence[WireCell]]


def written(rows: Sequence[WireRow], capacity: int = 1 << 16) -> bytes:
    """Rows as a GetRange answer holds them; bytes values as `bytes`."""
    if not rows:
        return b""
    while True:
        try:
            return _written(rows, capacity)
        except Exception:
            if capacity > 1 << 28:
                raise
            capacity *= 8


def _written(rows: Sequence[WireRow], capacity: int) -> bytes:
    output = PlainBufferOutputStream(capacity)
    coded = PlainBufferCodedOutputStream(output)
    coded.write_header()
    for key, cells in rows:
        crc = coded.write_primary_key([_sdk(cell) for cell in key], 0)
        crc = coded.write_columns([_sdk(cell) for cell in cells], crc)
        coded.write_row_checksum(PlainBufferCrc8.crc_int8(crc, 0))
    return bytes(output.get_buffer())


def _sdk(cell: WireCell) -> tuple[Any, ...]:
    name, value, *rest = cell
    return name, bytearray(value) if isinstance(value, bytes) else value, *rest


integers = st.integers(-(2**63), 2**63 - 1)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
values = st.one_of(integers, texts, st.binary(max_size=20), st.booleans(), st.floats(allow_nan=False))
names = st.sampled_from(["a", "b", "name", "a_long_name_of_a_column", "a_long_name_of_another", "Z", "_"])
timestamps = st.none() | integers


@st.composite
def pages(draw: st.DrawFn, max_rows: int = 30) -> list[WireRow]:
    """Rows with one key; attribute cells in any order, some missing, of mixed types, some in several versions."""
    key_names = draw(st.lists(st.sampled_from(["pk", "region", "k2", "id"]), min_size=1, max_size=4, unique=True))
    kinds = [draw(st.sampled_from([integers, texts, st.binary(max_size=8)])) for _ in key_names]
    is_even = draw(st.booleans())
    columns = draw(st.lists(names, max_size=5, unique=True))
    rows: list[WireRow] = []
    for _ in range(draw(st.integers(1, max_rows))):
        key = [(name, draw(kind)) for name, kind in zip(key_names, kinds, strict=True)]
        chosen = columns if is_even else draw(st.lists(names, max_size=6))
        rows.append((key, [_cell(draw, name) for name in chosen]))
    return rows


def _cell(draw: st.DrawFn, name: str) -> WireCell:
    timestamp = draw(timestamps)
    return (name, draw(values)) if timestamp is None else (name, draw(values), timestamp)
