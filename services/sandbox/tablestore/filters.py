"""Column filters, alone and combined, over the columns that a request reads."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

from services.sandbox.tablestore.errors import invalid
from services.sandbox.tablestore.messages import filter_pb, parse
from services.sandbox.tablestore.plainbuffer import read_value
from services.sandbox.tablestore.rows import Cells
from services.sandbox.tablestore.values import Value, is_same_kind

Test = Callable[[Cells], bool]
SINGLE, COMPOSITE, PAGINATION = 1, 2, 3
EXIST, NOT_EXIST, NOT_EQUAL = 7, 8, 2
_COMPARE: dict[int, Callable[[Any, Any], bool]] = {
    1: operator.eq,
    2: operator.ne,
    3: operator.gt,
    4: operator.ge,
    5: operator.lt,
    6: operator.le,
}
NOT, AND, OR = 1, 2, 3
_CASTS: dict[int, Callable[[str], Value]] = {0: int, 1: float, 7: str.encode}
MAX_FILTERS = 10


class Filter:
    """A filter that was read: does a row pass, and which of its columns go out."""

    def __init__(self, test: Test | None = None, page: tuple[int, int] | None = None) -> None:
        self._test = test
        self._page = page

    def passes(self, cells: Cells) -> bool:
        return self._test is None or self._test(cells)

    def cut(self, cells: Cells) -> Cells:
        """The columns of its page, when it is a pagination filter."""
        if self._page is None:
            return cells
        offset, limit = self._page
        return {name: cells[name] for name in sorted(cells)[offset : offset + limit]}


def read_filter(data: bytes) -> Filter | None:
    """A filter as requests carry it; None where there is none."""
    if not data:
        return None
    message = parse(filter_pb().Filter, data)
    if message.type == PAGINATION:
        page = parse(filter_pb().ColumnPaginationFilter, message.filter)
        if page.offset < 0 or page.limit <= 0:
            raise invalid("The offset and limit of a column pagination filter cannot be negative or 0.")
        return Filter(page=(page.offset, page.limit))
    counted = [0]
    return Filter(_test(message, counted))


def _test(message: Any, counted: list[int]) -> Test:
    counted[0] += 1
    if counted[0] > 3 * MAX_FILTERS:
        raise invalid(f"The count of filter exceeds the max: {MAX_FILTERS}.")
    if message.type == SINGLE:
        return _single(parse(filter_pb().SingleColumnValueFilter, message.filter))
    if message.type == COMPOSITE:
        return _composite(parse(filter_pb().CompositeColumnValueFilter, message.filter), counted)
    raise invalid("This type of filter cannot be part of another.")


def _composite(message: Any, counted: list[int]) -> Test:
    tests = [_test(sub, counted) for sub in message.sub_filters]
    if message.combinator == NOT:
        if len(tests) != 1:
            raise invalid("NOT takes one filter.")
        return lambda cells: not tests[0](cells)
    if not tests:
        raise invalid("A combined filter has no parts.")
    if message.combinator == AND:
        return lambda cells: all(test(cells) for test in tests)
    return lambda cells: any(test(cells) for test in tests)


def _single(message: Any) -> Test:
    name, comparator = message.column_name, message.comparator
    if comparator in (EXIST, NOT_EXIST):
        return lambda cells: (name in cells) == (comparator == EXIST)
    wanted = read_value(message.column_value)
    rule = message.value_trans_rule if message.HasField("value_trans_rule") else None
    passes_if_missing, is_latest_only = not message.filter_if_missing, message.latest_version_only

    def test(cells: Cells) -> bool:
        versions = cells.get(name)
        if not versions:
            return passes_if_missing
        seen = versions[:1] if is_latest_only else versions
        return any(_compare(comparator, _transferred(value, rule), wanted) for _, value in seen)

    return test


def _compare(comparator: int, value: Value | None, wanted: Value) -> bool:
    """Values of two types are never equal and never in order."""
    if value is None or not is_same_kind(value, wanted):
        return comparator == NOT_EQUAL
    return bool(_COMPARE[comparator](value, wanted))


def _transferred(value: Value, rule: Any) -> Value | None:
    """What the rule's pattern finds in a text (its first group), cast; None when it finds nothing."""
    if rule is None:
        return value
    if not isinstance(value, str):
        return None
    try:
        found = re.search(rule.regex, value)
    except re.error as error:
        raise invalid(f"Invalid regex: {rule.regex!r}.") from error
    if found is None:
        return None
    text: str = found[1] if found.re.groups else found[0]
    try:
        return _CASTS.get(rule.cast_type, str)(text)
    except ValueError:
        return None
