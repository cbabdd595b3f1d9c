"""INSERT, UPDATE, DELETE, MERGE."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Event

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from services.sandbox.maxcompute.errors import parse_error, sql_error
from services.sandbox.maxcompute.jobs.job import Job, Result, Stage
from services.sandbox.maxcompute.model import Column, Table
from services.sandbox.maxcompute.specs import Spec
from services.sandbox.maxcompute.sql.definitions import quoted_spec
from services.sandbox.maxcompute.sql.duck import connected, duck_type, quote
from services.sandbox.maxcompute.sql.queries import Query, Source, compile_query, compile_tree, open_sources, register
from services.sandbox.maxcompute.sql.session import Session
from services.sandbox.maxcompute.sql.tokens import Reader
from services.sandbox.maxcompute.sql.translate import parse
from services.sandbox.maxcompute.types import arrow_type, parse_type

_CANCELLED = ("ODPS-0130211", "Job cancelled")


@dataclass
class Insert:
    """INSERT that is understood.

    Args:
        fixed: the partition keys that have a value; the others come as last columns of the query.
        names: of the columns that the query fills.
    """

    query: Query
    table: Table
    overwrites: bool
    fixed: Spec
    names: list[str]
    stages: tuple[Stage, ...] = field(default=())

    def run(self, job: Job) -> Result:
        rows = self._rows(job)
        if job.stop.is_set():
            raise sql_error(*_CANCELLED)
        with self.table.lock:
            self._write(rows)
        return Result(input_bytes=self.query.input_bytes, stages=self.stages)

    def _rows(self, job: Job) -> pa.Table:
        """The query's rows in the types of the columns that they fill."""
        columns = [self.table.column(name) for name in self.names]
        casts = ", ".join(
            f"CAST(#{number} AS {duck_type(parse_type(column.type))}) AS {quote(column.name)}"
            for number, column in enumerate(columns, 1)
        )
        with open_sources(self.query, job.stop) as connection:
            count = len(connection.sql(self.query.sql).columns)
            if count != len(columns):
                raise sql_error(
                    "ODPS-0130071",
                    "Semantic analysis exception - wrong columns count "
                    f"{count} in data source, requires {len(columns)} columns",
                )
            rows: pa.Table = connection.sql(f"SELECT {casts} FROM ({self.query.sql}) source").to_arrow_table()
        return rows.cast(_schema(columns))

    def _write(self, rows: pa.Table) -> None:
        dynamic = [key.name for key in self.table.partition_keys if key.name not in self.fixed]
        if not dynamic:
            self._put(self.fixed, rows)
            return
        for spec in distinct_specs(rows, dynamic):
            self._put({**self.fixed, **spec}, rows_of(rows, spec))

    def _put(self, spec: Spec, rows: pa.Table) -> None:
        ordered = {key.name: spec[key.name] for key in self.table.partition_keys}
        partition = self.table.create_partition(quoted_spec(ordered)) if ordered else self.table.partition()
        whole = completed(self.table, rows)
        if self.overwrites:
            partition.overwrite(whole)
        elif self.table.primary_key:
            partition.upsert(whole)
        else:
            partition.append(whole)


def completed(table: Table, rows: pa.Table) -> pa.Table:
    """Rows with all columns of a table: NULL in those that are missing, none beside them.

    Raises:
        OdpsError: a column that takes no NULL has one.
    """
    values = [
        rows.column(item.name) if item.name in rows.schema.names else pa.nulls(rows.num_rows, item.type)
        for item in table.arrow_schema
    ]
    for column, value in zip(table.columns, values, strict=True):
        if not column.nullable and value.null_count:
            raise sql_error("ODPS-0121095", f"Invalid argument - column {column.name} cannot be null")
    return pa.table(values, schema=table.arrow_schema)


def distinct_specs(rows: pa.Table, names: list[str]) -> list[Spec]:
    """The partition values that rows have, as text."""
    found = rows.select(names).group_by(names).aggregate([])
    specs = []
    for row in found.to_pylist():
        if any(value is None or value == "" for value in row.values()):
            raise sql_error("ODPS-0123031", "Partition exception - a partition key has no value")
        specs.append({name: str(row[name]) for name in names})
    return specs


def rows_of(rows: pa.Table, spec: Spec) -> pa.Table:
    """The rows of some partition values."""
    mask = None
    for name, value in spec.items():
        same = pc.equal(rows.column(name).cast(pa.string()), pa.scalar(value))
        mask = same if mask is None else pc.and_(mask, same)
    return rows if mask is None else rows.filter(mask)


def compile_insert(reader: Reader, session: Session) -> Insert:
    """INSERT INTO|OVERWRITE ..., after the first word."""
    overwrites = reader.accept("OVERWRITE")
    if not overwrites:
        reader.expect("INTO")
    reader.accept("TABLE")
    table = session.table(reader.qualified())
    if table.is_view:
        raise sql_error("ODPS-0130071", f"Semantic analysis exception - {table.name} is a view")
    fixed = _read_partition(reader, table) if reader.is_at("PARTITION") else {}
    names = reader.names() if reader.is_at("(") and not _is_query(reader) else [column.name for column in table.columns]
    names = [table.column(name).name for name in names]
    keys = [key.name for key in table.partition_keys]
    dynamic = [key for key in keys if key not in fixed and key not in names]
    query = compile_query(session, reader.rest().rstrip("; \n"))
    stages = (*query.stages(), Stage("W_Stg2_job0", 1, query.input_records, query.input_records))
    return Insert(query, table, overwrites, fixed, [*names, *dynamic], stages)


def _is_query(reader: Reader) -> bool:
    return reader.is_at("(", "SELECT") or reader.is_at("(", "WITH")


def _read_partition(reader: Reader, table: Table) -> Spec:
    """`PARTITION (pt='x', region)`: the keys without a value are dynamic."""
    fixed: Spec = {}
    reader.expect("PARTITION", "(")
    while True:
        key = table.column(reader.name()).name
        if reader.accept("="):
            fixed[key] = reader.take("text", "number", "word").value
        if not reader.accept(","):
            break
    reader.expect(")")
    return fixed


@dataclass
class Change:
    """UPDATE, DELETE or MERGE of a transactional table, run over a copy that then takes the rows' place."""

    query: Query
    table: Table
    stages: tuple[Stage, ...] = ()

    def run(self, job: Job) -> Result:
        with self.table.lock:
            rows = self._changed(job.stop)
            if job.stop.is_set():
                raise sql_error(*_CANCELLED)
            for partition in self.table.partitions():
                partition.overwrite(completed(self.table, rows_of(rows, partition.spec)))
        return Result(input_bytes=self.query.input_bytes, stages=self.stages)

    def _changed(self, stop: Event) -> pa.Table:
        target, *others = self.query.sources
        target.partitions = self.table.partitions()
        with connected(stop) as connection:
            for source in [Source("target_view", target.table, target.partitions), *others]:
                register(connection, source)
            connection.execute(f"CREATE TABLE {target.name} AS SELECT * FROM target_view")
            connection.execute(self.query.sql)
            rows: pa.Table = connection.sql(f"SELECT * FROM {target.name}").to_arrow_table()
        return rows.cast(_schema([*self.table.columns, *self.table.partition_keys]))


def _schema(columns: list[Column]) -> pa.Schema:
    return pa.schema([(column.name, arrow_type(column.type)) for column in columns])


def compile_change(session: Session, text: str) -> Change:
    """UPDATE, DELETE or MERGE.

    Raises:
        OdpsError: the table is not transactional, among others.
    """
    tree = parse(text)
    node = tree.find(exp.Table) if not isinstance(tree.this, exp.Table) else tree.this
    if node is None:
        raise parse_error("the statement names no table")
    table = session.table(tuple(part.name for part in node.parts))
    if not table.is_transactional:
        raise sql_error(
            "ODPS-0130071", f"Semantic analysis exception - table {table.name} is not a transactional table"
        )
    query = compile_tree(session, tree)
    return Change(query, table, query.stages())
