"""Expressions: their types inferred as the node would, and rewritten where SQLite means something else."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlglot import exp

from services.sandbox.ignite.sql import function_names as names
from services.sandbox.ignite.sql import types
from services.sandbox.ignite.sql.nodes import Node
from services.sandbox.ignite.sql.scope import Output, Scope
from services.sandbox.ignite.sql.text import parse_error
from services.sandbox.ignite.sql.types import SqlType, wider

_WRITTEN = {"TEXT": "VARCHAR", "NVARCHAR": "VARCHAR", "FLOAT": "REAL"}
"""Types as the parser writes them, where Ignite has another word."""

Resolved = tuple[Node, SqlType | None]
ARITHMETIC: dict[type[Node], str] = {
    exp.Add: "add", exp.Sub: "sub", exp.Mul: "mul", exp.Div: "div", exp.Mod: "mod",
}  # fmt: skip
COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
BOOLEAN_NODES = (exp.Predicate, exp.Connector, exp.Not, exp.Boolean, exp.Exists)
LITERAL_KINDS = frozenset({"TIMESTAMP", "DATE", "TIME", "UUID"})


def call(name: str, *args: Node) -> Node:
    """A call of one of the functions registered with SQLite."""
    return exp.Anonymous(this=name, expressions=list(args))


def text(value: str) -> Node:
    return exp.Literal.string(value)


class Expressions:
    """Resolves expressions of one statement; subqueries go back to the resolver of queries."""

    def __init__(
        self,
        sql: str,
        query: Callable[[Node, Scope], list[Output]],
        argument_kinds: Sequence[SqlType | None] = (),
    ) -> None:
        self._sql = sql
        self._query = query
        self._argument_kinds = argument_kinds

    def resolve(self, node: Node, scope: Scope) -> Resolved:
        """The node that stands in this one's place, and its type."""
        if isinstance(node, exp.Column):
            return self._column(node, scope)
        if isinstance(node, (exp.Subquery, exp.Select, exp.SetOperation)):
            outputs = self._query(node, scope)
            return node, outputs[0].kind if outputs else None
        if isinstance(node, exp.Exists):
            self._query(node.this, scope)
            return node, types.BOOLEAN
        if isinstance(node, (exp.Cast, exp.TryCast)):
            return self._cast(node, scope)
        if isinstance(node, exp.Literal):
            return self._literal(node)
        if isinstance(node, exp.Placeholder):
            number = int(node.name[1:])
            known = number <= len(self._argument_kinds)
            return node, self._argument_kinds[number - 1] if known else None
        if type(node) in ARITHMETIC:
            return self._arithmetic(node, scope)
        if isinstance(node, (*COMPARISONS, exp.Between, exp.In)):
            return self._comparison(node, scope)
        return self._other(node, scope)

    def resolve_args(self, node: Node, scope: Scope, skip: tuple[str, ...] = ()) -> list[SqlType | None]:
        """Resolves all parts of a node in place; their types in order."""
        kinds: list[SqlType | None] = []
        for key, value in list(node.args.items()):
            if key in skip:
                continue
            if isinstance(value, list):
                done = [self.resolve(v, scope) if isinstance(v, Node) else (v, None) for v in value]
                node.set(key, [item for item, _ in done])
                kinds += [kind for _, kind in done]
            elif isinstance(value, Node) and not isinstance(value, (exp.Identifier, exp.DataType)):
                done_one, kind = self.resolve(value, scope)
                node.set(key, done_one)
                kinds.append(kind)
        return kinds

    def _column(self, node: exp.Column, scope: Scope) -> Resolved:
        found = scope.column(node.table, node.name)
        if found is None and node.name in {"_KEY", "_VAL"}:
            whole = self._whole(node, scope)
            if whole is not None:
                return whole
        if found is None:
            raise parse_error(f'Column "{node.name}" not found', self._sql, 42122)
        node.set("db", None)
        return node, found.kind

    def _whole(self, node: exp.Column, scope: Scope) -> Resolved | None:
        """The key or the value of a row as one object."""
        found = scope.table(node.table)
        if found is None:
            return None
        alias, table = found
        is_key = node.name == "_KEY"
        columns = table.key_columns if is_key else table.value_columns
        parts: list[Node] = [exp.column(column.name, table=alias, quoted=True) for column in columns]
        if not (table.has_key_object if is_key else table.has_value_object):
            return parts[0], columns[0].kind
        return call("ig_object", text(table.storage), text(node.name), *parts), types.OTHER

    def _literal(self, node: exp.Literal) -> Resolved:
        if node.is_string:
            if "\0" in node.name:
                return call("ig_text", text(node.name.encode().hex())), types.VARCHAR
            return node, types.VARCHAR
        if not node.name.isdecimal() or int(node.name) >= 1 << 63:
            return call("ig_decimal", text(node.name)), types.DECIMAL
        return node, types.INTEGER if int(node.name) < 1 << 31 else types.BIGINT

    def _cast(self, node: Node, scope: Scope) -> Resolved:
        inner, source = self.resolve(node.this, scope)
        wanted = node.args["to"].sql().upper().partition("(")[0].strip()
        kind = types.BY_NAME.get(_WRITTEN.get(wanted, wanted))
        if wanted in {"TIMESTAMPTZ", "TIMESTAMPNTZ"}:
            kind = types.TIMESTAMP
        if kind is None:
            raise parse_error(f'Unknown data type: "{wanted}"', self._sql, 50004)
        sizes = [exp.Literal.number(int(size.name)) for size in node.args["to"].expressions if size.name.isdecimal()]
        return call("ig_cast", inner, text(kind.name), text(source.name if source else ""), *sizes), kind

    def _arithmetic(self, node: Node, scope: Scope) -> Resolved:
        left, left_kind = self.resolve(node.this, scope)
        right, right_kind = self.resolve(node.expression, scope)
        kind = wider(left_kind, right_kind)
        operation = ARITHMETIC[type(node)]
        if kind is types.DECIMAL:
            return call(f"ig_{operation}", left, right), kind
        if operation in {"div", "mod"}:
            return call(f"ig_{operation}_plain", left, right), kind
        node.set("this", left)
        node.set("expression", right)
        return node, kind

    def _comparison(self, node: Node, scope: Scope) -> Resolved:
        if isinstance(node, exp.In) and node.args.get("query") is not None:
            node.set("this", self.resolve(node.this, scope)[0])
            query = node.args["query"]
            self._query(query.this if isinstance(query, exp.Subquery) else query, scope)
            return node, types.BOOLEAN
        kinds = self.resolve_args(node, scope)
        for kind in kinds:
            if kind is not None and kind.name in LITERAL_KINDS:
                self._convert_operands(node, kind)
                break
        else:
            if types.DECIMAL in kinds and isinstance(node, COMPARISONS):
                return self._decimal_comparison(node, kinds), types.BOOLEAN
        return node, types.BOOLEAN

    def _convert_operands(self, node: Node, kind: SqlType) -> None:
        """Strings and arguments compared with a time (or UUID) take its kept form first."""
        for key, value in list(node.args.items()):
            if isinstance(value, list):
                node.set(key, [_converted(item, kind) for item in value])
            elif isinstance(value, Node):
                node.set(key, _converted(value, kind))

    def _decimal_comparison(self, node: Node, kinds: list[SqlType | None]) -> Node:
        """A column against a constant keeps its collation (and index); anything else is computed."""
        sides = (node.this, node.expression)
        if any(
            isinstance(side, exp.Column) and kind is types.DECIMAL for side, kind in zip(sides, kinds, strict=False)
        ):
            return node
        return type(node)(this=call("ig_compare", *sides), expression=exp.Literal.number(0))

    def _other(self, node: Node, scope: Scope) -> Resolved:
        if isinstance(node, exp.Func) and not isinstance(node, exp.Connector):
            return self._function(node, scope)
        kinds = self.resolve_args(node, scope)
        if isinstance(node, BOOLEAN_NODES):
            return node, types.BOOLEAN
        if isinstance(node, (exp.Paren, exp.Distinct)):
            return node, kinds[0] if kinds else None
        if isinstance(node, exp.Neg):
            if kinds[0] is types.DECIMAL:
                return call("ig_sub", exp.Literal.number(0), node.this), types.DECIMAL
            return node, kinds[0]
        if isinstance(node, exp.Ordered) and kinds[0] is types.DECIMAL:
            node.set("this", exp.Collate(this=node.this, expression=exp.Var(this="decimal")))
        if isinstance(node, exp.DPipe):
            node.set("this", _as_text(node.this, kinds[0]))
            node.set("expression", _as_text(node.expression, kinds[1]))
            return node, types.VARCHAR
        if isinstance(node, (exp.Window, exp.Filter)):
            return node, kinds[0]
        return node, types.BINARY if isinstance(node, exp.HexString) else None

    def _function(self, node: exp.Func, scope: Scope) -> Resolved:
        if isinstance(node, exp.Case):
            return self._case(node, scope)
        name = names.name_of(node)
        if name in names.UNIT_FIRST and node.expressions and isinstance(node.expressions[0], exp.Column):
            node.set("expressions", [text(node.expressions[0].name), *node.expressions[1:]])
        kinds = self.resolve_args(node, scope, skip=("unit",))
        args = names.arguments_of(node)
        rule = names.RULES.get(name)
        if rule is None:
            raise parse_error(f'Function "{name}" not found', self._sql, 90022)
        return rule(node, args, kinds)

    def _case(self, node: Node, scope: Scope) -> Resolved:
        kind: SqlType | None = None
        if node.this is not None:
            node.set("this", self.resolve(node.this, scope)[0])
        for branch in node.args.get("ifs") or ():
            branch.set("this", self.resolve(branch.this, scope)[0])
            value, found = self.resolve(branch.args["true"], scope)
            branch.set("true", value)
            kind = wider(kind, found) if kind else found
        default = node.args.get("default")
        if default is not None:
            value, found = self.resolve(default, scope)
            node.set("default", value)
            kind = wider(kind, found) if kind and found else kind or found
        return node, kind


def _as_text(node: Node, kind: SqlType | None) -> Node:
    """An operand of || as the node prints it."""
    if kind in {types.BOOLEAN, types.TIMESTAMP, types.DOUBLE, types.REAL}:
        return call("ig_cast", node, text("VARCHAR"), text(kind.name if kind else ""))
    return node


def _converted(node: Node, kind: SqlType) -> Node:
    if isinstance(node, exp.Placeholder) or (isinstance(node, exp.Literal) and node.is_string):
        return call("ig_cast", node, text(kind.name), text("VARCHAR"))
    return node
