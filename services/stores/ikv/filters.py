"""A filter of documents in the words of SQL, tested here: the service itself has no queries.

`city = 'Rome' AND (age >= 30 OR city IS NULL)`: comparisons, LIKE, IN, BETWEEN, IS NULL (absent), AND, OR, NOT. As in
SQL a comparison with what is absent is neither true nor false; so is one between types that do not compare.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import pyarrow as pa

from services.errors import NotFound, StatementRefused
from services.results.typed import typed_cell
from services.values import ABSENT, Typed

Truth = bool | None
Row = Mapping[str, Any]
Test = Callable[[Row], Truth]
Operand = Callable[[Row], Any]

COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "eq": operator.eq,
    "neq": operator.ne,
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}
EXAMPLE: Final = "Such as: city = 'Rome' AND age >= 30; city IS NULL; name LIKE 'A%'."


class Filter:
    """A condition on documents.

    Attributes:
        columns: the fields that it names.
    """

    def __init__(self, text: str, fields: list[str]) -> None:
        self.columns: list[str] = []
        self._fields = fields
        self._text = text
        self._test = self._condition(self._parsed(text))

    def _parsed(self, text: str) -> Any:
        import sqlglot

        try:
            return sqlglot.parse_one(text, read="postgres")
        except (sqlglot.errors.SqlglotError, RecursionError) as error:
            raise StatementRefused(f"filter: {text[:60]!r} cannot be read", hint=EXAMPLE) from error

    def kept(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The rows that the condition holds for."""
        values = [_values(batch, name) for name in self.columns]
        rows = zip(*values, strict=True) if values else ((),) * batch.num_rows
        mask = [self._test(dict(zip(self.columns, row, strict=True))) is True for row in rows]
        return batch.filter(pa.array(mask, pa.bool_()))

    def _condition(self, node: Any) -> Test:
        """A node's test; some versions of the parser note NOT on the node itself."""
        test = self._plain_condition(node)
        return (lambda row: _not(test(row))) if node.args.get("negate") else test

    def _plain_condition(self, node: Any) -> Test:
        if node.key in ("and", "or"):
            return _joined(node.key, self._condition(node.left), self._condition(node.right))
        if node.key == "not":
            inner = self._condition(node.this)
            return lambda row: _not(inner(row))
        if node.key == "paren":
            return self._condition(node.this)
        if node.key in COMPARISONS:
            return _compared(COMPARISONS[node.key], self._operand(node.left), self._operand(node.right))
        if node.key == "between":
            low, high = node.args["low"], node.args["high"]
            value = self._operand(node.this)
            at_least = _compared(operator.ge, value, self._operand(low))
            return _joined("and", at_least, _compared(operator.le, value, self._operand(high)))
        return self._special(node)

    def _special(self, node: Any) -> Test:
        if node.key == "is" and node.expression.key == "null":
            value = self._operand(node.this)
            return lambda row: value(row) is None
        if node.key == "in" and node.expressions:
            value, choices = self._operand(node.this), [self._operand(choice) for choice in node.expressions]
            tests = [_compared(operator.eq, value, choice) for choice in choices]
            return lambda row: _any(test(row) for test in tests)
        if node.key in ("like", "ilike") and node.expression.is_string:
            pattern = _pattern(node.expression.this, ignores_case=node.key == "ilike")
            value = self._operand(node.this)
            return lambda row: bool(pattern.fullmatch(found)) if isinstance(found := value(row), str) else None
        if node.key == "column":
            value = self._operand(node)
            return lambda row: found if isinstance(found := value(row), bool) else None
        raise self._refused(node)

    def _operand(self, node: Any) -> Operand:
        if node.key == "column" and not node.table:
            return self._field(node.name)
        value = _literal(node)
        if value is None:
            raise self._refused(node)
        return lambda row: value

    def _field(self, name: str) -> Operand:
        if name not in self._fields:
            raise NotFound(f"filter: {name}: no field of that name", hint="A text stands in single quotes.")
        if name not in self.columns:
            self.columns.append(name)
        return lambda row: row[name]

    def _refused(self, node: Any) -> StatementRefused:
        return StatementRefused(f"filter: {node.sql()[:60]!r} is not understood", hint=EXAMPLE)


def _literal(node: Any) -> Any:
    """The value that a literal stands for, None for anything else."""
    if node.key == "neg":
        found = _literal(node.this)
        return None if found is None or isinstance(found, str | bytes | bool) else -found
    if node.key == "boolean":
        return bool(node.this)
    if node.key != "literal":
        return None
    if node.is_string:
        return str(node.this)
    return int(node.this) if node.this.isdigit() else float(node.this)


def _family(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else type(value).__name__


def _compared(compare: Callable[[Any, Any], bool], left: Operand, right: Operand) -> Test:
    def test(row: Row) -> Truth:
        one, other = left(row), right(row)
        if one is None or other is None or _family(one) != _family(other):
            return None
        return compare(one, other)

    return test


def _joined(word: str, left: Test, right: Test) -> Test:
    if word == "or":
        return lambda row: _any((left(row), right(row)))
    return lambda row: _not(_any(_not(test(row)) for test in (left, right)))


def _not(truth: Truth) -> Truth:
    return None if truth is None else not truth


def _any(truths: Any) -> Truth:
    found = list(truths)
    if any(found):
        return True
    return None if None in found else False


def _pattern(text: str, *, ignores_case: bool) -> re.Pattern[str]:
    """A LIKE pattern: `%` any characters, `_` one."""
    parts = ({"%": ".*", "_": "."}.get(character) or re.escape(character) for character in text)
    return re.compile("".join(parts), re.DOTALL | (re.IGNORECASE if ignores_case else 0))


def _values(batch: pa.RecordBatch, name: str) -> list[Any]:
    """A column's Python values, None where it is absent."""
    place = batch.schema.names.index(name)
    array: Any = batch.column(place)
    try:
        found: list[Any] = array.to_pylist()
    except UnicodeDecodeError:
        field = batch.schema.field(place)
        cells = (typed_cell(array, row, field) for row in range(len(array)))
        found = [None if cell is ABSENT or not isinstance(cell, Typed) else cell.value for cell in cells]
    return found
