"""Rows as records: a tag and a value for each field that is not NULL, a CRC32C behind each row and one over those."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

import google_crc32c
import pyarrow as pa

from services.stores.maxcompute.tunnel.frames import Piece
from services.stores.maxcompute.types import SECONDS_AND_NANOS, TIMESTAMPS, OdpsType

END_RECORD: Final = 33_553_408
COUNT: Final = 33_554_430
CHECKSUM: Final = 33_554_431
PIECE_ROWS: Final = 5_000
_VARINT, _FIXED64, DELIMITED, _FIXED32 = 0, 1, 2, 5
_WIRE_KINDS: Final = {"FLOAT": _FIXED32, "DOUBLE": _FIXED64}
VARINTS: Final = frozenset(
    {"TINYINT", "SMALLINT", "INT", "BIGINT", "BOOLEAN", "DATETIME", "DATE", "INTERVAL_YEAR_MONTH"}
)
_NANOS: Final = 1_000_000_000
_INT: Final = struct.Struct("<i")
_WORD: Final = struct.Struct("<I")
_LONG: Final = struct.Struct("<q")
_SECONDS: Final = struct.Struct("<qi")
_SINGLE: Final = struct.Struct("<f")
_TWICE: Final = struct.Struct("<d")

Coded = tuple[bytes, bytes]
"""A value on the wire, and as its checksum sees it."""

Coder = Callable[[Any], Coded]


def varint(value: int) -> bytes:
    """An unsigned number."""
    if value < 0x80:
        return bytes((value,))
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _signed(value: int) -> bytes:
    return varint((value << 1) ^ (value >> 63))


def _tag(number: int, kind: int) -> bytes:
    return varint(number << 3 | kind)


def _long(value: int) -> Coded:
    return _signed(value), _LONG.pack(value)


def _flag(value: bool) -> Coded:
    byte = b"\x01" if value else b"\x00"
    return byte, byte


def _single(value: float) -> Coded:
    data = _SINGLE.pack(value)
    return data, data


def _twice(value: float) -> Coded:
    data = _TWICE.pack(value)
    return data, data


def _bytes(value: bytes) -> Coded:
    return varint(len(value)) + value, value


def _text(value: str) -> Coded:
    return _bytes(value.encode())


def _decimal(value: Any) -> Coded:
    return _text(format(value, "f"))


def _moment(value: int) -> Coded:
    seconds, nanos = divmod(value, _NANOS)
    return _pair(seconds, nanos)


def _pair(seconds: int, nanos: int) -> Coded:
    return _signed(seconds) + _signed(nanos), _SECONDS.pack(seconds, nanos)


def _interval(value: dict[str, int]) -> Coded:
    return _pair(value["sec"], value["nano"])


_CODERS: Final[dict[str, Coder]] = {
    **dict.fromkeys(VARINTS, _long),
    **dict.fromkeys(("STRING", "CHAR", "VARCHAR", "JSON"), _text),
    **dict.fromkeys(TIMESTAMPS, _moment),
    "BOOLEAN": _flag,
    "FLOAT": _single,
    "DOUBLE": _twice,
    "BINARY": _bytes,
    "DECIMAL": _decimal,
    "INTERVAL_DAY_TIME": _interval,
}


def _coder(kind: OdpsType) -> Coder:
    if kind.name == "STRUCT":
        coders = [_coder(part) for part in kind.parts]
        return lambda value: _listed(zip(coders, value.values(), strict=True))
    if kind.name == "MAP":
        return _map_coder(*(_coder(part) for part in kind.parts))
    if kind.name == "VECTOR":
        return _vector_coder(_coder(kind.parts[0]))
    if kind.parts:
        return _array_coder(_coder(kind.parts[0]))
    return _CODERS[kind.name]


def _listed(values: Iterable[tuple[Coder, Any]]) -> Coded:
    """Values one behind the other, each with a flag that says whether it is NULL."""
    wire, summed = bytearray(), bytearray()
    for coder, value in values:
        if value is None:
            wire += b"\x01"
            continue
        one, other = coder(value)
        wire += b"\x00" + one
        summed += other
    return bytes(wire), bytes(summed)


def _array_coder(item: Coder) -> Coder:
    def code(value: Sequence[Any]) -> Coded:
        wire, summed = _listed((item, one) for one in value)
        return varint(len(value)) + wire, summed

    return code


def _map_coder(key: Coder, item: Coder) -> Coder:
    keys, items = _array_coder(key), _array_coder(item)

    def code(value: Sequence[tuple[Any, Any]]) -> Coded:
        one, first = keys([name for name, _ in value])
        two, second = items([found for _, found in value])
        return one + two, first + second

    return code


def _vector_coder(item: Coder) -> Coder:
    def code(value: Sequence[Any]) -> Coded:
        pairs = [item(one) for one in value]
        return varint(len(pairs)) + b"".join(wire for wire, _ in pairs), b"".join(summed for _, summed in pairs)

    return code


def plain_type(kind: Any, *, text: Any = None) -> Any:
    """An Arrow type whose values are Python numbers where those of the given one are moments.

    Args:
        text: takes the place of the type of texts, where given.
    """
    if pa.types.is_timestamp(kind):
        return pa.int64()
    if pa.types.is_date32(kind):
        return pa.int32()
    if text is not None and pa.types.is_string(kind):
        return text
    if pa.types.is_list(kind):
        return pa.list_(plain_type(kind.value_type, text=text))
    if pa.types.is_map(kind):
        return pa.map_(plain_type(kind.key_type, text=text), plain_type(kind.item_type, text=text))
    if pa.types.is_struct(kind) and kind != SECONDS_AND_NANOS:
        return pa.struct([(part.name, plain_type(part.type, text=text)) for part in list(kind)])
    return kind


class Record:
    """One row, ready to be sent: its fields and their checksum."""

    __slots__ = ("checksum", "fields")

    def __init__(self, fields: bytes, summed: bytes) -> None:
        self.checksum = google_crc32c.value(summed)
        self.fields = fields


def field(number: int, kind: OdpsType, value: Any) -> Coded:
    """A field with its tag.

    Args:
        number: 1 and up, by the place of its column.
    """
    wire, summed = _coder(kind)(value)
    return _head(number, kind) + wire, _INT.pack(number) + summed


def _head(number: int, kind: OdpsType) -> bytes:
    usual = _VARINT if kind.name in VARINTS else DELIMITED
    return _tag(number, _WIRE_KINDS.get(kind.name, usual))


def records(batch: pa.RecordBatch, kinds: Sequence[OdpsType], more: Coded = (b"", b"")) -> list[Record]:
    """The rows of a batch in the tunnel's form.

    Args:
        more: fields that every row has behind its own.
    """
    columns = [
        _column(place + 1, kind, array) for place, (kind, array) in enumerate(zip(kinds, batch.columns, strict=True))
    ]
    found = []
    for coded in zip(*columns, strict=True):
        fields = b"".join([one[0] for one in coded])
        summed = b"".join([one[1] for one in coded])
        found.append(Record(fields + more[0], summed + more[1]))
    return found


def _column(number: int, kind: OdpsType, array: Any) -> list[Coded]:
    coder, head, place = _coder(kind), _head(number, kind), _INT.pack(number)
    out: list[Coded] = []
    for value in array.cast(plain_type(array.type)).to_pylist():
        if value is None:
            out.append((b"", b""))
        else:
            wire, summed = coder(value)
            out.append((head + wire, place + summed))
    return out


_END: Final = _tag(END_RECORD, _VARINT)


class RecordBody:
    """A body of records that is made while it is sent."""

    def __init__(self, kinds: Sequence[OdpsType]) -> None:
        self._kinds = kinds
        self._total = 0
        self._count = 0

    def pieces(self, batches: Iterable[pa.RecordBatch]) -> Iterator[Piece]:
        """The rows of some batches, and the end."""
        for batch in batches:
            for first in range(0, batch.num_rows, PIECE_ROWS):
                yield self.piece(records(batch.slice(first, PIECE_ROWS), self._kinds))
        yield [self.end()]

    def piece(self, rows: Sequence[Record]) -> Piece:
        """More rows."""
        out: list[bytes] = []
        for row in rows:
            out += (row.fields, _END, varint(row.checksum))
            self._total = google_crc32c.extend(self._total, _WORD.pack(row.checksum))
        self._count += len(rows)
        return [b"".join(out)]

    def end(self) -> bytes:
        """How many there were, and the sum of their sums."""
        return b"".join((_tag(COUNT, _VARINT), _signed(self._count), _tag(CHECKSUM, _VARINT), varint(self._total)))


def body(rows: Sequence[Record]) -> bytes:
    """The body of a request with these rows."""
    made = RecordBody(())
    return b"".join((*made.piece(rows), made.end()))
