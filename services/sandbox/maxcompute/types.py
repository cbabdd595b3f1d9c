"""The service's types: their text and their form in Arrow.

In a partition, values have the form of the table tunnel: DATETIME is timestamp[ms], TIMESTAMP timestamp[ns] (both UTC,
without a zone), INTERVAL_DAY_TIME a struct of seconds and nanoseconds. With `struct_times`, TIMESTAMP is such a struct
too, as instance tunnels and previews write it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

import pyarrow as pa

from services.sandbox.maxcompute.errors import OdpsError, parse_error

SECONDS_AND_NANOS = pa.struct([("sec", pa.int64()), ("nano", pa.int32())])
_PLAIN: dict[str, pa.DataType] = {
    "TINYINT": pa.int8(),
    "SMALLINT": pa.int16(),
    "INT": pa.int32(),
    "BIGINT": pa.int64(),
    "FLOAT": pa.float32(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "STRING": pa.string(),
    "CHAR": pa.string(),
    "VARCHAR": pa.string(),
    "JSON": pa.string(),
    "BINARY": pa.binary(),
    "DATE": pa.date32(),
    "DATETIME": pa.timestamp("ms"),
    "TIMESTAMP": pa.timestamp("ns"),
    "TIMESTAMP_NTZ": pa.timestamp("ns"),
    "INTERVAL_DAY_TIME": SECONDS_AND_NANOS,
    "INTERVAL_YEAR_MONTH": pa.int64(),
    "VOID": pa.string(),
}
_TIMESTAMPS = frozenset({"TIMESTAMP", "TIMESTAMP_NTZ"})
_TOKEN = re.compile(r"\s*(`(?:[^`]|``)+`|\w+|[<>(),:])")
_PLAIN_NAME = re.compile(r"[^\W\d]\w*")
DECIMAL_DEFAULT = (38, 18)
_MOST_DIGITS_128 = 38


@dataclass(frozen=True)
class OdpsType:
    """A type: `name` in capitals, `sizes` as in DECIMAL(10,2), `parts` inside of `<>`, `names` of STRUCT's fields."""

    name: str
    sizes: tuple[int, ...] = ()
    parts: tuple[OdpsType, ...] = ()
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The text, in capitals, as definitions have it."""
        return self._text(str.upper)

    def lower(self) -> str:
        """The text in small letters, as schemas in JSON have it; the names of fields stay as they are."""
        return self._text(str.lower)

    def _text(self, cased: Callable[[str], str]) -> str:
        inside = [part._text(cased) for part in self.parts]
        if self.names:
            inside = [f"{_field_name(name)}:{part}" for name, part in zip(self.names, inside, strict=True)]
        if inside:
            return f"{cased(self.name)}<{','.join(inside)}>"
        return cased(self.name) + (f"({','.join(map(str, self.sizes))})" if self.sizes else "")


def _field_name(name: str) -> str:
    return name if _PLAIN_NAME.fullmatch(name) else "`" + name.replace("`", "``") + "`"


@cache
def parse_type(text: str) -> OdpsType:
    """Reads a type's text in any case.

    Raises:
        OdpsError: it is no type of the service.
    """
    tokens = _TOKEN.findall(text)
    if not tokens or re.sub(r"\s", "", text) != re.sub(r"\s", "", "".join(tokens)):
        raise _unknown(text)
    reader = _Reader(text, tokens)
    made = reader.type()
    if reader.tokens:
        raise _unknown(text)
    return made


def _unknown(text: str) -> OdpsError:
    return parse_error(f"invalid type '{text}'")


def _bare(name: str) -> str:
    return name[1:-1].replace("``", "`") if name.startswith("`") else name


class _Reader:
    """Takes a type from a list of tokens."""

    def __init__(self, text: str, tokens: list[str]) -> None:
        self._text = text
        self.tokens = tokens

    def _take(self, *expected: str) -> str:
        if not self.tokens or (expected and self.tokens[0] not in expected):
            raise _unknown(self._text)
        return self.tokens.pop(0)

    def type(self) -> OdpsType:
        name = self._take().upper()
        name = {"INTEGER": "INT", "NUMERIC": "DECIMAL"}.get(name, name)
        if name == "STRUCT":
            return self._struct()
        if name in ("ARRAY", "MAP"):
            self._take("<")
            parts = [self.type()]
            while self._take("," if name == "MAP" and len(parts) == 1 else ">") == ",":
                parts.append(self.type())
            return OdpsType(name, parts=tuple(parts))
        if name not in _PLAIN and name != "DECIMAL":
            raise _unknown(self._text)
        return OdpsType(name, self._sizes())

    def _struct(self) -> OdpsType:
        self._take("<")
        names, parts, end = [], [], ","
        while end == ",":
            names.append(_bare(self._take()))
            self._take(":")
            parts.append(self.type())
            end = self._take(",", ">")
        return OdpsType("STRUCT", parts=tuple(parts), names=tuple(names))

    def _sizes(self) -> tuple[int, ...]:
        if not self.tokens or self.tokens[0] != "(":
            return ()
        self._take("(")
        sizes, end = [], ","
        while end == ",":
            size = self._take()
            if not size.isdecimal():
                raise _unknown(self._text)
            sizes.append(int(size))
            end = self._take(",", ")")
        return tuple(sizes)


def arrow_type(kind: str | OdpsType, *, struct_times: bool = False) -> pa.DataType:
    """The Arrow type of a type."""
    kind = parse_type(kind) if isinstance(kind, str) else kind
    if kind.name == "DECIMAL":
        digits, scale = (*kind.sizes, 0)[:2] if kind.sizes else DECIMAL_DEFAULT
        return pa.decimal128(digits, scale) if digits <= _MOST_DIGITS_128 else pa.decimal256(digits, scale)
    if struct_times and kind.name in _TIMESTAMPS:
        return SECONDS_AND_NANOS
    parts = [arrow_type(part, struct_times=struct_times) for part in kind.parts]
    if kind.name == "ARRAY":
        return pa.list_(parts[0])
    if kind.name == "MAP":
        return pa.map_(parts[0], parts[1])
    if kind.name == "STRUCT":
        return pa.struct(list(zip(kind.names, parts, strict=True)))
    return _PLAIN[kind.name]


def arrow_schema(columns: Iterable[tuple[str, str]], *, struct_times: bool = False) -> pa.Schema:
    """The Arrow schema of columns, given as names and types' texts; all may be NULL."""
    return pa.schema([(name, arrow_type(kind, struct_times=struct_times)) for name, kind in columns])


_FROM_ARROW: dict[pa.DataType, str] = {
    pa.uint8(): "SMALLINT",
    pa.uint16(): "INT",
    pa.uint32(): "BIGINT",
    pa.uint64(): "BIGINT",
    pa.large_string(): "STRING",
    pa.large_binary(): "BINARY",
    pa.null(): "STRING",
    pa.timestamp("us"): "TIMESTAMP",
    pa.timestamp("s"): "DATETIME",
    **{kind: name for name, kind in reversed(_PLAIN.items()) if name not in ("INTERVAL_YEAR_MONTH",)},
    pa.string(): "STRING",
    pa.timestamp("ns"): "TIMESTAMP",
}


def type_of_arrow(kind: pa.DataType) -> OdpsType:
    """The type that values of an Arrow type get in a result.

    Raises:
        OdpsError: there is none.
    """
    if kind in _FROM_ARROW:
        return OdpsType(_FROM_ARROW[kind])
    if pa.types.is_timestamp(kind):
        return OdpsType("TIMESTAMP")
    if pa.types.is_decimal(kind):
        return OdpsType("DECIMAL", (kind.precision, kind.scale))
    if pa.types.is_map(kind):
        return OdpsType("MAP", parts=(type_of_arrow(kind.key_type), type_of_arrow(kind.item_type)))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return OdpsType("ARRAY", parts=(type_of_arrow(kind.value_type),))
    if pa.types.is_struct(kind):
        fields = list(kind)
        parts = tuple(type_of_arrow(field.type) for field in fields)
        return OdpsType("STRUCT", parts=parts, names=tuple(field.name for field in fields))
    raise OdpsError(400, "ODPS-0130121", f"Invalid type {kind} of a result column")
