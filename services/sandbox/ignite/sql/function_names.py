"""The functions a query may call: what each is called in SQLite and what type it returns."""

from __future__ import annotations

import functools
from collections.abc import Callable

from sqlglot import exp

from services.sandbox.ignite.sql import types
from services.sandbox.ignite.sql.nodes import Node
from services.sandbox.ignite.sql.types import SqlType, wider

Kinds = list[SqlType | None]
Resolved = tuple[Node, SqlType | None]
Rule = Callable[[Node, list[Node], Kinds], Resolved]


UNIT_FIRST = frozenset({"DATEADD", "DATEDIFF", "TIMESTAMPADD", "TIMESTAMPDIFF"})


def name_of(node: exp.Func) -> str:
    """The function's name as the statement has it, in upper case."""
    if isinstance(node, exp.Anonymous):
        return str(node.this).upper()
    return _NODE_NAMES.get(type(node)) or node.sql_name().upper()


def arguments_of(node: Node) -> list[Node]:
    """The arguments in order, whatever the node calls them."""
    if isinstance(node, exp.Anonymous):
        return list(node.expressions)
    found: list[Node] = []
    for value in node.args.values():
        found += [v for v in (value if isinstance(value, list) else [value]) if isinstance(v, Node)]
    return found


_NODE_NAMES: dict[type[Node], str] = {
    exp.CurrentTimestamp: "CURRENT_TIMESTAMP",
    exp.CurrentDate: "CURRENT_DATE",
    exp.CurrentTime: "CURRENT_TIME",
    exp.Coalesce: "COALESCE",
    exp.GroupConcat: "GROUP_CONCAT",
}


def _first(node: Node, args: list[Node], kinds: Kinds) -> Resolved:
    return node, kinds[0] if kinds else None


def _widest(node: Node, args: list[Node], kinds: Kinds) -> Resolved:
    return node, functools.reduce(wider, kinds) if kinds else None


def _returns(kind: SqlType | None) -> Rule:
    return lambda node, args, kinds: (node, kind)


def _calls(name: str, kind: SqlType | None) -> Rule:
    """Another function of ours (or SQLite's) with the same arguments."""
    return lambda node, args, kinds: (exp.Anonymous(this=name, expressions=args), kind)


def _calls_as_first(name: str) -> Rule:
    return lambda node, args, kinds: (exp.Anonymous(this=name, expressions=args), kinds[0] if kinds else None)


def _calls_as_widest(name: str) -> Rule:
    return lambda node, args, kinds: (exp.Anonymous(this=name, expressions=args), _widest(node, args, kinds)[1])


def _decode(node: Node, args: list[Node], kinds: Kinds) -> Resolved:
    """DECODE(value, match, result, ..., default) as a CASE."""
    value, *rest = args
    case = exp.Case(this=value)
    for match, result in zip(rest[::2], rest[1::2], strict=False):
        case = case.when(match, result)
    if len(rest) % 2:
        case = case.else_(rest[-1])
    return case, kinds[2] if len(kinds) > 2 else None


def _sum(node: Node, args: list[Node], kinds: Kinds) -> Resolved:
    kind = kinds[0]
    if kind in {types.DECIMAL, types.BIGINT}:
        return exp.Anonymous(this="ig_sum", expressions=args), types.DECIMAL
    return node, types.DOUBLE if kind in {types.REAL, types.DOUBLE} else types.BIGINT


def _avg(node: Node, args: list[Node], kinds: Kinds) -> Resolved:
    kind = kinds[0]
    if kind is types.DECIMAL:
        return exp.Anonymous(this="ig_avg", expressions=args), kind
    if kind in types.INTEGERS:
        return exp.Cast(this=node, to=exp.DataType.build("INT")), kind
    return node, kind or types.DOUBLE


def _part(name: str) -> Rule:
    return lambda node, args, kinds: (
        exp.Anonymous(this="ig_part", expressions=[exp.Literal.string(name), *args[:1]]),
        types.INTEGER,
    )


def _extract(node: Node, args: list[Node], kinds: Kinds) -> Resolved:
    unit = exp.Literal.string(node.this.name.upper())
    return exp.Anonymous(this="ig_part", expressions=[unit, node.expression]), types.INTEGER


def _trim(node: Node, args: list[Node], kinds: Kinds) -> Resolved:
    name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(str(node.args.get("position") or "").upper(), "trim")
    parts = [node.this, node.expression] if node.expression else [node.this]
    return exp.Anonymous(this=name, expressions=parts), types.VARCHAR


def _pad(node: Node, args: list[Node], kinds: Kinds) -> Resolved:
    name = "ig_lpad" if node.args.get("is_left") else "ig_rpad"
    return exp.Anonymous(this=name, expressions=args), types.VARCHAR


def _if(node: Node, args: list[Node], kinds: Kinds) -> Resolved:
    return exp.Anonymous(this="iif", expressions=args), kinds[1] or kinds[-1]


_TEXT, _INT, _DOUBLE, _LONG = types.VARCHAR, types.INTEGER, types.DOUBLE, types.BIGINT
RULES: dict[str, Rule] = {
    "COUNT": _returns(_LONG),
    "SUM": _sum,
    "AVG": _avg,
    "MIN": _first,
    "MAX": _first,
    "GROUP_CONCAT": _returns(_TEXT),
    "LISTAGG": _calls("group_concat", _TEXT),
    "COALESCE": _widest,
    "NULLIF": _first,
    "IFNULL": _widest,
    "NVL": _calls_as_first("ifnull"),
    "NVL2": lambda node, args, kinds: (
        exp.Anonymous(this="iif", expressions=[exp.Is(this=args[0], expression=exp.Null()).not_(), *args[1:]]),
        kinds[1],
    ),
    "CASEWHEN": _if,
    "IF": _if,
    "GREATEST": _calls_as_widest("max"),
    "LEAST": _calls_as_widest("min"),
    "UPPER": _calls("ig_upper", _TEXT),
    "LOWER": _calls("ig_lower", _TEXT),
    "UCASE": _calls("ig_upper", _TEXT),
    "LCASE": _calls("ig_lower", _TEXT),
    "LENGTH": _calls("length", _INT),
    "CHAR_LENGTH": _calls("length", _INT),
    "CHARACTER_LENGTH": _calls("length", _INT),
    "SUBSTRING": _calls("substr", _TEXT),
    "SUBSTR": _calls("substr", _TEXT),
    "LEFT": _calls("ig_left", _TEXT),
    "RIGHT": _calls("ig_right", _TEXT),
    "CONCAT": _calls("ig_concat", _TEXT),
    "CONCAT_WS": _calls("ig_concat_ws", _TEXT),
    "REPLACE": _calls("replace", _TEXT),
    "TRIM": _trim,
    "LTRIM": _calls("ltrim", _TEXT),
    "RTRIM": _calls("rtrim", _TEXT),
    "INSTR": _calls("instr", _INT),
    "STR_POSITION": _calls("instr", _INT),
    "LOCATE": lambda node, args, kinds: (exp.Anonymous(this="instr", expressions=[args[1], args[0]]), _INT),
    "REPEAT": _calls("ig_repeat", _TEXT),
    "SPACE": _calls("ig_space", _TEXT),
    "LPAD": _calls("ig_lpad", _TEXT),
    "RPAD": _calls("ig_rpad", _TEXT),
    "PAD": _pad,
    "REVERSE": _calls("ig_reverse", _TEXT),
    "ASCII": _calls("unicode", _INT),
    "UNICODE": _calls("unicode", _INT),
    "CHAR": _calls("char", _TEXT),
    "CHR": _calls("char", _TEXT),
    "REGEXP_LIKE": _calls("ig_regexp", types.BOOLEAN),
    "REGEXP_REPLACE": _calls("ig_regexp_replace", _TEXT),
    "ABS": _calls_as_first("ig_abs"),
    "SIGN": _calls("sign", _INT),
    "MOD": _calls_as_first("ig_mod_plain"),
    "ROUND": _calls_as_first("ig_round"),
    "TRUNC": _calls_as_first("ig_trunc"),
    "TRUNCATE": _calls_as_first("ig_trunc"),
    "FLOOR": _calls_as_first("ig_floor"),
    "CEIL": _calls_as_first("ig_ceil"),
    "CEILING": _calls_as_first("ig_ceil"),
    "SQRT": _calls("ig_sqrt", _DOUBLE),
    "POWER": _calls("ig_power", _DOUBLE),
    "POW": _calls("ig_power", _DOUBLE),
    "EXP": _calls("ig_exp", _DOUBLE),
    "LN": _calls("ig_ln", _DOUBLE),
    "LOG": _calls("ig_ln", _DOUBLE),
    "PI": _calls("ig_pi", _DOUBLE),
    "RAND": _calls("ig_rand", _DOUBLE),
    "RANDOM_UUID": _calls("ig_uuid", types.UUID_TYPE),
    "UUID": _calls("ig_uuid", types.UUID_TYPE),
    "NOW": _calls("ig_now", types.TIMESTAMP),
    "CURRENT_TIMESTAMP": _calls("ig_now", types.TIMESTAMP),
    "LOCALTIMESTAMP": _calls("ig_now", types.TIMESTAMP),
    "CURRENT_DATE": _calls("ig_today", types.DATE),
    "CURDATE": _calls("ig_today", types.DATE),
    "CURRENT_TIME": _calls("ig_time", types.TIME),
    "CURTIME": _calls("ig_time", types.TIME),
    "EXTRACT": _extract,
    "DATEADD": _calls("ig_date_add", types.TIMESTAMP),
    "TIMESTAMPADD": _calls("ig_date_add", types.TIMESTAMP),
    "DATEDIFF": _calls("ig_date_diff", _LONG),
    "TIMESTAMPDIFF": _calls("ig_date_diff", _LONG),
    "DAYOFWEEK": _calls("ig_day_of_week", _INT),
    "DAY_OF_WEEK": _calls("ig_day_of_week", _INT),
    "DECODE": _decode,
    "DECODE_CASE": _decode,
    "YEAR": _part("YEAR"),
    "MONTH": _part("MONTH"),
    "DAY": _part("DAY"),
    "DAYOFMONTH": _part("DAY"),
    "DAY_OF_MONTH": _part("DAY"),
    "HOUR": _part("HOUR"),
    "MINUTE": _part("MINUTE"),
    "SECOND": _part("SECOND"),
}
