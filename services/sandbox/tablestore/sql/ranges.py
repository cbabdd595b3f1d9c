"""The part of a table that a statement can need, read from what it says of the first key column."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from services.sandbox.tablestore.values import INF_MAX, INF_MIN, Key


def key_range(select: Any, name: str, kind: type) -> tuple[Key, Key]:
    """The range of first key values that the WHERE allows: the start in, the end out."""
    low: Any = INF_MIN
    high: Any = INF_MAX
    where = select.args.get("where")
    # Elsewhere in the statement the same table, or a column of the same name, may mean other rows.
    is_single = isinstance(select, exp.Select) and len(list(select.find_all(exp.Table, exp.Subquery))) == 1
    if where is not None and is_single:
        for part in where.this.flatten() if isinstance(where.this, exp.And) else (where.this,):
            start, end = _bounds(part, name, kind)
            low = start if start is not None and (low is INF_MIN or start > low) else low
            high = end if end is not None and (high is INF_MAX or end < high) else high
    return (low,), (high, INF_MAX)


def _bounds(part: Any, name: str, kind: type) -> tuple[Any, Any]:
    """Lowest and highest value that a comparison allows, both in; None where it says nothing."""
    part = part.unnest()
    if isinstance(part, exp.Between) and _is_column(part.this, name):
        return _literal(part.args["low"], kind), _literal(part.args["high"], kind)
    if not isinstance(part, exp.EQ | exp.LT | exp.LTE | exp.GT | exp.GTE) or not _is_column(part.this, name):
        return None, None
    value = _literal(part.expression, kind)
    if isinstance(part, exp.EQ):
        return value, value
    if isinstance(value, int):
        value += isinstance(part, exp.GT) - isinstance(part, exp.LT)
    return (None, value) if isinstance(part, exp.LT | exp.LTE) else (value, None)


def _is_column(part: Any, name: str) -> bool:
    return isinstance(part, exp.Column) and part.name == name


def _literal(part: Any, kind: type) -> Any:
    sign = -1 if isinstance(part, exp.Neg) else 1
    part = part.this if isinstance(part, exp.Neg) else part
    if not isinstance(part, exp.Literal) or part.is_string != (kind is str) or kind not in (int, str):
        return None
    if kind is str:
        return part.this
    return sign * int(part.this) if part.this.isdecimal() else None


def row_limit(select: Any) -> int | None:
    """How many rows a plain SELECT with a LIMIT reads at most; None when it may need all."""
    limit = select.args.get("limit")
    if limit is None or not isinstance(select, exp.Select) or not isinstance(limit.expression, exp.Literal):
        return None
    if any(select.args.get(name) for name in ("where", "group", "order", "having", "joins", "distinct")):
        return None
    if any(select.find_all(exp.AggFunc, exp.Window, exp.Subquery)):
        return None
    offset = select.args.get("offset")
    first = offset.expression if offset is not None else exp.Literal.number(0)
    return int(limit.expression.this) + int(first.this) if isinstance(first, exp.Literal) else None
