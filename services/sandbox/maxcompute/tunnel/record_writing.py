"""Arrow rows written as a stream of records; the counterpart of `record_reading`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa
from google_crc32c import value as crc32c

from services.sandbox.maxcompute.tunnel.record_reading import NANOS, WIRE_KINDS
from services.sandbox.maxcompute.tunnel.wire import (
    CHECKSUM,
    COUNT,
    END_RECORD,
    FLOAT32,
    FLOAT64,
    INT32,
    INT64,
    LENGTH_DELIMITED,
    VARINT,
    signed,
    tag,
    varint,
)
from services.sandbox.maxcompute.types import OdpsType

Writing = Callable[[Any, bytearray, bytearray], None]
"""Writes a value to a stream (first) and its raw bytes to what the checksum is taken of (second)."""
PIECE_BYTES = 256 * 1024
BATCH_ROWS = 4096
_END_RECORD = tag(END_RECORD, VARINT)


def write_records(batches: Iterable[pa.RecordBatch], kinds: Sequence[OdpsType]) -> Iterator[bytes]:
    """The stream of all rows, in pieces; fields are numbered in the order of the columns."""
    heads = [
        (tag(number, WIRE_KINDS.get(kind.name, LENGTH_DELIMITED)), INT32.pack(number), writing(kind))
        for number, kind in enumerate(kinds, start=1)
    ]
    out, checksums, count = bytearray(), bytearray(), 0
    for batch in batches:
        for start in range(0, batch.num_rows, BATCH_ROWS):
            for row in _rows(batch.slice(start, BATCH_ROWS), kinds):
                checksums += _write_row(row, heads, out).to_bytes(4, "little")
                count += 1
            if len(out) > PIECE_BYTES:
                yield bytes(out)
                out.clear()
    out += tag(COUNT, VARINT) + signed(count) + tag(CHECKSUM, VARINT) + varint(crc32c(bytes(checksums)))
    yield bytes(out)


def _rows(batch: pa.RecordBatch, kinds: Sequence[OdpsType]) -> Iterator[tuple[Any, ...]]:
    if not kinds:
        return iter([()] * batch.num_rows)
    columns = [plain_values(column, kind) for column, kind in zip(batch.columns, kinds, strict=True)]
    return zip(*columns, strict=True)


def _write_row(row: tuple[Any, ...], heads: list[tuple[bytes, bytes, Writing]], out: bytearray) -> int:
    raw = bytearray()
    for value, (head, number, write) in zip(row, heads, strict=True):
        if value is not None:
            out += head
            raw += number
            write(value, out, raw)
    checksum: int = crc32c(bytes(raw))
    out += _END_RECORD
    out += varint(checksum)
    return checksum


def plain_values(column: pa.Array[Any], kind: OdpsType) -> list[Any]:
    """The values with times as whole numbers of their unit, inside of nested values too."""
    plain = _plain_type(column.type)
    values: Any = column if plain == column.type else column.cast(plain)
    return list(values.to_pylist())


def _plain_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_timestamp(kind) or pa.types.is_date64(kind):
        return pa.int64()
    if pa.types.is_date32(kind):
        return pa.int32()
    if pa.types.is_map(kind):
        return pa.map_(_plain_type(kind.key_type), _plain_type(kind.item_type))
    if pa.types.is_list(kind):
        return pa.list_(_plain_type(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([(field.name, _plain_type(field.type)) for field in kind])
    return kind


def writing(kind: OdpsType) -> Writing:
    """How values of a type are written."""
    if kind.name == "ARRAY":
        return _array(writing(kind.parts[0]))
    if kind.name == "MAP":
        return _map(writing(kind.parts[0]), writing(kind.parts[1]))
    if kind.name == "STRUCT":
        return _struct(kind.names, [writing(part) for part in kind.parts])
    return _WRITINGS[kind.name]


def _whole(value: int, out: bytearray, raw: bytearray) -> None:
    out += signed(value)
    raw += INT64.pack(value)


def _boolean(value: bool, out: bytearray, raw: bytearray) -> None:
    out.append(value)
    raw.append(value)


def _float(value: float, out: bytearray, raw: bytearray) -> None:
    packed = FLOAT32.pack(value)
    out += packed
    raw += packed


def _double(value: float, out: bytearray, raw: bytearray) -> None:
    packed = FLOAT64.pack(value)
    out += packed
    raw += packed


def _binary(value: bytes, out: bytearray, raw: bytearray) -> None:
    out += varint(len(value))
    out += value
    raw += value


def _text(value: str, out: bytearray, raw: bytearray) -> None:
    _binary(value.encode(), out, raw)


def _decimal(value: Any, out: bytearray, raw: bytearray) -> None:
    _binary(format(value, "f").encode(), out, raw)


def _timestamp(value: int, out: bytearray, raw: bytearray) -> None:
    seconds, nanos = divmod(value, NANOS)
    _interval({"sec": seconds, "nano": nanos}, out, raw)


def _interval(value: dict[str, int], out: bytearray, raw: bytearray) -> None:
    _whole(value["sec"], out, raw)
    out += signed(value["nano"])
    raw += INT32.pack(value["nano"])


def _array(item: Writing) -> Writing:
    def write(values: Sequence[Any], out: bytearray, raw: bytearray) -> None:
        out += varint(len(values))
        for value in values:
            out.append(value is None)
            if value is not None:
                item(value, out, raw)

    return write


def _map(key: Writing, item: Writing) -> Writing:
    write_keys, write_items = _array(key), _array(item)

    def write(pairs: Sequence[tuple[Any, Any]], out: bytearray, raw: bytearray) -> None:
        write_keys([pair[0] for pair in pairs], out, raw)
        write_items([pair[1] for pair in pairs], out, raw)

    return write


def _struct(names: Sequence[str], parts: Sequence[Writing]) -> Writing:
    def write(values: dict[str, Any], out: bytearray, raw: bytearray) -> None:
        for name, part in zip(names, parts, strict=True):
            value = values[name]
            out.append(value is None)
            if value is not None:
                part(value, out, raw)

    return write


_WRITINGS: dict[str, Writing] = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "INT", "BIGINT", "DATE", "DATETIME", "INTERVAL_YEAR_MONTH"), _whole),
    **dict.fromkeys(("STRING", "CHAR", "VARCHAR", "JSON", "VOID"), _text),
    "BOOLEAN": _boolean,
    "FLOAT": _float,
    "DOUBLE": _double,
    "BINARY": _binary,
    "DECIMAL": _decimal,
    "TIMESTAMP": _timestamp,
    "TIMESTAMP_NTZ": _timestamp,
    "INTERVAL_DAY_TIME": _interval,
}
