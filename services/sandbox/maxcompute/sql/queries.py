"""SELECT: which tables it reads, how it runs, what columns come out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import Any

import pyarrow as pa
from sqlglot import exp

from services.sandbox.maxcompute.errors import sql_error
from services.sandbox.maxcompute.jobs.job import Stage
from services.sandbox.maxcompute.model import Column, Partition, Table
from services.sandbox.maxcompute.sql.duck import connected, duck_type, literal, quote
from services.sandbox.maxcompute.sql.pruning import partitions_read
from services.sandbox.maxcompute.sql.session import Session
from services.sandbox.maxcompute.sql.translate import duck_sql, parse
from services.sandbox.maxcompute.types import arrow_type, parse_type, type_of_arrow

ROWS_A_WORKER = 50_000
MOST_VIEWS = 16
_REDUCES = (exp.Group, exp.Order, exp.AggFunc, exp.Distinct, exp.Window, exp.Join)


@dataclass
class Source:
    """A table that a query reads, under the name that it has in DuckDB."""

    name: str
    table: Table
    partitions: list[Partition]


@dataclass
class Query:
    """A query that is understood: its text for DuckDB, what it reads."""

    sql: str
    tree: exp.Expr
    sources: list[Source] = field(default_factory=list)

    @property
    def input_bytes(self) -> int:
        return sum(partition.size for source in self.sources for partition in source.partitions)

    @property
    def input_records(self) -> int:
        return sum(partition.record_num for source in self.sources for partition in source.partitions)

    def stages(self) -> tuple[Stage, ...]:
        """A stage that reads, and one that sorts or sums up if the query does."""
        records = self.input_records
        workers = max(1, -(-records // ROWS_A_WORKER))
        reduces = self.tree.find(*_REDUCES) is not None
        first = Stage("M1_Stg1_job0", workers, records, records)
        return (first, Stage("R2_1_Stg1_job0", max(1, workers // 2), records, records)) if reduces else (first,)


def compile_query(session: Session, text: str) -> Query:
    """Understands a query, with the views that it reads.

    Raises:
        OdpsError: it cannot be parsed, or a table is not there.
    """
    return compile_tree(session, parse(text))


def compile_tree(session: Session, tree: exp.Expr) -> Query:
    """Gives every table that a tree names its name in DuckDB."""
    _expand_views(session, tree, 0)
    _name_columns(tree)
    query = Query("", tree)
    for node in _tables(tree):
        table = session.table(_name(node))
        source = Source(f"t{len(query.sources)}", table, partitions_read(node, table))
        query.sources.append(source)
        made = exp.to_table(source.name, alias=exp.to_identifier(node.alias_or_name, quoted=True))
        for key in ("joins", "laterals", "sample"):
            if node.args.get(key):
                made.set(key, node.args[key])
        node.replace(made)
    query.sql = duck_sql(tree, lambda name: newest_partition(session, name))
    return query


def _name(node: exp.Table) -> tuple[str, ...]:
    return tuple(part.name for part in node.parts)


def _tables(tree: exp.Expr) -> list[exp.Table]:
    """The tables that a tree names, without the names that it gives to queries of its own."""
    own = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
    return [
        node
        for node in tree.find_all(exp.Table)
        if isinstance(node.this, exp.Identifier) and not (not node.db and node.name.lower() in own)
    ]


def _name_columns(tree: exp.Expr) -> None:
    """Gives the columns that have no name the service's: `_c0`, `_c1`."""
    select = tree
    while isinstance(select, exp.SetOperation | exp.Subquery):
        select = select.this
    if isinstance(select, exp.Select):
        for number, item in enumerate(select.expressions):
            if not item.is_star and not isinstance(item, exp.Alias | exp.Aliases | exp.Column):
                item.replace(exp.alias_(item.copy(), f"_c{number}"))


def _expand_views(session: Session, tree: exp.Expr, depth: int) -> None:
    if depth > MOST_VIEWS:
        raise sql_error("ODPS-0130071", "Semantic analysis exception - views that stand on one another without end")
    for node in _tables(tree):
        table = session.table(_name(node))
        if table.is_view:
            inner = parse(table.view_text)
            _expand_views(session, inner, depth + 1)
            alias = exp.TableAlias(this=exp.to_identifier(node.alias_or_name, quoted=True))
            node.replace(exp.Subquery(this=inner, alias=alias))


def newest_partition(session: Session, name: str) -> str:
    """The greatest value of the first partition key among partitions with rows."""
    table = session.table(tuple(name.split(".")))
    values = [next(iter(partition.spec.values())) for partition in table.partitions() if partition.record_num]
    if not table.partition_keys or not values:
        raise sql_error("ODPS-0130131", f"Table not found - table {name} has no partition with rows")
    return max(values)


@contextmanager
def open_sources(query: Query, stop: Event) -> Iterator[Any]:
    """A DuckDB connection with the tables of a query as views; see `connected`."""
    with connected(stop) as connection:
        for source in query.sources:
            register(connection, source)
        yield connection


def register(connection: Any, source: Source) -> None:
    """Makes a view of a table's partitions, with the partition keys behind the columns."""
    parts = []
    keys = source.table.partition_keys
    for number, partition in enumerate(source.partitions):
        name = f"{source.name}_{number}"
        connection.register(name, partition.read())
        values = [_key(key, literal(partition.spec[key.name])) for key in keys]
        parts.append(f"SELECT {', '.join(['*', *values])} FROM {name}")
    if not parts:
        connection.register(f"{source.name}_none", source.table.arrow_schema.empty_table())
        parts = [f"SELECT {', '.join(['*', *(_key(key, 'NULL') for key in keys)])} FROM {source.name}_none"]
    connection.execute(f"CREATE VIEW {source.name} AS {' UNION ALL '.join(parts)}")


def _key(key: Column, value: str) -> str:
    return f"CAST({value} AS {duck_type(parse_type(key.type))}) AS {quote(key.name)}"


def run_query(query: Query, stop: Event | None = None) -> tuple[list[Column], pa.Table]:
    """Runs a query and gives its columns and rows.

    Raises:
        OdpsError: it failed, or was stopped.
    """
    with open_sources(query, stop or Event()) as connection:
        found = connection.sql(query.sql)
        kinds = [str(kind) for kind in found.types]
        rows = found.to_arrow_table()
    return _typed(query, kinds, rows)


def _typed(query: Query, kinds: list[str], rows: pa.Table) -> tuple[list[Column], pa.Table]:
    known = _plain_columns(query)
    columns: list[Column] = []
    values = []
    for name, kind, column in zip(rows.schema.names, kinds, rows.columns, strict=True):
        column = _whole_number(column) if kind == "HUGEINT" else column
        text = known.get(name.lower(), "")
        if not text or arrow_type(text) != column.type:
            text = str(type_of_arrow(column.type))
        columns.append(Column(_free_name(name, columns), text))
        values.append(column.cast(arrow_type(text)))
    schema = pa.schema([(column.name, arrow_type(column.type)) for column in columns])
    return columns, pa.table(values, schema=schema)


def _free_name(name: str, columns: list[Column]) -> str:
    """The name of a column, with a number behind it when another has that name."""
    taken = {column.name for column in columns}
    return (
        name if name not in taken else next(f"{name}{n}" for n in range(2, len(taken) + 3) if f"{name}{n}" not in taken)
    )


def _whole_number(column: Any) -> Any:
    """A sum of BIGINT, which DuckDB widens, as BIGINT again; as it is when it does not fit."""
    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid:
        return column


def _plain_columns(query: Query) -> dict[str, str]:
    """The types of the columns that the query hands through, by lower-case name."""
    if not isinstance(query.tree, exp.Select):
        return {}
    passed = {item.name.lower() for item in query.tree.expressions if isinstance(item, exp.Column)}
    takes_all = any(isinstance(item, exp.Star) or item.is_star for item in query.tree.expressions)
    known: dict[str, str] = {}
    for source in query.sources:
        for column in [*source.table.columns, *source.table.partition_keys]:
            name = column.name.lower()
            if takes_all or name in passed:
                known[name] = column.type if known.get(name, column.type) == column.type else ""
    return known
