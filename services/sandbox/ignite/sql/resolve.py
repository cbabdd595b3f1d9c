"""Queries resolved against the catalog: names found, result types inferred, nodes rewritten for SQLite."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from services.sandbox.ignite.errors import SqlRefused
from services.sandbox.ignite.sql import types
from services.sandbox.ignite.sql.dialect import IgniteSql
from services.sandbox.ignite.sql.expressions import Expressions
from services.sandbox.ignite.sql.nodes import Node
from services.sandbox.ignite.sql.schema import SYS, Catalog, Table, View
from services.sandbox.ignite.sql.scope import Output, Scope
from services.sandbox.ignite.sql.text import parse_error

_PLAIN = re.compile(r"[A-Z_][A-Z0-9_]*")


@dataclass
class Resolver:
    """Resolves the statement of one text; collects the system views that it reads."""

    sql: str
    catalog: Catalog
    schema: str
    sys_columns: Callable[[str], list[Output] | None]
    argument_kinds: Sequence[types.SqlType | None] = ()
    sys_views: set[str] = field(default_factory=set)
    tables: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._expressions = Expressions(self.sql, self.query, self.argument_kinds)

    def query(self, node: Node, scope: Scope) -> list[Output]:
        """Resolves a query expression in place and says what columns it has."""
        self._with(node, scope)
        if isinstance(node, exp.Subquery):
            outputs = self.query(node.this, scope)
            self._order(node, scope, outputs)
            return outputs
        if isinstance(node, exp.SetOperation):
            outputs = self.query(node.left, scope)
            self.query(node.right, scope)
            self._order(node, scope, outputs)
            return outputs
        if isinstance(node, exp.Values):
            return self._values(node, scope)
        if isinstance(node, exp.Select):
            return self._select(node, scope.child())
        raise SqlRefused("0A000", f"Unsupported statement: {self.sql}")

    def value(self, node: Node, scope: Scope) -> tuple[Node, types.SqlType | None]:
        """Resolves a single expression; the node returned stands in its place."""
        return self._expressions.resolve(node, scope)

    def add_table(self, node: exp.Table, scope: Scope) -> None:
        """Resolves a table of FROM: rewrites its name and makes its columns known."""
        if isinstance(node.this, exp.Func):
            self._range(node, scope)
            return
        name, schema = node.name, node.db or self.schema
        alias = node.alias or name
        if not node.db and name in scope.ctes:
            scope.relations[alias] = scope.ctes[name]
            return
        outputs = self._relation(schema, name)
        node.set("db", None)
        node.set("this", exp.to_identifier(f"{schema}.{name}", quoted=True))
        node.set("alias", exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
        scope.relations[alias] = outputs
        item = self.catalog.find(schema, name)
        if isinstance(item, Table):
            scope.tables[alias] = item

    def _relation(self, schema: str, name: str) -> list[Output]:
        if schema == SYS:
            found = self.sys_columns(name)
            if found is not None:
                self.sys_views.add(name)
                self._check_mix()
                return found
        item = self.catalog.find(schema, name)
        if item is None:
            raise parse_error(f'Table "{name}" not found', self.sql, 42102)
        self.tables.add(item.storage)
        self._check_mix()
        return outputs_of(item)

    def _check_mix(self) -> None:
        if self.sys_views and self.tables:
            raise SqlRefused("0A000", "Normal tables and system views cannot be used in the same query.")

    def _range(self, node: exp.Table, scope: Scope) -> None:
        """SYSTEM_RANGE(from, to) as a recursive query of one column X."""
        function = node.this
        if function.name.upper() != "SYSTEM_RANGE" or len(function.expressions) != 2:
            raise parse_error(f'Function "{function.name}" not found', self.sql, 90022)
        start, end = (self.value(item, scope)[0].sql(IgniteSql) for item in function.expressions)
        query: Node = exp.maybe_parse(
            "(WITH RECURSIVE r(`X`) AS (SELECT a WHERE a <= b UNION ALL SELECT `X` + 1 FROM r WHERE `X` < b)"
            " SELECT `X` FROM r)".replace("a <= b", f"{start} <= {end}").replace("< b", f"< {end}")
            .replace("SELECT a ", f"SELECT {start} "),
            dialect="sqlite",
        )  # fmt: skip
        alias = node.alias or "SYSTEM_RANGE"
        query.set("alias", exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
        node.replace(query)
        scope.relations[alias] = [Output("X", types.BIGINT)]

    def _with(self, node: Node, scope: Scope) -> None:
        found = node.args.get("with_")
        if found is None:
            return
        if found.args.get("recursive"):
            raise SqlRefused("0A000", "Recursive CTE ('WITH RECURSIVE (...)') is not supported.")
        for cte in found.expressions:
            outputs = self.query(cte.this, scope)
            names = [column.name for column in cte.args["alias"].args.get("columns") or ()]
            scope.ctes[cte.alias] = _renamed(outputs, names)

    def _select(self, node: exp.Select, scope: Scope) -> list[Output]:
        source = node.args.get("from_")
        if source is not None:
            self._source(source.this, scope)
        for join in node.args.get("joins") or ():
            self._source(join.this, scope)
            self._expressions.resolve_args(join, scope, skip=("this", "using"))
        outputs = self._projections(node, scope)
        for key in ("where", "group", "having", "order", "limit", "offset", "windows", "qualify"):
            part = node.args.get(key)
            if isinstance(part, Node):
                self._expressions.resolve_args(part, scope)
        return outputs

    def _source(self, node: Node, scope: Scope) -> None:
        if isinstance(node, exp.Table):
            for join in node.args.get("joins") or ():
                self._source(join.this, scope)
                self._expressions.resolve_args(join, scope, skip=("this", "using"))
            self.add_table(node, scope)
            return
        if not isinstance(node, (exp.Subquery, exp.Values)):
            raise SqlRefused("0A000", f"Unsupported statement: {self.sql}")
        inner = scope.child()
        inner.relations = {}
        outputs = self.query(node, inner)
        alias = node.args.get("alias")
        names = [column.name for column in alias.args.get("columns") or ()] if alias else []
        label = node.alias or f"_{len(scope.relations)}"
        scope.relations[label] = _renamed(outputs, names)
        self._derived(node, label, [output.name for output in scope.relations[label]])

    def _derived(self, node: Node, label: str, names: list[str]) -> None:
        """Names a derived table and its columns: SQLite has no `AS t (a, b)`."""
        alias = exp.TableAlias(this=exp.to_identifier(label, quoted=True))
        if isinstance(node, exp.Values):
            columns = [exp.alias_(exp.column(f"column{n}"), name, quoted=True) for n, name in enumerate(names, 1)]
            values = node.copy()
            values.set("alias", None)
            query = exp.select(*columns).from_(exp.Subquery(this=values))
            node.replace(exp.Subquery(this=query, alias=alias))
            return
        node.set("alias", alias)
        if isinstance(node.this, exp.Select):
            items = zip(node.this.expressions, names, strict=True)
            node.this.set("expressions", [exp.alias_(item.unalias(), name, quoted=True) for item, name in items])

    def _projections(self, node: exp.Select, scope: Scope) -> list[Output]:
        outputs: list[Output] = []
        projections: list[Node] = []
        for item in node.expressions:
            stars = self._expanded(item, scope)
            if stars is not None:
                projections += [column for column, _ in stars]
                outputs += [output for _, output in stars]
                continue
            name = item.alias or self._label(item)
            inner = item.this if isinstance(item, exp.Alias) else item
            resolved, kind = self.value(inner, scope)
            is_named = isinstance(item, exp.Alias) or isinstance(inner, exp.Column)
            projections.append(exp.alias_(resolved, name, quoted=True) if is_named else resolved)
            outputs.append(Output(name, kind))
            if item.alias:
                scope.aliases[item.alias] = kind
        node.set("expressions", projections)
        return outputs

    def _expanded(self, item: Node, scope: Scope) -> list[tuple[Node, Output]] | None:
        if isinstance(item, exp.Star):
            wanted = list(scope.relations)
        elif isinstance(item, exp.Column) and isinstance(item.this, exp.Star):
            wanted = [item.table]
            if item.table not in scope.relations:
                raise parse_error(f'Table "{item.table}" not found', self.sql, 42102)
        else:
            return None
        return [
            (exp.column(output.name, table=alias, quoted=True), output)
            for alias in wanted
            for output in _visible(scope.relations[alias])
        ]

    def _values(self, node: exp.Values, scope: Scope) -> list[Output]:
        kinds: list[types.SqlType | None] = []
        for row in node.expressions:
            cells = row.expressions if isinstance(row, exp.Tuple) else [row]
            resolved = [self.value(cell, scope) for cell in cells]
            row.set("expressions", [cell for cell, _ in resolved])
            kinds = kinds or [kind for _, kind in resolved]
        return [Output(f"C{index}", kind) for index, kind in enumerate(kinds, 1)]

    def _order(self, node: Node, scope: Scope, outputs: list[Output]) -> None:
        inner = scope.child()
        inner.relations = {"": outputs}
        for key in ("order", "limit", "offset"):
            part = node.args.get(key)
            if isinstance(part, Node):
                self._expressions.resolve_args(part, inner)

    def _label(self, item: Node) -> str:
        """The name of a column that has none: its text as the node prints it."""
        if isinstance(item, exp.Column):
            return item.name
        shown = item.copy()
        for name in shown.find_all(exp.Identifier):
            if _PLAIN.fullmatch(name.this):
                name.set("quoted", False)
        text = shown.sql(IgniteSql)
        if isinstance(item, (exp.CurrentTimestamp, exp.CurrentDate, exp.CurrentTime)) and "(" not in text:
            text += "()"
        return re.sub(r":p(\d+)", r"?\1", text).replace("AS INT)", "AS INTEGER)")


def outputs_of(item: Table | View) -> list[Output]:
    """The columns of a table or view as a query sees them."""
    return [Output(column.name, column.kind, column.is_hidden) for column in item.columns]


def _visible(outputs: list[Output]) -> list[Output]:
    return [output for output in outputs if not output.is_hidden] or outputs


def _renamed(outputs: list[Output], names: list[str]) -> list[Output]:
    if not names:
        return outputs
    return [Output(name, output.kind) for name, output in zip(names, outputs, strict=False)]
