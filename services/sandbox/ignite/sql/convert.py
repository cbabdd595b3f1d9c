"""Values on their way into a column: conversion to the kept form, limits, and Ignite's refusals."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from uuid import UUID

from services.sandbox.ignite import values
from services.sandbox.ignite.errors import SqlRefused
from services.sandbox.ignite.objects import sent
from services.sandbox.ignite.sql.temporal import Clock, parse_date, parse_time, parse_timestamp
from services.sandbox.ignite.sql.types import RANGES
from services.sandbox.ignite.values import Opaque, Timestamp

_EXACT = Context(prec=10_000)
_SIZED = frozenset({"VARCHAR", "CHAR", "BINARY"})
Kept = int | float | str | bytes | None
_JAVA_NAMES: dict[type, str] = {
    str: "java.lang.String", int: "java.lang.Long", float: "java.lang.Double", bytes: "byte[]",
}  # fmt: skip


def _boolean(value: Kept) -> Kept:
    if isinstance(value, str):
        word = value.strip().upper()
        if word in {"TRUE", "T", "YES", "Y", "1"}:
            return 1
        if word in {"FALSE", "F", "NO", "N", "0"}:
            return 0
        raise ValueError(value)
    return int(bool(value))


def _integer(value: Kept) -> int:
    if isinstance(value, float):
        return math.floor(value + 0.5) if value >= 0 else math.ceil(value - 0.5)
    if isinstance(value, str):
        number = Decimal(value.strip())
        return int(number.to_integral_value("ROUND_HALF_UP"))
    if isinstance(value, bytes):
        raise ValueError(value)
    return int(value or 0)


def _limited(name: str) -> Callable[[Kept], Kept]:
    limit = RANGES[name]

    def convert(value: Kept) -> Kept:
        number = _integer(value)
        if not -limit <= number < limit:
            raise OverflowError(number)
        return number

    return convert


def _float(value: Kept) -> Kept:
    if isinstance(value, bytes):
        raise ValueError(value)
    number = float(value or 0)
    return "NaN" if math.isnan(number) else number


def _decimal(value: Kept) -> Kept:
    if isinstance(value, bytes):
        raise ValueError(value)
    number = Decimal(repr(value) if isinstance(value, float) else str(value).strip())
    if not number.is_finite():
        raise ValueError(value)
    return format(number, "f")


def text_of(value: Kept) -> str:
    """A value as VARCHAR."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float):
        return _java_double(value)
    return str(value)


def _java_double(value: float) -> str:
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    mantissa, _, exponent = f"{value:.16e}".partition("e")
    digits = repr(float(mantissa))
    for precision in range(17):
        digits = f"{value:.{precision}e}".partition("e")[0]
        if float(f"{digits}e{exponent}") == value:
            break
    return f"{digits if '.' in digits else digits + '.0'}E{int(exponent)}"


def _binary(value: Kept) -> Kept:
    if isinstance(value, str):
        return bytes.fromhex(value)
    if isinstance(value, bytes):
        return value
    raise ValueError(value)


CONVERTERS: dict[str, Callable[[Kept], Kept]] = {
    "BOOLEAN": _boolean,
    "TINYINT": _limited("TINYINT"),
    "SMALLINT": _limited("SMALLINT"),
    "INTEGER": _limited("INTEGER"),
    "BIGINT": _limited("BIGINT"),
    "REAL": _float,
    "DOUBLE": _float,
    "DECIMAL": _decimal,
    "VARCHAR": text_of,
    "CHAR": text_of,
    "TIMESTAMP": lambda value: parse_timestamp(str(value)),
    "DATE": lambda value: parse_date(str(value)),
    "TIME": lambda value: parse_time(str(value)),
    "UUID": lambda value: str(UUID(bytes=value) if isinstance(value, bytes) else UUID(str(value))),
    "BINARY": _binary,
    "OTHER": lambda value: value,
}


def refused(reason: str, code: int) -> SqlRefused:
    """The refusal of a computation, in the words of the node's parser (which folds constants)."""
    return SqlRefused("42000", f"Failed to parse query. {reason} [{code}-197]")


def cast(value: Kept, name: str, precision: int = -1, scale: int = -1) -> Kept:
    """CAST to a type; NULL stays NULL, decimals are rounded to the scale, text is cut to the length."""
    if value is None:
        return None
    try:
        kept = CONVERTERS[name](value)
        if name == "DECIMAL" and scale >= 0:
            return format(Decimal(str(kept)).quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP, _EXACT), "f")
        return kept[:precision] if isinstance(kept, (str, bytes)) and name in _SIZED and precision > 0 else kept
    except (ValueError, InvalidOperation) as error:
        raise refused(f'Data conversion error converting "{text_of(value)}"', 22018) from error
    except OverflowError as error:
        raise refused(f'Numeric value out of range: "{text_of(value)}"', 22003) from error


def keep(value: Kept, name: str, java: str, column: str, precision: int, scale: int) -> Kept:
    """A value as its column keeps it.

    Raises:
        SqlRefused: the value is of another kind, too long, or out of range.
    """
    if value is None:
        return None
    try:
        kept = CONVERTERS[name](value)
    except (ValueError, ArithmeticError) as error:
        source = _JAVA_NAMES.get(type(value), "java.lang.Object")
        raise SqlRefused("0700B", f"Value conversion failed [column={column}, from={source}, to={java}]") from error
    if name in {"VARCHAR", "CHAR", "BINARY"} and 0 < precision < len(kept):  # type: ignore[arg-type]
        raise SqlRefused(
            "23000",
            f"Value for a column '{column}' is too long. Maximum length: {precision}, actual length: {len(kept)}",  # type: ignore[arg-type]
        )
    if name == "DECIMAL":
        _check_decimal(str(kept), column, precision, scale)
    return kept


def _check_decimal(text: str, column: str, precision: int, scale: int) -> None:
    whole, _, fraction = text.lstrip("-").partition(".")
    digits = len((whole + fraction).lstrip("0")) or 1
    start = f"Value for a column '{column}' is out of range. Maximum"
    if 0 < precision < digits:
        raise SqlRefused("23000", f"{start} precision: {precision}, actual precision: {digits}")
    if 0 <= scale < len(fraction):
        raise SqlRefused("23000", f"{start} scale : {scale}, actual scale: {len(fraction)}")


def kept_of(data: bytes, clock: Clock) -> Kept:
    """A typed object (an argument, a key, a field) as tables keep it."""
    tag, value = data[0], values.decode(data)
    if tag in {11, 33}:
        millis, nanos = (value.millis, value.nanos) if isinstance(value, Timestamp) else (value, 0)
        return clock.timestamp_text(millis, nanos)  # type: ignore[arg-type]
    if tag == 36:
        return clock.time_text(value)  # type: ignore[arg-type]
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Opaque):
        return _kept_of_opaque(value.data, clock)
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    return int(value) if isinstance(value, bool) else value  # type: ignore[return-value]


def _kept_of_opaque(data: bytes, clock: Clock) -> Kept:
    if data[0] == 254 and data[5:12] == values.sql_date(0)[5:12]:
        return clock.date_text(int.from_bytes(data[12:20], "little", signed=True))
    return sent(data)
