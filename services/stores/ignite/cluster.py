"""The cluster as live tables; views that show only the node that answers are asked of every node."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from services.errors import Refused, StoredeckError, UnsupportedOperation, UsageError
from services.stores.ignite.faults import ServerRefusal
from services.stores.ignite.names import CLUSTER_VIEWS
from services.stores.ignite.sql import kill_statement
from services.stores.ignite.wire import Wire
from services.stores.types import KEY_METADATA, TYPE_METADATA, Count, Page
from services.times import Moment, moment_text

if TYPE_CHECKING:
    from services.stores.ignite.pool import WirePool
    from services.stores.ignite.sql import SqlRunner

Row = dict[str, Any]

_NODES: Final = (
    "SELECT N.NODE_ID, N.CONSISTENT_ID, N.VERSION, N.IS_CLIENT, N.NODE_ORDER, N.ADDRESSES, M.CUR_CPU_LOAD,"
    " M.HEAP_MEMORY_USED, M.HEAP_MEMORY_MAX, M.CUR_THREAD_COUNT, M.UPTIME FROM SYS.NODES N"
    " LEFT JOIN SYS.NODE_METRICS M ON M.NODE_ID = N.NODE_ID ORDER BY N.NODE_ORDER"
)
_CACHES: Final = (
    "SELECT CACHE_NAME, CACHE_TYPE, CACHE_MODE, ATOMICITY_MODE, BACKUPS, CACHE_GROUP_NAME, DATA_REGION_NAME,"
    " SQL_SCHEMA, WRITE_SYNCHRONIZATION_MODE FROM SYS.CACHES ORDER BY CACHE_NAME"
)
_QUERIES: Final = "SELECT QUERY_ID, SQL, DURATION, INITIATOR_ID, SCHEMA_NAME, ORIGIN_NODE_ID FROM SYS.SQL_QUERIES"
_TRANSACTIONS: Final = (
    "SELECT XID, STATE, LABEL, DURATION, ISOLATION, CONCURRENCY, KEYS_COUNT, ORIGINATING_NODE_ID"
    " FROM SYS.TRANSACTIONS WHERE LOCAL_NODE_ID = ORIGINATING_NODE_ID"
)
_PORTS: Final = "SELECT NODE_ID, VALUE FROM SYS.NODE_ATTRIBUTES WHERE NAME = 'clientListenerPort'"

KEYS: Final = {"nodes": "NODE_ID", "caches": "CACHE_NAME", "queries": "QUERY_ID", "transactions": "XID"}
REACH_SECONDS: Final = 5.0


class Cluster:
    """The servers of a cluster and what they do."""

    def __init__(self, pool: WirePool, runner: SqlRunner) -> None:
        self._pool = pool
        self._runner = runner

    def view(self, name: str) -> Page:
        """One live table.

        Raises:
            UsageError: there is no such view.
        """
        if name == "nodes":
            rows = self._nodes()
        elif name == "caches":
            rows = self._runner.rows(_CACHES)
        elif name in CLUSTER_VIEWS:
            rows = self._everywhere(_QUERIES if name == "queries" else _TRANSACTIONS)
        else:
            raise UsageError(f"{name}: no view of a cluster", hint=f"The views are {', '.join(CLUSTER_VIEWS)}.")
        return Page(_batch(rows, KEYS[name]), Count.exact(len(rows)))

    def _nodes(self) -> list[Row]:
        rows = self._runner.rows(_NODES)
        with self._wires() as wires:
            for row in rows:
                row["ASKED"] = row["NODE_ID"] in wires
        return rows

    def _everywhere(self, text: str) -> list[Row]:
        found: dict[str, Row] = {}
        with self._wires() as wires:
            for node, wire in wires.items():
                for row in self._runner.rows(text, wire=wire):
                    if row.get("SQL") != text:
                        found.setdefault(str(next(iter(row.values()))), {**row, "NODE": str(node)})
        return list(found.values())

    @contextmanager
    def _wires(self) -> Iterator[dict[Any, Wire]]:
        """A wire to each node that can be reached, by node id: those of the profile, and those the cluster names."""
        wires: dict[Any, Wire] = {}
        options = replace(self._pool.options, timeout_seconds=min(REACH_SECONDS, self._pool.options.timeout_seconds))
        try:
            for address in (*options.nodes, *self._announced()):
                if address not in [wire.node for wire in wires.values()]:
                    with contextlib.suppress(StoredeckError):
                        wire = Wire(address, options)
                        spare = wires.setdefault(wire.node_id, wire)
                        if spare is not wire:
                            wire.close()
            yield wires
        finally:
            for wire in wires.values():
                wire.close()

    def _announced(self) -> list[tuple[str, int]]:
        ports = {str(row["NODE_ID"]): row["VALUE"] for row in self._runner.rows(_PORTS)}
        addresses = []
        for row in self._runner.rows("SELECT NODE_ID, ADDRESSES FROM SYS.NODES WHERE IS_CLIENT = FALSE"):
            port = ports.get(str(row["NODE_ID"]), "")
            hosts = [host.strip() for host in (row["ADDRESSES"] or "").strip("[]").split(",")]
            addresses += [(host, int(port)) for host in hosts if host and str(port).isdigit()]
        return addresses

    def kill(self, what: str, identifier: str) -> str:
        """End a query or a transaction.

        Raises:
            UnsupportedOperation: nothing else can be ended.
            Refused: it has ended already, or the server would not.
        """
        if what == "query":
            text = kill_statement(identifier)
        elif what == "transaction":
            escaped = identifier.replace("'", "''")
            text = f"KILL TRANSACTION '{escaped}'"
        else:
            raise UnsupportedOperation(f"{what}: cannot be ended", hint="A query or a transaction can.")
        try:
            self._runner.rows(text)
        except Refused as error:
            if isinstance(error.__cause__, ServerRefusal) and "doesn't exist" in error.message:
                raise Refused(f"{what} {identifier}: it has ended already", hint="Refresh the list.") from error
            raise
        return f"{what} {identifier}: ended"


def _batch(rows: list[Row], key: str) -> pa.RecordBatch:
    names = list(dict.fromkeys(name for row in rows for name in row)) or [key]
    arrays, fields = [], []
    for name in names:
        array = _array([row.get(name) for row in rows])
        metadata = {TYPE_METADATA: str(array.type).encode()}
        if name == key:
            metadata[KEY_METADATA] = b"1"
        arrays.append(array)
        fields.append(pa.field(name, array.type, metadata=metadata))
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def _array(values: list[Any]) -> pa.Array[Any]:
    try:
        plain = [value if isinstance(value, bool | int | float | str | None) else _text(value) for value in values]
        return pa.array(plain)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([None if value is None else _text(value) for value in values], pa.string())


def _text(value: Any) -> str:
    if isinstance(value, Moment):
        return moment_text(value)
    return str(value)
