"""Statements on the wire: pages straight to Arrow, a timeout that asks before it gives up, and real cancelling."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from services.cancel import NEVER, CancelToken
from services.errors import StoredeckError, TimedOut
from services.stores.ignite.codec import requests
from services.stores.ignite.codec.pages import PageDecoder
from services.stores.ignite.codec.reader import ByteReader
from services.stores.ignite.faults import ServerRefusal, statement_refused
from services.stores.ignite.page_stream import DEFAULT_PAGE_ROWS, batches
from services.stores.types import Count, SqlPage

if TYPE_CHECKING:
    from services.stores.ignite.cluster_types import ClusterTypes
    from services.stores.ignite.pool import WirePool
    from services.stores.ignite.wire import Wire

UPDATE_COLUMNS: Final = ["UPDATED"]
GRACE_SECONDS: Final = 5.0
_LEADING = re.compile(r"(?:\s|\(|--[^\n]*\n|/\*.*?\*/)*([A-Za-z]+)", re.DOTALL)
_READING: Final = frozenset(("SELECT", "WITH", "EXPLAIN", "VALUES", "TABLE", "SHOW"))


@dataclass(frozen=True, slots=True)
class SqlRequest:
    """A statement ready to send: arguments are encoded objects; no more than `limit` rows are read."""

    text: str
    arguments: tuple[bytes, ...] = ()
    schema: str = "PUBLIC"
    page_rows: int = DEFAULT_PAGE_ROWS
    timeout_seconds: float | None = None
    limit: int | None = None


class SqlRunner:
    """Runs statements over a pool of wires."""

    def __init__(self, pool: WirePool, types: ClusterTypes) -> None:
        self._pool = pool
        self._types = types

    def rows(self, text: str, *arguments: bytes, wire: Wire | None = None) -> list[dict[str, Any]]:
        """All rows of a small catalogue query, as Python values by column name."""
        request = SqlRequest(text, arguments)
        pages = self.pages(request) if wire is None else self._on_wire(wire, request, NEVER)
        batches = (page.batch for page in pages if page.batch is not None)
        return [
            {name: cell.value for name, cell in self._types.row(batch, index).items()}
            for batch in batches
            for index in range(batch.num_rows)
        ]

    def columns(self, text: str) -> list[str]:
        """The names of a statement's columns, in order."""
        return [
            name for page in self.pages(SqlRequest(text)) if page.batch is not None for name in page.batch.schema.names
        ]

    def pages(self, request: SqlRequest, cancel: CancelToken = NEVER) -> Iterator[SqlPage]:
        """Pages of the answer.

        Raises:
            StatementRefused, TimedOut, Cancelled, SessionLost.
        """
        wire = self._pool.take()
        kill = self._killer(wire, request.text)
        try:
            with cancel.on_cancel(kill):
                yield from self._on_wire(wire, request, cancel)
        except StoredeckError:
            cancel.check()
            raise
        finally:
            self._pool.give_back(wire)

    def _on_wire(self, wire: Wire, request: SqlRequest, cancel: CancelToken) -> Iterator[SqlPage]:
        started = time.monotonic()
        limit = request.timeout_seconds
        body = requests.sql_fields(
            request.text,
            arguments=request.arguments,
            schema=request.schema,
            page_rows=request.page_rows,
            timeout_ms=None if limit is None else max(int(limit * 1000), 1),
            features=wire.features,
            is_lazy=True,
        )
        try:
            answer = wire.request(
                requests.OP_SQL_FIELDS,
                body,
                wait_seconds=None if limit is None else limit + GRACE_SECONDS,
                still_waits=None if limit is not None else self._asker(wire, request.text),
            )
            yield from self._read(wire, request, answer)
        except ServerRefusal as refusal:
            cancel.check()
            if refusal.is_query_cancelled and limit is not None and time.monotonic() - started >= limit:
                raise TimedOut(
                    f"statement: not done within {limit:g} s, and stopped on the server",
                    hint="Allow it more time, or narrow it down.",
                ) from refusal
            raise statement_refused(refusal) from refusal

    def _read(self, wire: Wire, request: SqlRequest, answer: memoryview) -> Iterator[SqlPage]:
        reader = ByteReader(answer)
        cursor = reader.int64()
        columns = requests.read_column_names(reader)
        decoder = PageDecoder(columns, self._types.resolver, self._types.zone)
        loaded = 0
        for batch, has_more in batches(wire, cursor, requests.OP_SQL_FIELDS_NEXT, reader, decoder, request.limit):
            if is_update(request.text, columns, batch.num_rows):
                yield SqlPage(None, Count.exact(0), affected=int(batch.column(0)[0].as_py()))
                return
            loaded += batch.num_rows
            yield SqlPage(batch, Count.at_least(loaded) if has_more else Count.exact(loaded))

    def _asker(self, wire: Wire, text: str) -> Callable[[], bool]:
        """Asks another connection whether the statement still runs; a server that is silent there too is dead."""
        address = wire.local_address

        def still_runs() -> bool:
            return bool(self._running(wire, address, text))

        return still_runs

    def _running(self, wire: Wire, address: str, text: str) -> list[str]:
        from services.stores.ignite.wire import Wire as NewWire

        with contextlib.suppress(StoredeckError):
            second = NewWire(wire.node, wire.options)
            try:
                found = self.rows("SELECT QUERY_ID, INITIATOR_ID, SQL FROM SYS.SQL_QUERIES", wire=second)
                return [
                    row["QUERY_ID"] for row in found if address in (row["INITIATOR_ID"] or "") and row["SQL"] == text
                ]
            finally:
                second.close()
        return []

    def _killer(self, wire: Wire, text: str) -> Callable[[], None]:
        """Ends the statement: its own socket first (the server cancels then), and KILL QUERY for what is left."""
        address = wire.local_address

        def kill() -> None:
            wire.shut()
            for identifier in self._running(wire, address, text):
                with contextlib.suppress(StoredeckError):
                    self.rows(kill_statement(identifier))

        return kill


def kill_statement(identifier: str) -> str:
    """KILL QUERY with the identifier that SYS.SQL_QUERIES shows."""
    escaped = identifier.replace("'", "''")
    return f"KILL QUERY '{escaped}'"


def is_update(text: str, columns: Sequence[str], rows: int) -> bool:
    """Whether an answer is the update count of a statement that reads nothing.

    The protocol does not say: such an answer has one row with the one column UPDATED.
    """
    match = _LEADING.match(text)
    word = match.group(1).upper() if match else ""
    return list(columns) == UPDATE_COLUMNS and rows == 1 and word not in _READING
