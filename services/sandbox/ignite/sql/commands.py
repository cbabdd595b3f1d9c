"""Statements that are neither queries nor changes of rows: DDL, KILL, users, statistics."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING

from services.sandbox.ignite.errors import SqlRefused
from services.sandbox.ignite.sql import ddl
from services.sandbox.ignite.sql.schema import SYS, Column, Index, Table, View
from services.sandbox.ignite.sql.text import Token, TokenReader, syntax_error, tokens_of
from services.sandbox.ignite.sql.users import Users

if TYPE_CHECKING:
    from services.sandbox.ignite.connection import Connection
    from services.sandbox.ignite.sql.engine import Engine

UNSUPPORTED = frozenset({"TRUNCATE", "CALL", "SCRIPT", "SHUTDOWN", "COMMENT", "CHECKPOINT"})
NO_COMMAND = frozenset({"BEGIN", "START", "COMMIT", "ROLLBACK", "SAVEPOINT", "SHOW", "GRANT", "REVOKE"})
NOT_THIN = frozenset({"SET", "COPY"})
_QUERY_ID = re.compile(r"([0-9a-fA-F-]{36})_(\d+)")


class Commands:
    """Runs one command; all but KILL under the cluster's lock."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._users = Users(engine.cluster)

    def run(self, sql: str, tokens: list[Token], schema: str, connection: Connection) -> int:
        """The update count that the answer shows."""
        word = tokens[0].word
        if word in UNSUPPORTED:
            raise SqlRefused("0A000", f"Unsupported statement: {sql}")
        if word in NOT_THIN:
            raise SqlRefused("50000", f"{word} command can only be executed from JDBC or ODBC driver.")
        if word in NO_COMMAND:
            shown = f'Failed to parse SQL statement "[*]{sql}": {word} command is not supported'
            raise SqlRefused("0A000", shown)
        reader = TokenReader(sql, tokens)
        if reader.has("KILL"):
            self._kill(reader)
            return 0
        verbs: dict[str, Callable[[TokenReader, str, Connection], None]] = {
            "CREATE": self._create, "DROP": self._drop, "ALTER": self._alter,
            "ANALYZE": self._statistics, "REFRESH": self._statistics,
        }  # fmt: skip
        verb = verbs.get(word)
        if verb is None:
            raise syntax_error(sql, tokens[0].start + len(word))
        reader.next()
        with self._engine.cluster.lock:
            self._engine.cluster.check_writable()
            try:
                verb(reader, schema, connection)
            except sqlite3.Error as error:
                raise SqlRefused("42000", str(error)) from error
        return 0

    def _create(self, reader: TokenReader, schema: str, connection: Connection) -> None:
        if reader.has("TABLE"):
            self._create_table(reader, schema)
        elif reader.has("INDEX") or reader.has("SPATIAL", "INDEX"):
            self._create_index(reader, schema)
        elif reader.has("VIEW") or reader.has("OR", "REPLACE", "VIEW"):
            self._create_view(reader, schema)
        elif reader.has("USER"):
            self._users.create(reader, connection.negotiated.username)
        else:
            raise SqlRefused("0A000", f"Unsupported statement: {reader.sql}")

    def _create_table(self, reader: TokenReader, schema: str) -> None:
        is_soft = reader.has("IF", "NOT", "EXISTS")
        schema, name = reader.qualified(schema)
        definition = ddl.read_table(reader, schema, name)
        self._check_schema(schema)
        if self._engine.catalog.find(schema, name) is not None:
            if is_soft:
                return
            raise SqlRefused("42000", f"Table already exists: {name}")
        table, config = ddl.table_and_config(definition)
        if self._engine.cluster.cache_named(config.name) is not None:
            raise SqlRefused("42000", f"Table already exists: {name} (cache {config.name})")
        self._engine.tables.create(table, config)

    def _check_schema(self, schema: str) -> None:
        if schema == SYS:
            raise SqlRefused("0A000", "DDL statements are not supported on SYS schema")
        if schema not in self._engine.catalog.schemas:
            raise SqlRefused("42000", f"Schema doesn't exist: {schema}")

    def _create_index(self, reader: TokenReader, schema: str) -> None:
        is_soft = reader.has("IF", "NOT", "EXISTS")
        name = None if reader.peek() == "ON" else reader.qualified(schema)[1]
        reader.expect("ON")
        schema, table_name = reader.qualified(schema)
        table = self._table(schema, table_name)
        columns = ddl.read_columns(reader)
        size = 10
        while not reader.is_done:
            if reader.has("INLINE_SIZE"):
                size = reader.number()
            else:
                reader.expect("PARALLEL")
                reader.number()
        for column, _ in columns:
            self._column(table, column)
        parts = (f"{column}_{'desc' if down else 'asc'}" for column, down in columns)
        name = name or "_".join([table.name, *parts, "idx"]).lower()
        if self._engine.catalog.index(schema, name) is not None:
            if is_soft:
                return
            raise SqlRefused("42000", f"Index already exists: {name}")
        self._engine.tables.create_index(table, Index(name, columns, size))

    def _create_view(self, reader: TokenReader, schema: str) -> None:
        schema, name = reader.qualified(schema)
        reader.expect("AS")
        query = reader.rest()
        self._check_schema(schema)
        known = self._engine.catalog.find(schema, name)
        if isinstance(known, Table):
            raise SqlRefused("42000", f"Table with the same name already exists: {name}")
        self._engine.views.create(schema, name, query, tokens_of(query), known)

    def _drop(self, reader: TokenReader, schema: str, connection: Connection) -> None:
        kind = reader.next().word
        if kind == "USER":
            self._users.drop(reader, connection.negotiated.username)
            return
        if kind == "STATISTICS":
            self._statistics(reader, schema, connection)
            return
        is_soft = reader.has("IF", "EXISTS")
        if kind not in {"TABLE", "INDEX", "VIEW"}:
            raise SqlRefused("0A000", f"Unsupported statement: {reader.sql}")
        schema, name = reader.qualified(schema)
        reader.end()
        dropped = {"TABLE": self._drop_table, "INDEX": self._drop_index, "VIEW": self._drop_view}[kind](schema, name)
        if not dropped and not is_soft:
            raise SqlRefused("42000", f"{kind.capitalize()} doesn't exist: {name}")

    def _drop_table(self, schema: str, name: str) -> bool:
        table = self._engine.catalog.find(schema, name)
        if not isinstance(table, Table):
            return False
        cache = self._engine.cluster.cache_named(table.cache_name)
        if cache is not None:
            self._engine.cluster.destroy_cache(cache.cache_id)
        return True

    def _drop_index(self, schema: str, name: str) -> bool:
        found = self._engine.catalog.index(schema, name)
        if found is not None:
            self._engine.tables.drop_index(found[0], name)
        return found is not None

    def _drop_view(self, schema: str, name: str) -> bool:
        view = self._engine.catalog.find(schema, name)
        if not isinstance(view, View):
            return False
        self._engine.views.drop(view)
        return True

    def _alter(self, reader: TokenReader, schema: str, connection: Connection) -> None:
        if reader.has("USER"):
            self._users.alter(reader, connection.negotiated.username)
            return
        reader.expect("TABLE")
        is_soft = reader.has("IF", "EXISTS")
        schema, name = reader.qualified(schema)
        if is_soft and self._engine.catalog.find(schema, name) is None:
            return
        table = self._table(schema, name)
        if reader.has("ADD"):
            self._add_columns(reader, table)
        elif reader.has("DROP"):
            self._drop_columns(reader, table)
        elif reader.peek() in {"LOGGING", "NOLOGGING"}:
            cache = self._engine.cluster.cache_named(table.cache_name)
            if cache is not None:
                cache.is_logging = reader.next().word == "LOGGING"
        else:
            raise SqlRefused("0A000", f"Unsupported statement: {reader.sql}")
        reader.end()

    def _add_columns(self, reader: TokenReader, table: Table) -> None:
        reader.has("COLUMN")
        is_soft = reader.has("IF", "NOT", "EXISTS")
        is_list = reader.has("(")
        while True:
            column = ddl.read_column(reader, [])
            if not any(known.name.upper() == column.name.upper() for known in table.columns):
                self._engine.tables.add_column(table, column)
            elif not is_soft:
                raise SqlRefused("42000", f"Column already exists: {column.name}")
            if not (is_list and reader.has(",")):
                break
        if is_list:
            reader.expect(")")

    def _drop_columns(self, reader: TokenReader, table: Table) -> None:
        reader.has("COLUMN")
        is_soft = reader.has("IF", "EXISTS")
        is_list = reader.has("(")
        while True:
            name = reader.identifier()
            if table.column(name) is not None or not is_soft:
                self._drop_column(table, self._column(table, name))
            if not (is_list and reader.has(",")):
                break
        if is_list:
            reader.expect(")")

    def _drop_column(self, table: Table, column: Column) -> None:
        if column.name in table.key:
            raise SqlRefused("42000", f'Cannot drop column "{column.name}" because it is a part of a cache key')
        if len(table.value_columns) == 1:
            raise SqlRefused("42000", f"Cannot drop the last value column: {column.name}")
        for index in table.indexes.values():
            if any(name == column.name for name, _ in index.columns):
                raise SqlRefused("42000", f"Cannot drop column because an index uses it: {index.name}")
        self._engine.tables.drop_column(table, column)

    def _table(self, schema: str, name: str) -> Table:
        table = self._engine.catalog.find(schema, name)
        if not isinstance(table, Table):
            raise SqlRefused("42000", f"Table doesn't exist: {name}")
        return table

    def _column(self, table: Table, name: str) -> Column:
        column = table.column(name)
        if column is None:
            raise SqlRefused("42000", f"Column doesn't exist: {name}")
        return column

    def _statistics(self, reader: TokenReader, schema: str, connection: Connection) -> None:
        """Statistics are not kept, but the tables must exist."""
        reader.has("STATISTICS")
        while True:
            self._table(*reader.qualified(schema))
            if reader.has("("):
                while not reader.has(")"):
                    reader.next()
            if not reader.has(","):
                return

    def _kill(self, reader: TokenReader) -> None:
        kind = reader.next().word
        if kind == "QUERY":
            is_asynchronous = reader.has("ASYNC")
            text = reader.string()
            reader.end()
            self._kill_query(text, reader, is_asynchronous)
        elif kind == "TRANSACTION":
            xid = reader.string()
            reader.end()
            with self._engine.cluster.lock:
                self._engine.cluster.transactions.kill(xid)
        elif kind in {"SCAN", "COMPUTE", "CONTINUOUS", "SERVICE", "CONSISTENCY", "CLIENT"}:
            reader.rest()
        else:
            raise reader.error()

    def _kill_query(self, text: str, reader: TokenReader, is_asynchronous: bool) -> None:
        found = _QUERY_ID.fullmatch(text)
        if found is None:
            raise syntax_error(reader.sql, len("KILL"))
        for node in self._engine.cluster.alive:
            if str(node.node_id) == found[1].lower():
                if not self._engine.kill(node, int(found[2])) and not is_asynchronous:
                    place = f"[nodeId={node.node_id}, qryId={found[2]}"
                    reason = f"Query with provided ID doesn't exist {place}]"
                    raise SqlRefused("50000", f"Failed to cancel query {place}, err={reason}]")
                return
        raise SqlRefused("50000", f"Failed to cancel query, node is not alive [nodeId={found[1]}, qryId={found[2]}]")
