"""Which partitions a query reads: those that its conditions on partition keys leave."""

from __future__ import annotations

import operator
from collections.abc import Callable

from sqlglot import exp

from services.sandbox.maxcompute.model import Partition, Table

Test = Callable[[Partition], bool]
_COMPARE: dict[type[exp.Expr], Callable[[object, object], bool]] = {
    exp.EQ: operator.eq,
    exp.NEQ: operator.ne,
    exp.GT: operator.gt,  # type: ignore[dict-item]
    exp.GTE: operator.ge,  # type: ignore[dict-item]
    exp.LT: operator.lt,  # type: ignore[dict-item]
    exp.LTE: operator.le,  # type: ignore[dict-item]
}


def partitions_read(node: exp.Table, table: Table) -> list[Partition]:
    """The partitions of a table that a query's condition does not rule out.

    Args:
        node: where the query names the table.
    """
    scope = node.find_ancestor(exp.Select, exp.Update, exp.Delete)
    where = scope.args.get("where") if scope is not None else None
    if scope is None or where is None or not table.partition_keys or scope.args.get("joins"):
        return table.partitions()
    keys = {key.name.lower(): key.type for key in table.partition_keys}
    parts = where.this.flatten() if isinstance(where.this, exp.And) else [where.this]
    tests = [test for part in parts if (test := _test(part.unnest(), keys)) is not None]
    return [partition for partition in table.partitions() if all(test(partition) for test in tests)]


def _test(node: exp.Expr, keys: dict[str, str]) -> Test | None:
    """A condition on one partition key against literals; None when it is another kind of condition."""
    column = node.this
    if not isinstance(column, exp.Column) or column.name.lower() not in keys:
        return None
    name, kind = column.name.lower(), keys[column.name.lower()]
    if (
        isinstance(node, exp.In)
        and node.expressions
        and all(isinstance(item, exp.Literal) for item in node.expressions)
    ):
        wanted = {_value(item.name, kind) for item in node.expressions}
        return lambda partition: _key(partition, name, kind) in wanted
    compare, literal = _COMPARE.get(type(node)), node.args.get("expression")
    if compare is None or not isinstance(literal, exp.Literal):
        return None
    limit = _value(literal.name, kind)
    return lambda partition: compare(_key(partition, name, kind), limit)


def _key(partition: Partition, name: str, kind: str) -> str | int:
    return next(_value(value, kind) for key, value in partition.spec.items() if key.lower() == name)


def _value(text: str, kind: str) -> str | int:
    is_whole = kind in ("BIGINT", "INT", "SMALLINT", "TINYINT")
    return int(text) if is_whole and text.lstrip("-").isdecimal() else text
