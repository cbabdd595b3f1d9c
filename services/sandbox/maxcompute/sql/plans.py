"""A statement's plan: what kind it is, what it will do."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from services.sandbox.maxcompute.jobs.job import Job, Result, Stage
from services.sandbox.maxcompute.jobs.registry import Plan
from services.sandbox.maxcompute.model import DEFAULT_SCHEMA, Column
from services.sandbox.maxcompute.sql.altering import alter
from services.sandbox.maxcompute.sql.creating import create, drop, truncate
from services.sandbox.maxcompute.sql.queries import Query, compile_query, run_query
from services.sandbox.maxcompute.sql.session import Session
from services.sandbox.maxcompute.sql.showing import describe, show
from services.sandbox.maxcompute.sql.tokens import Reader, split_statements
from services.sandbox.maxcompute.sql.writing import compile_change, compile_insert
from services.sandbox.maxcompute.warehouse import Warehouse

_QUERY_WORDS = frozenset({"SELECT", "WITH", "VALUES", "FROM"})
_CHANGE_WORDS = frozenset({"UPDATE", "DELETE", "MERGE"})


@dataclass
class Selection:
    """A query whose rows are the result."""

    query: Query
    stages: tuple[Stage, ...] = ()

    def run(self, job: Job) -> Result:
        columns, rows = run_query(self.query, job.stop)
        *before, last = self.stages
        done = Stage(last.name, last.workers, last.input_records, rows.num_rows)
        return Result(tuple(columns), rows, input_bytes=self.query.input_bytes, stages=(*before, done))


@dataclass
class Action:
    """A definition, or a question about definitions: done at once."""

    act: Callable[[], str | None]
    stages: tuple[Stage, ...] = ()

    def run(self, job: Job) -> Result:
        return Result(text=self.act() or "")


@dataclass
class Script:
    """Statements that run one after another; the last result is the result."""

    session: Session
    statements: list[str]
    stages: tuple[Stage, ...] = (Stage("M1_Stg1_job0"),)

    def run(self, job: Job) -> Result:
        result = Result()
        for statement in self.statements:
            if job.stop.is_set():
                break
            result = plan_statement(self.session, statement).run(job)
        return result


def select(session: Session, text: str) -> tuple[list[Column], pa.Table]:
    """Runs a query and gives its columns and rows."""
    return run_query(compile_query(session, text))


def plan_job(warehouse: Warehouse, job: Job) -> Plan:
    """Understands what a job asks.

    Raises:
        OdpsError: it cannot be understood.
    """
    request = job.request
    settings = dict(request.settings)
    project = warehouse.project(job.project)
    schema = request.schema or DEFAULT_SCHEMA
    statements = split_statements(request.query)
    while statements and (setting := _setting(statements[0])) is not None:
        settings |= setting
        statements.pop(0)
    session = Session(warehouse, project, schema, settings)
    if not statements:
        raise Reader(request.query).error("a statement")
    if len(statements) > 1:
        if settings.get("odps.sql.submit.mode", "").lower() != "script":
            raise Reader(statements[1]).error("<EOF>")
        return Script(session, statements)
    if request.kind == "SQLCost":
        return _cost(session, statements[0])
    return plan_statement(session, statements[0])


def _setting(statement: str) -> dict[str, str] | None:
    """`SET name=value`."""
    reader = Reader(statement)
    if not reader.accept("SET"):
        return None
    name, _, value = reader.rest().partition("=")
    return {name.strip(): value.strip()}


def plan_statement(session: Session, text: str) -> Plan:
    """Understands one statement."""
    reader = Reader(text)
    word = reader.next.upper
    if word in _QUERY_WORDS or reader.is_at("("):
        query = compile_query(session, text)
        return Selection(query, query.stages())
    if word in _CHANGE_WORDS:
        return compile_change(session, text)
    if reader.accept("INSERT"):
        return compile_insert(reader, session)
    return Action(_action(reader, session))


def _action(reader: Reader, session: Session) -> Callable[[], str | None]:
    if reader.accept("CREATE"):
        return lambda: create(reader, session, select)
    for word, act in (("DROP", drop), ("TRUNCATE", truncate), ("ALTER", alter)):
        if reader.accept(word):
            return lambda act=act: act(reader, session)  # type: ignore[misc]
    if reader.accept("SHOW"):
        return lambda: show(reader, session)
    if reader.accept("DESC") or reader.accept("DESCRIBE"):
        return lambda: describe(reader, session)
    if reader.accept("EXPLAIN"):
        query = compile_query(session, reader.rest())
        return lambda: "\n".join(f"In {stage.name}: {stage.input_records} records" for stage in query.stages()) + "\n"
    raise reader.error()


def _cost(session: Session, text: str) -> Plan:
    """The estimate of a statement: the bytes that it reads."""
    plan = plan_statement(session, text)
    query = getattr(plan, "query", None)
    size = query.input_bytes if isinstance(query, Query) else 0
    complexity = float(len(plan.stages) or 1)
    estimate = {"Cost": {"SQL": {"Input": size, "UDF": 0, "Complexity": complexity}}}
    return Action(lambda: json.dumps(estimate))
