"""The service's types: their text read, and their form in Arrow on the wire and as we show them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import pyarrow as pa

from services.errors import ProtocolError
from services.stores.types import KEY_METADATA, TYPE_METADATA

SECONDS_AND_NANOS: Final[Any] = pa.struct([("sec", pa.int64()), ("nano", pa.int32())])
TIMESTAMPS: Final = frozenset({"TIMESTAMP", "TIMESTAMP_NTZ"})
ZONED: Final = frozenset({"DATETIME", "TIMESTAMP"})
_BARE_DECIMAL: Final = (54, 18)
"""What DECIMAL without digits is on the wire, as the SDK has it."""
_DIGITS_128: Final = 38
_LISTS: Final = frozenset({"ARRAY", "VECTOR"})
_WIRE: Final[dict[str, Any]] = {
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
    "VOID": pa.string(),
    "BINARY": pa.binary(),
    "BLOB": pa.binary(),
    "DATE": pa.date32(),
    "DATETIME": pa.timestamp("ms"),
    "TIMESTAMP": pa.timestamp("ns"),
    "TIMESTAMP_NTZ": pa.timestamp("ns"),
    "INTERVAL_DAY_TIME": SECONDS_AND_NANOS,
    "INTERVAL_YEAR_MONTH": pa.int64(),
}
_TOKEN: Final = re.compile(r"\s*(?:(`(?:[^`]|``)*`)|(\w+)|([<>(),:]))")
_DEEPEST: Final = 64


@dataclass(frozen=True, slots=True)
class OdpsType:
    """One type.

    Attributes:
        name: in capitals, such as DECIMAL.
        sizes: in parentheses, as of DECIMAL(10,2).
        parts: in angle brackets, as of MAP<STRING,INT>.
        labels: the names of a STRUCT's fields, as many as `parts`.
    """

    name: str
    sizes: tuple[int, ...] = ()
    parts: tuple[OdpsType, ...] = ()
    labels: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.labels:
            fields = (f"{_quoted(label)}:{part}" for label, part in zip(self.labels, self.parts, strict=True))
            return f"{self.name}<{','.join(fields)}>"
        if self.parts:
            return f"{self.name}<{','.join(map(str, self.parts))}>"
        return f"{self.name}({','.join(map(str, self.sizes))})" if self.sizes else self.name


def _quoted(label: str) -> str:
    return label if re.fullmatch(r"\w+", label) else "`" + label.replace("`", "``") + "`"


@cache
def parse_type(text: str) -> OdpsType:
    """Read a type's text in any case.

    Raises:
        ProtocolError: it is none that we know.
    """
    tokens, place = [], 0
    stripped = text.strip()
    while place < len(stripped):
        match = _TOKEN.match(stripped, place)
        if match is None:
            raise _unknown(text)
        tokens.append(match[0].strip())
        place = match.end()
    reader = _TypeReader(text, tokens)
    found = reader.read(0)
    if reader.rest:
        raise _unknown(text)
    return found


def _unknown(text: str) -> ProtocolError:
    return ProtocolError(f"type {text[:120]!r}: not known", hint="Leave the column out, or cast it in a statement.")


class _TypeReader:
    """Takes one type after the other from the front of a list of tokens."""

    def __init__(self, text: str, tokens: list[str]) -> None:
        self._text = text
        self.rest = tokens

    def read(self, depth: int) -> OdpsType:
        """The next type with all that belongs to it."""
        name = {"INTEGER": "INT", "NUMERIC": "DECIMAL"}.get(word := self._next().upper(), word)
        if depth > _DEEPEST:
            raise _unknown(self._text)
        if name == "STRUCT":
            return self._struct(depth)
        if name in ("ARRAY", "MAP", "VECTOR") and self._peek() in ("<", "("):
            return self._container(name, depth)
        if name not in _WIRE and name != "DECIMAL":
            raise _unknown(self._text)
        return OdpsType(name, self._sizes())

    def _peek(self) -> str:
        return self.rest[0] if self.rest else ""

    def _next(self, *expected: str) -> str:
        if not self.rest or (expected and self.rest[0] not in expected):
            raise _unknown(self._text)
        return self.rest.pop(0)

    def _struct(self, depth: int) -> OdpsType:
        self._next("<")
        labels, parts = [], []
        while True:
            labels.append(self._next().strip("`").replace("``", "`"))
            self._next(":")
            parts.append(self.read(depth + 1))
            if self._next(",", ">") == ">":
                return OdpsType("STRUCT", parts=tuple(parts), labels=tuple(labels))

    def _container(self, name: str, depth: int) -> OdpsType:
        close = ">" if self._next("<", "(") == "<" else ")"
        parts, sizes = [self.read(depth + 1)], []
        while self._next(",", close) == ",":
            if self._peek().isdigit():
                sizes.append(int(self._next()))
            else:
                parts.append(self.read(depth + 1))
        if len(parts) != (2 if name == "MAP" else 1):
            raise _unknown(self._text)
        return OdpsType(name, tuple(sizes), tuple(parts))

    def _sizes(self) -> tuple[int, ...]:
        if self._peek() != "(":
            return ()
        self._next("(")
        sizes = []
        while True:
            size = self._next()
            if not size.isascii() or not size.isdigit():
                raise _unknown(self._text)
            sizes.append(int(size))
            if self._next(",", ")") == ")":
                return tuple(sizes)


def wire_type(kind: OdpsType, *, struct_times: bool = False, is_deep: bool = True) -> Any:
    """The Arrow type in which tunnels send it.

    Args:
        struct_times: TIMESTAMP comes as seconds and nanoseconds, as instance tunnels and previews write it.
        is_deep: also within lists, maps and structs; the SDK takes it to be so in columns alone.
    """
    if kind.name == "DECIMAL":
        digits, scale = (*kind.sizes, 0)[:2] if kind.sizes else _BARE_DECIMAL
        return pa.decimal128(digits, scale) if digits <= _DIGITS_128 else pa.decimal256(digits, scale)
    if struct_times and kind.name in TIMESTAMPS:
        return SECONDS_AND_NANOS
    parts = [wire_type(part, struct_times=struct_times and is_deep) for part in kind.parts]
    if kind.name in _LISTS:
        return pa.list_(parts[0])
    if kind.name == "MAP":
        return pa.map_(parts[0], parts[1])
    if kind.name == "STRUCT":
        return pa.struct(list(zip(kind.labels, parts, strict=True)))
    return _WIRE[kind.name]


def wire_schema(columns: tuple[tuple[str, str], ...], *, struct_times: bool = False, is_deep: bool = True) -> pa.Schema:
    """The schema of rows in a tunnel; columns as names and type texts, the rest as for `wire_type`."""
    kinds = {name: parse_type(text) for name, text in columns}
    fields = [(name, wire_type(kind, struct_times=struct_times, is_deep=is_deep)) for name, kind in kinds.items()]
    return pa.schema(fields)


def shown_type(kind: OdpsType) -> Any:
    """The Arrow type in which we hand it on: instants have a zone, intervals of days are text."""
    if kind.name in ZONED:
        return pa.timestamp("ms" if kind.name == "DATETIME" else "ns", "UTC")
    if kind.name == "INTERVAL_DAY_TIME":
        return pa.string()
    if kind.name in _LISTS:
        return pa.list_(_part("item", kind.parts[0]))
    if kind.name == "MAP":
        return pa.map_(_part("key", kind.parts[0]).with_nullable(False), _part("value", kind.parts[1]))
    if kind.name == "STRUCT":
        return pa.struct([_part(label, part) for label, part in zip(kind.labels, kind.parts, strict=True)])
    return wire_type(kind)


def _part(name: str, kind: OdpsType) -> Any:
    return pa.field(name, shown_type(kind), metadata={TYPE_METADATA: str(kind).encode()})


def shown_field(name: str, text: str, *, is_key: bool = False) -> Any:
    """A column as our pages have it, with the service's own word for its type."""
    metadata = {TYPE_METADATA: str(parse_type(text)).encode()}
    if is_key:
        metadata[KEY_METADATA] = b"1"
    return pa.field(name, shown_type(parse_type(text)), metadata=metadata)
