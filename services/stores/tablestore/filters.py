"""Tests as the service's column filters; see `where` for their meaning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.stores.tablestore.names import check_name, sdk_value
from services.stores.tablestore.ranges import expanded
from services.stores.tablestore.where import All, Compare, Either, Not, Presence, Test
from services.values import Typed

MAX_EXACT: Final = 2**53


def column_filter(tests: Sequence[Test], words: Mapping[str, str]) -> Any:
    """The SDK's condition for all tests together, None where there are none.

    Args:
        words: declared types of the key's columns, which hold no other.
    """
    parts = [_condition(test, words) for test in tests]
    return _combined("AND", parts) if parts else None


def columns_of(tests: Sequence[Test]) -> set[str]:
    """The columns that tests look at; the service sees those only that are read as well."""
    found: set[str] = set()
    for test in tests:
        match test:
            case Compare():
                found.update(test.names)
            case Presence():
                found.add(test.name)
            case Not():
                found |= columns_of([test.part])
            case All() | Either():
                found |= columns_of(test.parts)
    return found


def _condition(test: Test, words: Mapping[str, str]) -> Any:
    match test:
        case Presence():
            return presence(test.name, is_present=test.is_present)
        case Not():
            return _combined("NOT", [_condition(test.part, words)])
        case All():
            return _combined("AND", [_condition(part, words) for part in test.parts])
        case Either():
            return _combined("OR", [_condition(part, words) for part in test.parts])
        case Compare() if len(test.names) > 1:
            return _condition(expanded(test), words)
    name, value = test.names[0], test.values[0]
    single = [compared(name, test.operator, one) for one in _alternatives(value, words.get(name, ""))]
    return _combined("AND" if test.operator == "!=" else "OR", single)


def _alternatives(value: Typed, word: str) -> list[Typed]:
    """A number is compared with integers and doubles alike, as far as it is the same number in both."""
    if word or value.type not in ("Integer", "Double"):
        return [value]
    number = value.value
    if value.type == "Integer":
        return [value, Typed("Double", float(number))] if abs(number) <= MAX_EXACT else [value]
    if number.is_integer() and abs(number) <= MAX_EXACT:
        return [value, Typed("Integer", int(number))]
    return [value]


def compared(name: str, operator: str, value: Typed, *, passes_if_missing: bool = False) -> Any:
    """One comparison; a row that lacks the column fails it unless said otherwise."""
    from tablestore.metadata import ComparatorType, SingleColumnCondition

    comparators = {
        "=": ComparatorType.EQUAL,
        "!=": ComparatorType.NOT_EQUAL,
        ">": ComparatorType.GREATER_THAN,
        ">=": ComparatorType.GREATER_EQUAL,
        "<": ComparatorType.LESS_THAN,
        "<=": ComparatorType.LESS_EQUAL,
    }
    return SingleColumnCondition(
        check_name(name), sdk_value(value, name), comparators[operator], pass_if_missing=passes_if_missing
    )


def presence(name: str, *, is_present: bool) -> Any:
    """Whether a row has the column."""
    from tablestore.metadata import ComparatorType, SingleColumnRegexCondition

    comparator = ComparatorType.EXIST if is_present else ComparatorType.NOT_EXIST
    return SingleColumnRegexCondition(check_name(name), comparator)


def _combined(word: str, parts: Sequence[Any]) -> Any:
    from tablestore.metadata import CompositeColumnCondition, LogicalOperator

    if word != "NOT" and len(parts) == 1:
        return parts[0]
    combined = CompositeColumnCondition(getattr(LogicalOperator, word))
    for part in parts:
        combined.add_sub_condition(part)
    return combined


def together(parts: Sequence[Any]) -> Any:
    """Conditions that must hold together, None where there are none."""
    return _combined("AND", parts) if parts else None
