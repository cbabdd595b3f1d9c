"""SQL column types: their names, Java classes, SQLite declarations and wire forms."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from services.sandbox.ignite import values
from services.sandbox.ignite.objects import NULL
from services.sandbox.ignite.sql.temporal import Clock

Encoder = Callable[[Clock, Iterable[object]], list[bytes]]


@dataclass(frozen=True)
class SqlType:
    """One type; `declaration` is what the SQLite column is declared as."""

    name: str
    java: str
    code: int
    declaration: str
    aliases: tuple[str, ...] = ()


BOOLEAN = SqlType("BOOLEAN", "java.lang.Boolean", 8, "INT", ("BIT", "BOOL"))
TINYINT = SqlType("TINYINT", "java.lang.Byte", 1, "INT")
SMALLINT = SqlType("SMALLINT", "java.lang.Short", 2, "INT", ("INT2", "YEAR"))
INTEGER = SqlType("INTEGER", "java.lang.Integer", 3, "INT", ("INT", "INT4", "MEDIUMINT", "SIGNED"))
BIGINT = SqlType("BIGINT", "java.lang.Long", 4, "INT", ("INT8", "LONG"))
REAL = SqlType("REAL", "java.lang.Float", 5, "REAL", ("FLOAT4",))
DOUBLE = SqlType("DOUBLE", "java.lang.Double", 6, "REAL", ("FLOAT", "FLOAT8", "DOUBLE PRECISION"))
DECIMAL = SqlType("DECIMAL", "java.math.BigDecimal", 30, "TEXT COLLATE decimal", ("NUMERIC", "DEC", "NUMBER"))
VARCHAR = SqlType(
    "VARCHAR", "java.lang.String", 9, "TEXT",
    ("VARCHAR2", "LONGVARCHAR", "NVARCHAR", "TEXT", "CLOB", "VARCHAR_IGNORECASE", "CHARACTER VARYING"),
)  # fmt: skip
CHAR = SqlType("CHAR", "java.lang.String", 9, "TEXT", ("CHARACTER", "NCHAR"))
TIMESTAMP = SqlType("TIMESTAMP", "java.sql.Timestamp", 33, "TEXT", ("DATETIME", "SMALLDATETIME"))
DATE = SqlType("DATE", "java.sql.Date", 254, "TEXT")
TIME = SqlType("TIME", "java.sql.Time", 36, "TEXT")
UUID_TYPE = SqlType("UUID", "java.util.UUID", 10, "TEXT")
BINARY = SqlType("BINARY", "[B", 12, "BLOB", ("VARBINARY", "LONGVARBINARY", "BLOB", "BYTEA", "RAW", "IMAGE"))
OTHER = SqlType("OTHER", "java.lang.Object", 103, "BLOB", ("OBJECT", "JAVA_OBJECT"))
TYPES = (
    BOOLEAN, TINYINT, SMALLINT, INTEGER, BIGINT, REAL, DOUBLE, DECIMAL, VARCHAR, CHAR, TIMESTAMP, DATE, TIME,
    UUID_TYPE, BINARY, OTHER,
)  # fmt: skip
BY_NAME = {name: kind for kind in TYPES for name in (kind.name, *kind.aliases)}
BY_JAVA = {kind.java: kind for kind in reversed(TYPES)} | {
    "java.util.Date": TIMESTAMP,
    "java.time.LocalDate": DATE,
    "java.time.LocalTime": TIME,
    "java.time.LocalDateTime": TIMESTAMP,
    "int": INTEGER,
    "long": BIGINT,
    "short": SMALLINT,
    "byte": TINYINT,
    "float": REAL,
    "double": DOUBLE,
    "boolean": BOOLEAN,
    "byte[]": BINARY,
    "java.lang.Character": CHAR,
}
INTEGERS = (TINYINT, SMALLINT, INTEGER, BIGINT)
RANGES = {kind.name: 1 << bits for kind, bits in zip(INTEGERS, (7, 15, 31, 63), strict=True)}


ORDERED = [*INTEGERS, REAL, DOUBLE, DECIMAL]


def wider(left: SqlType | None, right: SqlType | None) -> SqlType | None:
    """The type of two operands put together: the wider number, else the one that is known."""
    if left in ORDERED and right in ORDERED:
        if DECIMAL in {left, right}:
            return DECIMAL
        return max(left, right, key=ORDERED.index)
    return left or right


def _packed(tag: int) -> Encoder:
    pack = values.PACKERS[tag]

    def encode(clock: Clock, column: Iterable[object]) -> list[bytes]:
        return [NULL if value is None else pack(tag, value) for value in column]

    return encode


def _each(one: Callable[[Clock, object], bytes]) -> Encoder:
    def encode(clock: Clock, column: Iterable[object]) -> list[bytes]:
        return [NULL if value is None else one(clock, value) for value in column]

    return encode


def _strings(clock: Clock, column: Iterable[object]) -> list[bytes]:
    head = struct.Struct("<Bi").pack
    encoded = [None if value is None else str(value).encode("utf-8", "surrogatepass") for value in column]
    return [NULL if data is None else head(9, len(data)) + data for data in encoded]


def _floats(tag: int) -> Encoder:
    pack = values.PACKERS[tag]

    def encode(clock: Clock, column: Iterable[object]) -> list[bytes]:
        # NaN is kept as text: SQLite has no NaN.
        return [NULL if value is None else pack(tag, float(value)) for value in column]  # type: ignore[arg-type]

    return encode


def _timestamps(clock: Clock, column: Iterable[object]) -> list[bytes]:
    pack, numbers = struct.Struct("<Bqi").pack, clock.timestamp
    return [NULL if value is None else pack(33, *numbers(str(value))) for value in column]


def _dynamic(clock: Clock, value: object) -> bytes:
    """An expression whose type nobody declared: by the value itself."""
    if isinstance(value, bool):
        return values.boolean(value)
    if isinstance(value, int) and -RANGES["INTEGER"] <= value < RANGES["INTEGER"]:
        return values.number(3, value)
    return values.encode(value)


def decimal_text(value: object) -> bytes:
    """The wire form of a decimal kept as text."""
    text = str(value)
    whole, point, fraction = text.partition(".")
    if point and fraction.isdecimal():
        return values.decimal_of(int(whole + fraction), len(fraction))
    if whole.lstrip("-").isdecimal():
        return values.decimal_of(int(whole), 0)
    return values.decimal(Decimal(text))


ENCODERS: dict[str, Encoder] = {
    "BOOLEAN": lambda clock, column: [NULL if v is None else b"\x08\1" if v else b"\x08\0" for v in column],
    "TINYINT": _packed(1),
    "SMALLINT": _packed(2),
    "INTEGER": _packed(3),
    "BIGINT": _packed(4),
    "REAL": _floats(5),
    "DOUBLE": _floats(6),
    "DECIMAL": _each(lambda clock, value: decimal_text(value)),
    "VARCHAR": _strings,
    "CHAR": _strings,
    "TIMESTAMP": _timestamps,
    "DATE": _each(lambda clock, value: values.sql_date(clock.date_millis(str(value)))),
    "TIME": _each(lambda clock, value: values.number(36, clock.time_millis(str(value)))),
    "UUID": _each(lambda clock, value: values.uuid(UUID(str(value)))),
    "BINARY": _each(lambda clock, value: values.byte_array(value)),  # type: ignore[arg-type]
    "OTHER": _each(lambda clock, value: value if isinstance(value, bytes) else _dynamic(clock, value)),
}
DYNAMIC = _each(_dynamic)


def encoder_of(kind: SqlType | None) -> Encoder:
    """The encoder of a column; without a type it goes by each value."""
    return DYNAMIC if kind is None else ENCODERS[kind.name]
