"""The SQL engine of the cluster: statements in, results out."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from services.sandbox.ignite import values
from services.sandbox.ignite.cluster import Cluster, Node
from services.sandbox.ignite.errors import RequestRefused, SqlRefused
from services.sandbox.ignite.sql import types
from services.sandbox.ignite.sql.commands import Commands
from services.sandbox.ignite.sql.convert import kept_of
from services.sandbox.ignite.sql.cursor import EncodedRows, QueryRows, RowEncoder, SqlResult, refusal_of
from services.sandbox.ignite.sql.database import Database, Pool
from services.sandbox.ignite.sql.plan_cache import PlanCache
from services.sandbox.ignite.sql.result_cache import ResultCache
from services.sandbox.ignite.sql.running import NodeQueries, Run
from services.sandbox.ignite.sql.schema import SYS, Catalog
from services.sandbox.ignite.sql.tables import Tables
from services.sandbox.ignite.sql.temporal import Clock
from services.sandbox.ignite.sql.text import Token, syntax_error, tokens_of
from services.sandbox.ignite.sql.views import Views
from services.sandbox.ignite.sys_columns import columns_of
from services.sandbox.ignite.sys_views import fill

if TYPE_CHECKING:
    from services.sandbox.ignite.connection import Connection
    from services.sandbox.ignite.sql.plan import Plan, Planner

ANY, SELECT, UPDATE = 0, 1, 2
QUERIES = frozenset({"SELECT", "WITH", "VALUES", "(", "EXPLAIN"})
CHANGES = frozenset({"INSERT", "MERGE", "UPDATE", "DELETE"})
_STEPS_BETWEEN_LOOKS = 5_000
_KIND_OF_TAG = {kind.code: kind for kind in reversed(types.TYPES)} | {7: types.CHAR, 11: types.TIMESTAMP}


@dataclass(frozen=True)
class Statement:
    """One SQL request; arguments are typed objects."""

    sql: str
    schema: str = "PUBLIC"
    arguments: list[bytes] = field(default_factory=list)
    kind: int = ANY
    timeout_ms: int = 0
    is_local: bool = False


class Engine:
    """Runs statements for any connection, several at a time."""

    def __init__(self, cluster: Cluster, path: Path) -> None:
        self.cluster = cluster
        self.clock = Clock(cluster.timezone)
        self.catalog = Catalog()
        self.tables = Tables(self)
        self.pool = Pool(path, self.clock, self.tables.row_object)
        self.direct = Database(path, self.clock, self.tables.row_object)
        self.queries = {node.order: NodeQueries() for node in cluster.nodes}
        self.results = ResultCache()
        self.plans = PlanCache()
        self.views = Views(self)
        self.commands = Commands(self)
        self._planner: Planner | None = None

    def close(self) -> None:
        self.pool.close()
        self.direct.close()

    def changed(self) -> None:
        """Something in the tables is new: kept results are no longer true."""
        self.results.clear()

    def reshaped(self) -> None:
        """A table or view is new, gone or has other columns: kept plans are no longer true either."""
        self.plans.clear()
        self.changed()

    def run(self, connection: Connection, statement: Statement) -> SqlResult:
        """Runs one statement for a connection.

        Raises:
            SqlRefused: with the status and the SQLSTATE of a real node.
        """
        self.cluster.check_active()
        node = connection.node
        queries = self.queries[node.order]
        run = queries.start(
            node.node_id, statement.sql, statement.schema, f"cli:{connection.channel.remote}",
            statement.is_local, connection.channel.peer_has_gone, statement.timeout_ms,
        )  # fmt: skip
        try:
            return self._dispatch(connection, statement, run, partial(self._ended, node, run))
        except BaseException:
            self._ended(node, run, has_failed=True)
            raise

    def _ended(self, node: Node, run: Run, has_failed: bool) -> None:
        self.queries[node.order].end(run, has_failed=has_failed)

    def _dispatch(
        self, connection: Connection, statement: Statement, run: Run, ended: Callable[[bool], None]
    ) -> SqlResult:
        tokens = tokens_of(statement.sql)
        word = tokens[0].word
        is_query = word in QUERIES
        if (statement.kind == SELECT and not is_query) or (statement.kind == UPDATE and is_query):
            raise SqlRefused("42000", "Given statement type does not match that declared by JDBC driver")
        if word == "EXPLAIN":
            return self._finished(self._explain(statement, tokens), ended)
        if is_query:
            return self._query(connection.node, statement, tokens, run, ended)
        if word in CHANGES:
            return self._finished(self._change(statement, tokens, run), ended)
        count = self.commands.run(statement.sql, tokens, statement.schema, connection)
        self.reshaped()
        return self._finished(updated(count), ended)

    def _finished(self, result: SqlResult, ended: Callable[[bool], None]) -> SqlResult:
        ended(False)
        return result

    def plan(self, statement: Statement, tokens: list[Token]) -> Plan:
        if self._planner is None:
            # sqlglot takes a third of a second to import: only sandboxes that run SQL pay for it.
            from services.sandbox.ignite.sql.plan import Planner

            self._planner = Planner(self.catalog, columns_of)
        kinds = [None if data[:1] == b"\x65" else _KIND_OF_TAG.get(data[0]) for data in statement.arguments]
        key, version = (statement.sql, statement.schema, tuple(kinds)), self.plans.version
        plan = self.plans.get(key)
        if plan is None:
            plan = self._planner.plan(statement.sql, tokens, statement.schema, kinds)
            self.plans.put(key, version, plan)
        if plan.argument_count > len(statement.arguments):
            raise SqlRefused(
                "50000",
                f"Invalid number of query parameters [expected={plan.argument_count}, "
                f"actual={len(statement.arguments)}]",
            )
        return plan

    def plan_text(self, sql: str, tokens: list[Token], schema: str) -> Plan:
        """The plan of a text without arguments."""
        return self.plan(Statement(sql, schema), tokens)

    def _arguments(self, statement: Statement, plan: Plan) -> dict[str, object]:
        used = statement.arguments[: plan.argument_count]
        return {f"p{number}": kept_of(data, self.clock) for number, data in enumerate(used, 1)}

    def _query(
        self, node: Node, statement: Statement, tokens: list[Token], run: Run, ended: Callable[[bool], None]
    ) -> SqlResult:
        known = self.results.get(statement)
        if known is not None:
            ended(False)
            return EncodedRows(*known)
        plan = self.plan(statement, tokens)
        database = self.pool.take()
        cursors: list[sqlite3.Cursor] = []

        def close(has_failed: bool) -> None:
            for cursor in cursors:
                # A statement left open would keep its old state of the tables for the next query.
                cursor.close()
            self.pool.give_back(database)
            ended(has_failed)

        try:
            for name in plan.sys_views:
                fill(database, name, self, node)
            version = self.results.version
            database.connection.set_progress_handler(run.should_stop, _STEPS_BETWEEN_LOOKS)
            rows = database.execute(plan.sql, self._arguments(statement, plan))
            cursors.append(rows)
        except sqlite3.Error as error:
            close(True)
            raise refusal_of(error, database.refused) from error
        except BaseException:
            close(True)
            raise
        names = [output.name for output in plan.outputs]
        keep = None
        if not plan.sys_views and self.results.may_keep(tokens):
            keep = partial(self.results.put, statement, version, names)
        encoder = RowEncoder(plan.outputs, self.clock)
        return QueryRows(names, rows, encoder, check=run.check, refusals=database.refused, on_close=close, keep=keep)

    def _change(self, statement: Statement, tokens: list[Token], run: Run) -> SqlResult:
        self.cluster.check_writable()
        plan = self.plan(statement, tokens)
        database = self.pool.take()
        try:
            database.connection.set_progress_handler(run.should_stop, _STEPS_BETWEEN_LOOKS)
            count = database.execute(plan.sql, self._arguments(statement, plan)).rowcount
        except sqlite3.IntegrityError as error:
            if plan.duplicates and "UNIQUE" in str(error):
                raise self._insert_the_rest(database, statement, plan) from error
            raise refusal_of(error, database.refused) from error
        except sqlite3.Error as error:
            raise refusal_of(error, database.refused) from error
        finally:
            self.pool.give_back(database)
            self.changed()
        return updated(count)

    def _insert_the_rest(self, database: Database, statement: Statement, plan: Plan) -> SqlRefused:
        """Inserts the rows whose keys are new, as a node does, and says which were not."""
        arguments = self._arguments(statement, plan)
        found = database.execute(plan.duplicates, arguments).fetchall()
        if plan.row_count != 1:
            database.execute(plan.sql.replace("INSERT", "INSERT OR IGNORE", 1), arguments)
        keys = ", ".join(str(key[0]) if len(key) == 1 else f"[{', '.join(map(str, key))}]" for key in found)
        state = "23000" if plan.row_count == 1 else "50000"
        return SqlRefused(state, f"Failed to INSERT some keys because they are already in cache [keys=[{keys}]]")

    def _explain(self, statement: Statement, tokens: list[Token]) -> SqlResult:
        if len(tokens) < 2:
            raise syntax_error(statement.sql, len(statement.sql))
        inner = tokens[1:]
        if inner[0].word in CHANGES:
            raise SqlRefused("0A000", "Explains of update queries are not supported.")
        rest = statement_of(statement, inner)
        plan = self.plan(rest, tokens_of(rest.sql))
        database = self.pool.take()
        try:
            for name in plan.sys_views:
                fill(database, name, self, self.cluster.nodes[0])
            steps = database.execute(f"EXPLAIN QUERY PLAN {plan.sql}", self._arguments(statement, plan)).fetchall()
        except sqlite3.Error as error:
            raise refusal_of(error, database.refused) from error
        finally:
            self.pool.give_back(database)
        text = statement.sql[inner[0].start :] + "".join(f"\n    /* {step[3]} */" for step in steps)
        return EncodedRows(["PLAN"], [values.text(text)])

    def kill(self, node: Node, number: int) -> bool:
        return self.queries[node.order].cancel(number)


def statement_of(statement: Statement, tokens: list[Token]) -> Statement:
    """The statement inside an EXPLAIN."""
    return Statement(statement.sql[tokens[0].start :], statement.schema, statement.arguments)


def updated(count: int) -> SqlResult:
    """The answer of a change: one row with the number of rows."""
    return EncodedRows(["UPDATED"], [values.number(4, max(count, 0))])


__all__ = ["SYS", "Engine", "RequestRefused", "Statement"]
