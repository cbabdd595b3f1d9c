"""Key ranges from a filter: rows lie in the order of the whole key, column after column.

A range is narrowed by `=` on the first key columns and by one inequality on the next; or by comparing several key
columns at once, `(region, id) >= ('eu', 7)`. What a range cannot say stays in the filter, and the service checks it row
by row: it costs the reading of rows that do not come.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from services.errors import UsageError
from services.stores.tablestore.where import All, Compare, Either, Not, Test
from services.values import Typed

INT_MAX: Final = 2**63 - 1
INT_MIN: Final = -(2**63)


@dataclass(frozen=True, slots=True)
class KeyColumn:
    """A column of the key and its type word."""

    name: str
    word: str


@dataclass(frozen=True, slots=True)
class Cut:
    """A place between rows: before or after all rows whose key begins with the values."""

    values: tuple[Any, ...] = ()
    is_after: bool = False

    def order(self, width: int) -> tuple[Any, ...]:
        """For comparing places of keys of so many columns."""
        parts = [(1, _ordered(value)) for value in self.values]
        return (*parts, *[((2,) if self.is_after else (0,))] * (width - len(parts)), self.is_after)


def _ordered(value: Any) -> Any:
    return value.encode("utf-8") if isinstance(value, str) else value


@dataclass(slots=True)
class ScanRange:
    """The rows between two cuts, and what is left to check of each row."""

    columns: tuple[KeyColumn, ...]
    low: Cut = field(default_factory=Cut)
    high: Cut = field(default_factory=lambda: Cut((), is_after=True))
    rest: list[Test] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether no key can lie in it."""
        width = len(self.columns)
        return self.low.order(width) >= self.high.order(width)

    def bounds(self, *, is_backward: bool) -> tuple[list[tuple[str, Any]], list[tuple[str, Any]]]:
        """The start, which is in the range, and the end, which is not, as the SDK takes them."""
        if is_backward:
            return self._key(self.high, self._last_before), self._key(self.low, self._any_before)
        return self._key(self.low), self._key(self.high)

    def _key(self, cut: Cut, before: Callable[[Any], Any] | None = None) -> list[tuple[str, Any]]:
        """The key at a cut. A whole key stands for the row itself, so that the one before or after it is taken.

        Args:
            before: for reading backward, a value of the last column that comes before one.
        """
        from tablestore.metadata import INF_MAX, INF_MIN

        values = list(cut.values)
        if len(values) == len(self.columns):
            if cut.is_after and before is None:
                values[-1] = _successor(values[-1], INF_MAX)
            elif not cut.is_after and before is not None:
                values[-1] = before(values[-1])
        filler = INF_MAX if cut.is_after else INF_MIN
        values += [filler] * (len(self.columns) - len(values))
        sent = [bytearray(value) if isinstance(value, bytes) else value for value in values]
        return [(column.name, value) for column, value in zip(self.columns, sent, strict=True)]

    @staticmethod
    def _last_before(value: Any) -> Any:
        """The largest integer before one. Texts and bytes have no such value: the filter keeps them out."""
        from tablestore.metadata import INF_MIN

        if isinstance(value, int):
            return value - 1 if value > INT_MIN else INF_MIN
        return value

    def _any_before(self, value: Any) -> Any:
        """As `_last_before`, but of texts and bytes one that leaves none out: the filter keeps out what is too much."""
        from tablestore.metadata import INF_MIN

        return self._last_before(value) if isinstance(value, int) else INF_MIN


def _successor(value: Any, largest: Any) -> Any:
    """The smallest value after one."""
    if isinstance(value, int):
        return value + 1 if value < INT_MAX else largest
    return value + ("\0" if isinstance(value, str) else b"\0")


def within(found: ScanRange, low: Sequence[Any], high: Sequence[Any]) -> None:
    """Narrow a range to the keys at or after `low` and before `high`, each the first values of a key or none."""
    _narrow(found, Cut(tuple(low)), Cut(tuple(high)) if high else Cut((), is_after=True))


def key_range(test: Test | None, columns: Sequence[KeyColumn], *, is_backward: bool = False) -> ScanRange:
    """The narrowest range that holds every row for which the test can hold.

    Raises:
        UsageError: a key column is compared with a value of another type.
    """
    found = ScanRange(tuple(columns))
    parts = _flat(test)
    for part in parts:
        _check_types(part, {column.name: column for column in columns})
    taken: list[Test] = []
    fixed: list[Any] = []
    for column in columns:
        equal = next((part for part in parts if _is_on(part, column.name, ("=",))), None)
        if equal is None:
            break
        assert isinstance(equal, Compare)
        fixed.append(_checked(column, equal.values[0]))
        taken.append(equal)
    _narrow(found, Cut(tuple(fixed)), Cut(tuple(fixed), is_after=True))
    if len(fixed) < len(columns):
        taken += _bounded(found, parts, fixed, columns[len(fixed)])
    taken += _tuples(found, parts, columns)
    needs_check = is_backward and columns[-1].word != "Integer"
    kept = [part for part in parts if needs_check or not any(part is one for one in taken)]
    found.rest = [expanded(part) for part in kept]
    return found


def _flat(test: Test | None) -> list[Test]:
    if test is None:
        return []
    if isinstance(test, All):
        return [one for part in test.parts for one in _flat(part)]
    return [test]


def _check_types(test: Test, columns: Mapping[str, KeyColumn]) -> None:
    """Key columns hold one type, so that another in a filter is a slip that would find nothing."""
    match test:
        case Compare():
            for name, value in zip(test.names, test.values, strict=True):
                if name in columns:
                    _checked(columns[name], value)
        case Not():
            _check_types(test.part, columns)
        case All() | Either():
            for part in test.parts:
                _check_types(part, columns)


def _is_on(part: Test, name: str, operators: Sequence[str]) -> bool:
    return isinstance(part, Compare) and part.names == (name,) and part.operator in operators


def _checked(column: KeyColumn, value: Typed) -> Any:
    if value.type != column.word:
        told = f"filter: the key column {column.name} is {column.word}, compared with {value.type}"
        raise UsageError(told, hint="Texts stand in 'quotes', bytes are x'00ff', integers have no point.")
    return value.value


def _cuts(operator: str, values: tuple[Any, ...]) -> tuple[Cut, Cut]:
    low, high = Cut(), Cut((), is_after=True)
    if operator in ("=", ">=", ">"):
        low = Cut(values, is_after=operator == ">")
    if operator in ("=", "<=", "<"):
        high = Cut(values, is_after=operator != "<")
    return low, high


def _narrow(found: ScanRange, low: Cut, high: Cut) -> None:
    width = len(found.columns)
    found.low = max(found.low, low, key=lambda cut: cut.order(width))
    found.high = min(found.high, high, key=lambda cut: cut.order(width))


def _bounded(found: ScanRange, parts: list[Test], fixed: list[Any], column: KeyColumn) -> list[Test]:
    """Narrow by the inequalities on the first key column that is not fixed."""
    taken: list[Test] = []
    for part in parts:
        if _is_on(part, column.name, ("<", "<=", ">", ">=")):
            assert isinstance(part, Compare)
            low, high = _cuts(part.operator, (*fixed, _checked(column, part.values[0])))
            fence = Cut(tuple(fixed)), Cut(tuple(fixed), is_after=True)
            _narrow(found, low if low.values else fence[0], high if high.values else fence[1])
            taken.append(part)
    return taken


def _tuples(found: ScanRange, parts: list[Test], columns: Sequence[KeyColumn]) -> list[Test]:
    """Narrow by comparisons of several columns, where these begin the key."""
    taken: list[Test] = []
    names = tuple(column.name for column in columns)
    for part in parts:
        if isinstance(part, Compare) and len(part.names) > 1 and names[: len(part.names)] == part.names:
            values = tuple(_checked(column, value) for column, value in zip(columns, part.values, strict=False))
            _narrow(found, *_cuts(part.operator, values))
            taken.append(part)
    return taken


def expanded(part: Test) -> Test:
    """A comparison of several columns in terms of single ones."""
    if not isinstance(part, Compare) or len(part.names) == 1:
        return part
    name, value = part.names[0], part.values[0]
    rest = expanded(Compare(part.names[1:], part.operator, part.values[1:]))
    equal = Compare((name,), "=", (value,))
    if part.operator == "=":
        return All((equal, rest))
    return Either((Compare((name,), part.operator[0], (value,)), All((equal, rest))))
