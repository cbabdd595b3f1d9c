"""Stream uploads: what a slot was given shows in the table at once, and is never taken back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from services.sandbox.http import Answer
from services.sandbox.maxcompute.errors import OdpsError
from services.sandbox.maxcompute.model import Column, Table
from services.sandbox.maxcompute.routes import Call, Reply, Route
from services.sandbox.maxcompute.tunnel.bodies import malformed, read_rows
from services.sandbox.maxcompute.tunnel.slots import (
    ROUTED_SERVER,
    SLOT_COUNT,
    known_slot,
    slot_count,
    worker_address,
)
from services.sandbox.maxcompute.tunnel.state import Session, status_conflict
from services.sandbox.maxcompute.tunnel.tables import (
    TABLE,
    json_answer,
    kinds_of,
    partition_of,
    refuse_nulls,
    schema_json,
    stored_table,
)
from services.sandbox.maxcompute.types import arrow_type

STREAMS = f"{TABLE}/streams"


@dataclass(kw_only=True)
class StreamSession(Session):
    """A stream into a partition, or with `is_dynamic` into the partitions that the records name."""

    table: Table
    spec: str
    is_dynamic: bool
    slots: int
    quota: str
    schema_version: int
    is_aborted: bool = False
    batches: int = 0
    last_batch_millis: int = 0

    @property
    def columns(self) -> list[Column]:
        """What a record holds; the partition's values behind the table's when the stream is dynamic."""
        return [*self.table.columns, *(self.table.partition_keys if self.is_dynamic else ())]

    def append(self, rows: pa.Table, spec: str = "") -> None:
        """Adds a batch to the table.

        Args:
            spec: of a dynamic stream: the partition of all rows, whatever they name themselves.
        """
        with self.lock:
            for place, part in _by_partition(self, rows, spec):
                partition = self.table.create_partition(place) if self.is_dynamic else self.table.partition(place)
                partition.append(part)
            self.batches += 1
            self.last_batch_millis = time.time_ns() // 1_000_000


def _by_partition(session: StreamSession, rows: pa.Table, spec: str) -> Iterator[tuple[str, pa.Table]]:
    keys = [column.name for column in session.table.partition_keys] if session.is_dynamic else []
    if spec or not keys:
        yield spec or session.spec, rows.drop_columns(keys)
        return
    for values in rows.select(keys).group_by(keys).aggregate([]).to_pylist():
        if None in values.values():
            raise malformed("A record of a dynamic stream does not name its partition.")
        part = rows
        for name, value in values.items():
            same: Any = pc.equal(part.column(name), pa.scalar(value, part.schema.field(name).type))
            part = part.filter(same)
        texts = {name: str(pa.scalar(value).cast(arrow_type("STRING"))) for name, value in values.items()}
        yield ",".join(f"{name}={_quoted(text)}" for name, text in texts.items()), part.drop_columns(keys)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def create(call: Call) -> Reply:
    """Opens a stream."""
    table, query, state = stored_table(call), call.query, call.sandbox.tunnel
    is_dynamic = query.get("dynamic_partition", "").lower() == "true" and bool(table.partition_keys)
    _check_zorder(query.get("zorder_columns", ""), table)
    _check_version(call, table, "NoSuchSchema")
    if not is_dynamic:
        partition_of(call, table, creates="create_partition" in query)
    session = state.add(
        StreamSession(
            expires=state.expires(),
            table=table,
            spec=query.get("partition", ""),
            is_dynamic=is_dynamic,
            slots=slot_count(call.headers.get("odps-slot-num") or call.headers.get(SLOT_COUNT, "")),
            quota=query.get("quotaName", ""),
            schema_version=table.schema_version,
        )
    )
    return _described(call, session)


def _check_zorder(text: str, table: Table) -> None:
    """Rows are kept in the order in which they come; the columns have to be there all the same."""
    for name in text.split(",") if text else ():
        table.column(name.strip())


def _check_version(call: Call, table: Table, code: str) -> None:
    said, latest = call.query.get("schema_version", ""), str(table.schema_version)
    if said and call.query.get("check_latest_schema") == "true" and said != latest:
        headers = {"odps-tunnel-latest-schema-version": latest}
        raise OdpsError(412, code, f"Table {table.name} has schema version {latest}, not {said}.", headers)


def describe(call: Call) -> Reply:
    """The session and its slots."""
    return _described(call, _session(call))


def abort(call: Call) -> Reply:
    """Ends a stream; what it wrote stays."""
    session = _session(call)
    session.is_aborted = True
    call.sandbox.tunnel.remove(session)
    return _described(call, session)


def put(call: Call) -> Reply:
    """Takes a batch of records."""
    session = _session(call)
    known_slot(call.query.get("slotid", ""), session.slots)
    table = session.table
    _check_version(call, table, "SchemaModified")
    columns = session.columns
    rows = read_rows(call, [column.name for column in columns], kinds_of(columns))
    refuse_nulls(rows, table.columns)
    if session.is_aborted:
        raise status_conflict("aborted")
    session.append(rows, call.query.get("partition", "") if session.is_dynamic else "")
    call.sandbox.counters.add("StreamBatches")
    return json_answer({}, headers={**_route(call, session), "odps-tunnel-batch-id": str(session.batches)})


def _route(call: Call, session: StreamSession) -> dict[str, str]:
    return {ROUTED_SERVER: worker_address(call), SLOT_COUNT: str(session.slots)}


def _session(call: Call) -> StreamSession:
    state = call.sandbox.tunnel
    found = state.find(StreamSession, call.query["uploadid"])
    if found is None or found.table is not call.table or state.is_expired(found):
        raise OdpsError(404, "StreamSessionNotFound", f"There is no stream {call.query['uploadid']} of this table.")
    return found


def _described(call: Call, session: StreamSession) -> Answer:
    partition_keys = () if session.is_dynamic else session.table.partition_keys
    described = {
        "session_name": session.id,
        "status": "aborted" if session.is_aborted else "normal",
        "schema": schema_json(session.columns, partition_keys),
        "slots": [[str(slot), worker_address(call)] for slot in range(session.slots)],
        "schema_version": str(session.schema_version),
        "QuotaName": session.quota,
        "last_batch_id": session.batches,
        "last_batch_commit_time": session.last_batch_millis,
    }
    return json_answer(described, headers=_route(call, session))


ROUTES = [
    Route("CreateStream", "POST", STREAMS, create, is_tunnel=True),
    Route("GetStream", "GET", STREAMS, describe, keys=("uploadid",), is_tunnel=True),
    Route("AbortStream", "POST", STREAMS, abort, keys=("uploadid",), is_tunnel=True),
    Route("WriteStream", "PUT", STREAMS, put, keys=("uploadid",), is_tunnel=True),
]
