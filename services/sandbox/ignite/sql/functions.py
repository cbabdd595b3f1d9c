"""The functions and the collation registered with every SQLite connection."""

from __future__ import annotations

import math
import random
import re
import sqlite3
import time
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal, InvalidOperation
from uuid import uuid4

from services.sandbox.ignite.errors import RequestRefused, SqlRefused
from services.sandbox.ignite.sql import convert, dates
from services.sandbox.ignite.sql.convert import Kept
from services.sandbox.ignite.sql.temporal import Clock

EXACT = Context(prec=10_000)
_PARTS = {"YEAR": (0, 4), "MONTH": (5, 7), "DAY": (8, 10), "HOUR": (-8, -6), "MINUTE": (-5, -3), "SECOND": (-2, None)}


def number(value: Kept) -> Decimal:
    """A kept number as an exact decimal."""
    try:
        return Decimal(repr(value) if isinstance(value, float) else str(value))
    except InvalidOperation as error:
        raise convert.refused(f'Data conversion error converting "{value!s}"', 22018) from error


def compare(left: str, right: str) -> int:
    """The collation of decimals: by value, whatever the scale."""
    try:
        a, b = Decimal(left), Decimal(right)
    except InvalidOperation:
        return (left > right) - (left < right)
    return (a > b) - (a < b)


def _compare(left: Kept, right: Kept) -> int | None:
    if left is None or right is None:
        return None
    return int(EXACT.compare(number(left), number(right)))


def _exact(operation: Callable[[Decimal, Decimal], Decimal]) -> Callable[[Kept, Kept], str | None]:
    def apply(left: Kept, right: Kept) -> str | None:
        if left is None or right is None:
            return None
        return format(operation(number(left), number(right)), "f")

    return apply


def _divide(left: Decimal, right: Decimal) -> Decimal:
    _check_divisor(right, left)
    quotient = Context(prec=max(28, len(left.as_tuple().digits) + 20)).divide(left, right)
    return quotient.normalize(EXACT) if quotient else Decimal(0)


def _check_divisor(divisor: object, dividend: object) -> None:
    if not divisor:
        raise convert.refused(f'Division by zero: "{dividend}"', 22012)


def _plain_division(left: Kept, right: Kept) -> Kept:
    if left is None or right is None:
        return None
    _check_divisor(right, left)
    if isinstance(left, int) and isinstance(right, int):
        quotient = abs(left) // abs(right)
        return quotient if (left < 0) == (right < 0) else -quotient
    return float(left) / float(right)


def _plain_modulo(left: Kept, right: Kept) -> Kept:
    if left is None or right is None:
        return None
    _check_divisor(right, left)
    return int(math.fmod(int(left), int(right)))


def _rounded(mode: str) -> Callable[..., Kept]:
    def apply(value: Kept, digits: int = 0) -> Kept:
        if value is None:
            return None
        result = number(value).quantize(Decimal(1).scaleb(-digits), mode, EXACT)
        return type(value)(result) if isinstance(value, (int, float)) else format(result, "f")

    return apply


def _decimal_abs(value: Kept) -> Kept:
    if isinstance(value, str):
        return format(abs(number(value)), "f")
    return None if value is None else abs(value)  # type: ignore[arg-type]


class _Sum:
    """SUM over decimals."""

    def __init__(self) -> None:
        self.total = Decimal(0)
        self.count = 0

    def step(self, value: Kept) -> None:
        if value is not None:
            self.total = EXACT.add(self.total, number(value))
            self.count += 1

    def finalize(self) -> str | None:
        return format(self.total, "f") if self.count else None


class _Average(_Sum):
    """AVG over decimals."""

    def finalize(self) -> str | None:
        return format(_divide(self.total, Decimal(self.count)), "f") if self.count else None


def _concat(*parts: Kept) -> str:
    return "".join(convert.text_of(part) for part in parts if part is not None)


def _concat_ws(separator: str, *parts: Kept) -> str:
    return separator.join(convert.text_of(part) for part in parts if part is not None)


def _part(unit: str, value: Kept) -> int | None:
    if value is None:
        return None
    if unit not in _PARTS:
        raise SqlRefused("42000", f"Unknown date part: {unit}")
    start, end = _PARTS[unit]
    text = str(value).partition(".")[0]
    if start < 0 and ":" not in text:
        return 0
    return int(text[slice(start, end)])


def _null_safe(function: Callable[..., Kept]) -> Callable[..., Kept]:
    def apply(*args: Kept) -> Kept:
        return None if None in args else function(*args)

    return apply


def _cast(value: Kept, name: str, source: str, precision: int = -1, scale: int = -1) -> Kept:
    if name in {"VARCHAR", "CHAR"} and value is not None:
        if source == "BOOLEAN":
            return "TRUE" if value else "FALSE"
        if source == "TIMESTAMP":
            return str(value).rstrip("0").rstrip(".") if "." in str(value) else str(value)
    return convert.cast(value, name, precision, scale)


def _guarded(function: Callable[..., Kept], refused: list[RequestRefused]) -> Callable[..., Kept]:
    """Keeps the refusal: SQLite itself only says that a function failed."""

    def apply(*args: Kept) -> Kept:
        try:
            return function(*args)
        except RequestRefused as error:
            refused.append(error)
            raise
        except (ArithmeticError, TypeError, ValueError) as error:
            refused.append(convert.refused(f"Data conversion error: {error}", 22018))
            raise

    return apply


def _functions(clock: Clock) -> dict[str, Callable[..., Kept]]:
    def now() -> str:
        return clock.timestamp_text(time.time_ns() // 1_000_000)

    return {
        "ig_cast": _cast,
        "ig_decimal": lambda value: value,
        "ig_text": lambda data: bytes.fromhex(str(data)).decode(),
        "ig_compare": _compare,
        "ig_add": _exact(EXACT.add),
        "ig_sub": _exact(EXACT.subtract),
        "ig_mul": _exact(EXACT.multiply),
        "ig_div": _exact(_divide),
        "ig_mod": _exact(EXACT.remainder),
        "ig_div_plain": _plain_division,
        "ig_mod_plain": _plain_modulo,
        "ig_abs": _decimal_abs,
        "ig_round": _rounded(ROUND_HALF_UP),
        "ig_trunc": _rounded(ROUND_DOWN),
        "ig_floor": _rounded(ROUND_FLOOR),
        "ig_ceil": _rounded(ROUND_CEILING),
        "ig_sqrt": _null_safe(lambda value: math.sqrt(float(value))),
        "ig_power": _null_safe(lambda a, b: float(a) ** float(b)),
        "ig_exp": _null_safe(lambda value: math.exp(float(value))),
        "ig_ln": _null_safe(lambda value: math.log(float(value))),
        "ig_pi": lambda: math.pi,
        "ig_rand": lambda *seed: random.random(),  # noqa: S311 - sample values, no secret
        "ig_uuid": lambda: str(uuid4()),
        "ig_upper": _null_safe(lambda value: str(value).upper()),
        "ig_lower": _null_safe(lambda value: str(value).lower()),
        "ig_left": _null_safe(lambda value, count: str(value)[: max(0, count)]),
        "ig_right": _null_safe(lambda value, count: str(value)[-count:] if count > 0 else ""),
        "ig_concat": _concat,
        "ig_concat_ws": _concat_ws,
        "ig_repeat": _null_safe(lambda value, count: str(value) * count),
        "ig_space": _null_safe(lambda count: " " * count),
        "ig_lpad": _null_safe(lambda value, size, fill=" ": str(value).rjust(size, fill)[:size]),
        "ig_rpad": _null_safe(lambda value, size, fill=" ": str(value).ljust(size, fill)[:size]),
        "ig_reverse": _null_safe(lambda value: str(value)[::-1]),
        "ig_regexp": _null_safe(lambda value, pattern: int(re.search(pattern, str(value)) is not None)),
        "regexp": _null_safe(lambda pattern, value: int(re.search(pattern, str(value)) is not None)),
        "ig_regexp_replace": _null_safe(lambda value, pattern, new: re.sub(pattern, new, str(value))),
        "ig_now": lambda *precision: now(),
        "ig_today": lambda: now()[:10],
        "ig_time": lambda: now()[11:19],
        "ig_part": _part,
        "ig_date_add": _null_safe(dates.add),
        "ig_date_diff": _null_safe(dates.difference),
        "ig_day_of_week": _null_safe(dates.day_of_week),
        "ig_keep": convert.keep,
    }


def register(
    connection: sqlite3.Connection, clock: Clock, refused: list[RequestRefused], row_object: Callable[..., Kept]
) -> None:
    """Makes all functions known to a connection; refusals they raise are put into `refused`."""
    connection.create_function("ig_object", -1, _guarded(row_object, refused))
    for name, function in _functions(clock).items():
        connection.create_function(name, -1, _guarded(function, refused))
    connection.create_aggregate("ig_sum", 1, _Sum)  # type: ignore[arg-type]
    connection.create_aggregate("ig_avg", 1, _Average)  # type: ignore[arg-type]
    connection.create_collation("decimal", compare)
