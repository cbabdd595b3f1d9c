"""Reading single cells of decoded pages back as `Typed` values: the exact inverse of `pages`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

import pyarrow as pa

from services.errors import ProtocolError
from services.stores.ignite.codec import tags, times
from services.stores.ignite.codec.arrow import Array, Field
from services.stores.ignite.codec.binary_types import Resolver, nothing_known
from services.stores.ignite.codec.column_enums import ENUM_METADATA
from services.stores.ignite.codec.generic import NULL, decode_object
from services.times import Day, Moment, TimeOfDay
from services.values import Typed


def cell_value(field: Field, array: Array, index: int, resolver: Resolver = nothing_known) -> Typed:
    """The value of one cell with its Ignite type; `Typed("Null", None)` for a null.

    Args:
        field: of the batch's schema, or of a struct or union inside it: its metadata names the type.
        array: the column; may be a slice.
        resolver: for the types of objects that stayed bytes.
    """
    if pa.types.is_union(array.type):
        return _union_value(array, index, resolver)
    scalar = array[index]
    if not scalar.is_valid:
        return NULL
    word = _metadata(field, b"storedeck.type")
    if _metadata(field, b"storedeck.wire"):
        return _wire_value(field, scalar.as_py(), resolver)
    if isinstance(array, pa.StructArray):
        return Typed(
            word,
            {
                child.name: cell_value(child, array.field(place), index, resolver)
                for place, child in enumerate(array.type)
            },
        )
    read = _READERS.get(word)
    return Typed(word, scalar.as_py()) if read is None else read(field, scalar)


def _metadata(field: Field, key: bytes) -> str:
    return (field.metadata or {}).get(key, b"").decode("utf-8", "surrogatepass")


def _union_value(array: Any, index: int, resolver: Resolver) -> Typed:
    # `type_codes` and `offsets` of pyarrow forget that an array is a slice, so the buffers are read here.
    _, codes, places = array.buffers()[:3]
    where = array.offset + index
    child = memoryview(codes).cast("b")[where]
    place = memoryview(places).cast("B").cast("i")[where]
    return cell_value(array.type.field(child), array.field(child), place, resolver)


def _wire_value(field: Field, data: bytes, resolver: Resolver) -> Typed:
    try:
        return decode_object(data, 0, resolver, _metadata(field, b"storedeck.zone") or "UTC")[0]
    except ProtocolError:
        return Typed(tags.MALFORMED_WORD, data)


def _uuid(field: Field, scalar: Any) -> Typed:
    return Typed("UUID", UUID(bytes=scalar.as_py()))


def _date(field: Field, scalar: Any) -> Typed:
    return Typed("Date", Moment(scalar.value * times.MS, scalar.type.tz))


def _timestamp(field: Field, scalar: Any) -> Typed:
    return Typed("Timestamp", Moment(scalar.value, scalar.type.tz))


def _time(field: Field, scalar: Any) -> Typed:
    return Typed("Time", TimeOfDay(scalar.cast(pa.int32()).as_py() * times.MS))


def _sql_date(field: Field, scalar: Any) -> Typed:
    return Typed(tags.SQL_DATE_WORD, Day(scalar.cast(pa.int32()).as_py()))


def _enum(field: Field, scalar: Any) -> Typed:
    about = json.loads(_metadata(field, ENUM_METADATA))
    names = {int(ordinal): name for ordinal, name in about["names"].items()}
    value = scalar.as_py()
    ordinal = value if isinstance(value, int) else next(key for key, name in names.items() if name == value)
    fields = {"type": Typed("Int", about["type"]), "ordinal": Typed("Int", ordinal)}
    if ordinal in names:
        fields["name"] = Typed("String", names[ordinal])
    return Typed(_metadata(field, b"storedeck.type"), fields)


def _array(field: Field, scalar: Any) -> Typed:
    word = _metadata(field, b"storedeck.type")
    element = _metadata(scalar.type.value_field, b"storedeck.type")
    return Typed(word, [Typed(element, value) for value in scalar.as_py()])


_READERS: Final[dict[str, Callable[[Field, Any], Typed]]] = {
    "UUID": _uuid,
    "Date": _date,
    "Timestamp": _timestamp,
    "Time": _time,
    tags.SQL_DATE_WORD: _sql_date,
    **dict.fromkeys(tags.ENUM_WORDS.values(), _enum),
    **{tags.ARRAY_WORDS[tag]: _array for tag in tags.PACKED_ARRAYS},
}
