"""Statements turned into plans: what SQLite is to run, and what the node then says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from services.sandbox.ignite.errors import SqlRefused
from services.sandbox.ignite.sql.dialect import EngineSql, IgniteSql
from services.sandbox.ignite.sql.nodes import Node
from services.sandbox.ignite.sql.plan_text import literal, quote, without_nul
from services.sandbox.ignite.sql.resolve import Resolver, outputs_of
from services.sandbox.ignite.sql.schema import Catalog, Column, Table
from services.sandbox.ignite.sql.scope import Output, Scope
from services.sandbox.ignite.sql.text import Token, numbered, parse_error, syntax_error
from services.sandbox.ignite.sql.types import SqlType

WRITES = frozenset({"INSERT", "MERGE", "UPDATE", "DELETE"})
SysColumns = Callable[[str], list[Output] | None]


@dataclass(frozen=True)
class Plan:
    """A statement ready to run; a query has outputs, a change has none.

    An INSERT also has the query that finds those of its keys that are already there, and the number of its
    rows where they are listed (0 for an INSERT from a query).
    """

    sql: str
    outputs: list[Output] = field(default_factory=list)
    argument_count: int = 0
    sys_views: frozenset[str] = frozenset()
    tables: frozenset[str] = frozenset()
    duplicates: str = ""
    row_count: int = 0

    @property
    def is_query(self) -> bool:
        return bool(self.outputs)


class Planner:
    """Plans the statements of one catalog."""

    def __init__(self, catalog: Catalog, sys_columns: SysColumns) -> None:
        self._catalog = catalog
        self._sys_columns = sys_columns

    def plan(self, sql: str, tokens: list[Token], schema: str, argument_kinds: Sequence[SqlType | None]) -> Plan:
        """A plan for a query or a change.

        Raises:
            SqlRefused: the text does not parse, or names what is not there.
        """
        is_merge = tokens[0].word == "MERGE"
        text, count = numbered(*_as_insert(sql, tokens)) if is_merge else numbered(sql, tokens)
        if is_merge:
            start = tokens[0].start
            text = text[:start] + "INSERT" + text[start + len("MERGE") :]
        text = _top_as_limit(text, tokens)
        try:
            tree = parse_one(text.lstrip(), dialect=IgniteSql)
        except SqlglotError as error:
            raise syntax_error(sql, _place(error, len(sql))) from error
        for name in tree.find_all(exp.Identifier):
            if not name.args.get("quoted"):
                name.set("this", name.this.upper())
            name.set("quoted", True)
        resolver = Resolver(sql, self._catalog, schema, self._sys_columns, argument_kinds)
        return _Statement(tree, resolver, count, is_merge, self._catalog).plan()


def _as_insert(sql: str, tokens: list[Token]) -> tuple[str, list[Token]]:
    """A MERGE without its `KEY (...)`: it may only name key columns, and the primary key is used in any case."""
    words = [token.word for token in tokens]
    if "USING" in words:
        raise SqlRefused("0A000", f"Unsupported statement: {sql}")
    values = words.index("VALUES") if "VALUES" in words else len(words)
    for place in range(values - 1):
        if words[place] == "KEY" and words[place + 1] == "(" and ")" in words[place:]:
            last = words.index(")", place)
            start, end = tokens[place].start, tokens[last].start + 1
            return sql[:start] + " " * (end - start) + sql[end:], tokens[:place] + tokens[last + 1 :]
    return sql, tokens


def _top_as_limit(text: str, tokens: list[Token]) -> str:
    """SELECT TOP n, which sqlglot does not read, as SELECT ... LIMIT n."""
    words = [token.word for token in tokens]
    if words[:2] != ["SELECT", "TOP"] or len(tokens) < 4 or tokens[2].kind != "number" or "LIMIT" in words:
        return text
    start, end = tokens[1].start, tokens[2].start + len(tokens[2].text)
    return f"{text[:start]}{' ' * (end - start)}{text[end:]} LIMIT {words[2]}"


def _place(error: SqlglotError, length: int) -> int:
    errors = getattr(error, "errors", None)
    column = errors[0].get("col") if errors and errors[0].get("line") == 1 else None
    return min(int(column), length) if column else length


@dataclass
class _Statement:
    """One parsed statement on its way to a plan."""

    tree: Node
    resolver: Resolver
    argument_count: int
    is_merge: bool
    catalog: Catalog

    def plan(self) -> Plan:
        tree = self.tree
        if isinstance(tree, exp.Insert):
            return self._insert(tree)
        if isinstance(tree, exp.Update):
            return self._done(self._update(tree))
        if isinstance(tree, exp.Delete):
            return self._done(self._delete(tree))
        if isinstance(tree, (exp.Select, exp.SetOperation, exp.Subquery, exp.Values)):
            outputs = self.resolver.query(tree, Scope())
            return self._done(tree.sql(EngineSql), outputs)
        raise syntax_error(self.resolver.sql)

    def _done(self, sql: str, outputs: list[Output] | None = None) -> Plan:
        found = self.resolver
        sql = without_nul(sql)
        return Plan(sql, outputs or [], self.argument_count, frozenset(found.sys_views), frozenset(found.tables))

    def _target(self, node: Node) -> tuple[Table, str]:
        """The table a change is for, and the name it goes by."""
        name, schema = node.name, node.args["db"].name if node.args.get("db") else self.resolver.schema
        item = self.catalog.find(schema, name)
        if schema == "SYS" or (item is not None and not isinstance(item, Table)):
            raise SqlRefused("0A000", f"Operation is not supported on a view: {schema}.{name}")
        if item is None:
            raise parse_error(f'Table "{name}" not found', self.resolver.sql, 42102)
        self.resolver.tables.add(item.storage)
        return item, node.alias or name

    def _scope(self, table: Table, alias: str) -> Scope:
        return Scope(relations={alias: outputs_of(table)}, tables={alias: table})

    def _column(self, table: Table, name: str) -> Column:
        column = table.column(name)
        if column is None:
            raise parse_error(f'Column "{name}" not found', self.resolver.sql, 42122)
        return column

    def _insert(self, tree: exp.Insert) -> Plan:
        target = tree.this
        table, _ = self._target(target.this if isinstance(target, exp.Schema) else target)
        names = [item.name for item in target.expressions] if isinstance(target, exp.Schema) else []
        columns = [self._column(table, name) for name in names] or table.visible_columns
        verb = "INSERT OR REPLACE" if self.is_merge else "INSERT"
        values = tree.expression
        row_count = len(values.expressions) if isinstance(values, exp.Values) else 0
        places = ", ".join(quote(column.name) for column in columns)
        missing = [column for column in table.columns if column not in columns and column.default is not None]
        if missing:
            places += "".join(", " + quote(column.name) for column in missing)
        kept = [keep(f"`c{index}`", column) for index, column in enumerate(columns)]
        kept += [keep(literal(column.default), column) for column in missing]
        inner = self._source(values, columns)
        aliases = ", ".join(f"`c{index}`" for index in range(len(columns)))
        source = f"WITH `source`({aliases}) AS ({inner})"
        target_text = f"INTO {quote(table.storage)} ({places}) {source} SELECT {', '.join(kept)} FROM `source`"
        plan = self._done(f"{verb} {target_text} WHERE true")
        if self.is_merge or any(name not in [column.name for column in columns] for name in table.key):
            return plan
        keys = {column.name: expression for column, expression in zip(columns, kept, strict=False)}
        test = " AND ".join(f"t.{quote(name)} = {keys[name]}" for name in table.key)
        shown = ", ".join(keys[name] for name in table.key)
        probe = (
            f"{source} SELECT {shown} FROM `source` WHERE EXISTS (SELECT 1 FROM {quote(table.storage)} t WHERE {test})"
        )
        return replace(plan, duplicates=probe, row_count=row_count)

    def _source(self, source: Node, columns: list[Column]) -> str:
        if isinstance(source, exp.Values):
            rows = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in source.expressions]
            if any(len(row) != len(columns) for row in rows):
                raise parse_error("Column count does not match", self.resolver.sql, 21002)
            return "VALUES " + ", ".join(
                f"({', '.join(self._cell(cell, column) for cell, column in zip(row, columns, strict=True))})"
                for row in rows
            )
        outputs = self.resolver.query(source, Scope())
        if len(outputs) != len(columns):
            raise parse_error("Column count does not match", self.resolver.sql, 21002)
        return str(source.sql(EngineSql))

    def _cell(self, cell: Node, column: Column) -> str:
        if isinstance(cell, exp.Column) and cell.name == "DEFAULT" and not cell.table:
            return literal(column.default)
        return str(self.resolver.value(cell, Scope())[0].sql(EngineSql))

    def _update(self, tree: exp.Update) -> str:
        table, alias = self._target(tree.this)
        scope = self._scope(table, alias)
        settings = []
        for item in tree.expressions:
            column = self._column(table, item.this.name)
            if column.name in table.key:
                raise SqlRefused("42000", "SQL UPDATE can't modify key or its fields directly")
            if isinstance(item.expression, exp.Column) and item.expression.name == "DEFAULT":
                raise SqlRefused("0A000", "DEFAULT values are unsupported for UPDATE.")
            value = self.resolver.value(item.expression, scope)[0].sql(EngineSql)
            settings.append(f"{quote(column.name)} = {keep(value, column)}")
        where = self._where(tree, scope, table, alias)
        return f"UPDATE {quote(table.storage)} AS {quote(alias)} SET {', '.join(settings)}{where}"

    def _delete(self, tree: exp.Delete) -> str:
        table, alias = self._target(tree.this)
        where = self._where(tree, self._scope(table, alias), table, alias)
        return f"DELETE FROM {quote(table.storage)} AS {quote(alias)}{where}"

    def _where(self, tree: Node, scope: Scope, table: Table, alias: str) -> str:
        where, limit = tree.args.get("where"), tree.args.get("limit")
        text = ""
        if where is not None:
            text = " WHERE " + self.resolver.value(where.this, scope)[0].sql(EngineSql)
        if limit is None:
            return text
        most = self.resolver.value(limit.expression, scope)[0].sql(EngineSql)
        inner = f"SELECT rowid FROM {quote(table.storage)} AS {quote(alias)}{text} LIMIT {most}"
        return f" WHERE rowid IN ({inner})"


def keep(value: str, column: Column) -> str:
    """The call that brings a value to the form its column keeps."""
    kind = column.kind
    args = f"{literal(kind.name)}, {literal(kind.java)}, {literal(column.name)}, {column.precision}, {column.scale}"
    return f"ig_keep({value}, {args})"
