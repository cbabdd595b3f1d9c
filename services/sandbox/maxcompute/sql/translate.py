"""Queries of the service as DuckDB understands them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from sqlglot import ErrorLevel, exp, parse_one
from sqlglot.errors import SqlglotError

from services.sandbox.maxcompute.errors import OdpsError, parse_error
from services.sandbox.maxcompute.sql.duck import duck_type
from services.sandbox.maxcompute.types import OdpsType

READ = "hive"
_CASTS = {
    exp.DataType.Type.DATETIME: "TIMESTAMP_MS",
    exp.DataType.Type.TIMESTAMP: "TIMESTAMP_NS",
    exp.DataType.Type.TIMESTAMPNTZ: "TIMESTAMP_NS",
}
_DATE_PARTS = {
    "yyyy": "year",
    "year": "year",
    "mm": "month",
    "month": "month",
    "mon": "month",
    "dd": "day",
    "day": "day",
    "hh": "hour",
    "hour": "hour",
    "mi": "minute",
    "ss": "second",
}
_FORMAT = (("yyyy", "%Y"), ("mm", "%m"), ("dd", "%d"), ("hh", "%H"), ("mi", "%M"), ("ss", "%S"), ("ff3", "%g"))


def parse(query: str) -> exp.Expr:
    """Reads a query.

    Raises:
        OdpsError: it cannot be parsed; the message tells line and column.
    """
    try:
        found = parse_one(query, read=READ)
    except SqlglotError as error:
        details = getattr(error, "errors", None) or [{}]
        first = details[0]
        near = f" near '{first['highlight']}'" if first.get("highlight") else ""
        reason = f"{first.get('description', 'invalid statement')}{near}"
        raise parse_error(reason, first.get("line") or 1, first.get("col") or 1) from error
    if found is None or isinstance(found, exp.Command | exp.Column):
        raise parse_error(f"invalid token '{query.split()[0] if query.split() else '<EOF>'}'")
    return found


def duck_sql(tree: exp.Expr, newest_partition: Callable[[str], str]) -> str:
    """The text for DuckDB.

    Args:
        newest_partition: the value that `max_pt('table')` stands for.
    """
    rewritten = tree.transform(lambda node: _rewrite(node, newest_partition))
    return str(rewritten.sql(dialect="duckdb", unsupported_level=ErrorLevel.IGNORE))


def _rewrite(node: exp.Expr, newest_partition: Callable[[str], str]) -> exp.Expr:
    if isinstance(node, exp.Anonymous):
        return _function(node, newest_partition)
    if isinstance(node, exp.TryCast):
        # The service fails where Hive gives NULL.
        return exp.Cast(this=node.this, to=node.args["to"])
    if isinstance(node, exp.DataType):
        return _type(node)
    if isinstance(node, exp.Literal) and not node.is_string and "." in node.this:
        return exp.Cast(this=node.copy(), to=exp.DataType.build("DOUBLE")) if not _is_cast(node.parent) else node
    if isinstance(node, exp.ToChar):
        return exp.func("strftime", node.this.copy(), _format(node.args.get("format")))
    return node


def _is_cast(node: exp.Expr | None) -> bool:
    return isinstance(node, exp.Cast | exp.DataType | exp.DataTypeParam)


def _type(node: exp.DataType) -> exp.Expr:
    if node.this in _CASTS:
        return exp.DataType.build(_CASTS[node.this], dialect="duckdb")
    if node.this == exp.DataType.Type.DECIMAL and not node.expressions:
        return exp.DataType.build(duck_type(OdpsType("DECIMAL")), dialect="duckdb")
    return node


def _format(node: exp.Expr | None) -> exp.Expr:
    text = node.name if isinstance(node, exp.Literal) else "yyyy-mm-dd hh:mi:ss"
    for ours, theirs in _FORMAT:
        text = text.replace(ours, theirs).replace(ours.upper(), theirs)
    return exp.Literal.string(text)


def _function(node: exp.Anonymous, newest_partition: Callable[[str], str]) -> exp.Expr:
    name, values = node.name.lower(), node.expressions
    if name == "getdate":
        moment = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
        return exp.cast(exp.Literal.string(moment), exp.DataType.build("TIMESTAMP_MS", dialect="duckdb"))
    if name == "max_pt" and len(values) == 1:
        return exp.Literal.string(newest_partition(values[0].name))
    if name == "wm_concat" and len(values) == 2:
        return exp.Anonymous(this="string_agg", expressions=[values[1].copy(), values[0].copy()])
    if name == "dateadd" and len(values) == 3:
        return _date_add(values)
    if name == "to_char" and len(values) == 2:
        return exp.func("strftime", values[0].copy(), _format(values[1]))
    return node


def _date_add(values: list[exp.Expr]) -> exp.Expr:
    part = _DATE_PARTS.get(values[2].name.lower())
    if part is None:
        raise OdpsError(400, "ODPS-0121095", f"Invalid argument - illegal date part '{values[2].name}' of DATEADD")
    amount = exp.Anonymous(this=f"to_{part}s", expressions=[exp.cast(values[1].copy(), "INT")])
    return exp.Add(this=values[0].copy(), expression=amount)
