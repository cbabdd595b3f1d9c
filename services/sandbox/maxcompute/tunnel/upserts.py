"""Upsert sessions: buckets of changes by key, which the commit carries out at once."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from services.sandbox.http import Answer
from services.sandbox.maxcompute.errors import OdpsError, invalid
from services.sandbox.maxcompute.model import Partition, Table
from services.sandbox.maxcompute.routes import Call, Reply, Route
from services.sandbox.maxcompute.tunnel.bodies import malformed, read_rows
from services.sandbox.maxcompute.tunnel.key_hashes import buckets_of
from services.sandbox.maxcompute.tunnel.slots import ROUTED_SERVER, known_slot, slot_count, worker_address
from services.sandbox.maxcompute.tunnel.state import DAY_SECONDS, Session, status_conflict
from services.sandbox.maxcompute.tunnel.tables import (
    TABLE,
    json_answer,
    kinds_of,
    partition_of,
    present,
    refuse_nulls,
    schema_json,
    stored_table,
)
from services.sandbox.maxcompute.tunnel.upsert_rows import (
    DELETE,
    EXTRA_COLUMNS,
    OPERATION,
    UPSERT,
    VALUE_COLUMNS,
    folded,
)

UPSERTS = f"{TABLE}/upserts"
BUCKETS_PROPERTY, DEFAULT_BUCKETS, MOST_BUCKETS = "write.bucket.num", 16, 4096
HOUR_SECONDS, MOST_HOURS = 3600.0, 24


@dataclass(kw_only=True)
class UpsertSession(Session):
    """Changes of one partition; `status` is `normal`, `committing`, `committed` or `aborted`.

    Args:
        polls_left: how many more commits are answered `committing`.
    """

    partition: Partition
    slots: int
    buckets: int
    quota: str
    status: str = "normal"
    polls_left: int = 0
    changes: list[pa.Table] = field(default_factory=list, repr=False)

    @property
    def table(self) -> Table:
        return self.partition.table

    def put(self, rows: pa.Table) -> None:
        """Takes the changes of a bucket."""
        with self.lock:
            self.refuse_unless("normal")
            self.changes.append(rows)

    def commit(self) -> None:
        """Carries the changes out, once; the answer may say `committing` for a while."""
        with self.lock:
            self.refuse_unless("normal", "committing", "committed")
            if self.status == "normal":
                self._apply()
            if self.status != "committed":
                self.status = "committing" if self.polls_left else "committed"
                self.polls_left = max(0, self.polls_left - 1)

    def _apply(self) -> None:
        if self.changes:
            rows, deleted = folded(pa.concat_tables(self.changes), self.table.primary_key)
            refuse_nulls(rows, self.table.columns)
            present(self.partition).upsert(rows, deleted)
            self.changes.clear()

    def abort(self) -> None:
        """Drops the changes."""
        with self.lock:
            self.refuse_unless("normal", "aborted")
            self.changes.clear()
            self.status = "aborted"

    def refuse_unless(self, *statuses: str) -> None:
        """Refuses what the session is past."""
        if self.status not in statuses:
            raise status_conflict(self.status)


def create(call: Call) -> Reply:
    """Opens an upsert to a table with a primary key."""
    table, state = stored_table(call), call.sandbox.tunnel
    if not table.primary_key:
        raise invalid(f"Table {table.name} has no primary key: upserts need a transactional table with one.")
    buckets = _bucket_count(table)
    session = UpsertSession(
        expires=state.expires(_life_seconds(call.query.get("lifecycle", ""))),
        partition=partition_of(call, table),
        slots=min(slot_count(call.query.get("slotnum", "")), buckets),
        buckets=buckets,
        quota=call.query.get("quotaName", ""),
        polls_left=state.committing_polls,
    )
    return _described(call, state.add(session))


def _bucket_count(table: Table) -> int:
    text = table.properties.get(BUCKETS_PROPERTY, "")
    return int(text) if text.isdecimal() and 0 < int(text) <= MOST_BUCKETS else DEFAULT_BUCKETS


def _life_seconds(text: str) -> float:
    if not text:
        return DAY_SECONDS
    if not text.isdecimal() or not 1 <= int(text) <= MOST_HOURS:
        raise invalid(f"The lifecycle of an upsert is 1 to {MOST_HOURS} hours, not {text!r}.")
    return int(text) * HOUR_SECONDS


def describe(call: Call) -> Reply:
    """The session with its slots."""
    return _described(call, _session(call, is_read=True))


def put(call: Call) -> Reply:
    """Takes the changes of one bucket."""
    session = _session(call)
    _check_place(call, session)
    session.refuse_unless("normal")
    columns = [*session.table.columns, *EXTRA_COLUMNS]
    rows = read_rows(call, [column.name for column in columns], kinds_of(columns))
    _check_changes(call, session, rows)
    session.put(rows.select([*session.table.arrow_schema.names, OPERATION]))
    call.sandbox.counters.add("UpsertBuckets")
    return _described(call, session)


def _check_place(call: Call, session: UpsertSession) -> None:
    bucket = call.query.get("bucketid", "")
    if not bucket.isdecimal() or int(bucket) >= session.buckets:
        raise invalid(f"The session has no bucket {bucket!r}.")
    slot = known_slot(call.query.get("slotid", ""), session.slots)
    if int(bucket) % session.slots != slot:
        raise invalid(f"Bucket {bucket} does not belong to slot {slot}.")


def _check_changes(call: Call, session: UpsertSession, rows: pa.Table) -> None:
    said = call.query.get("record_count", "")
    if said and said != str(rows.num_rows):
        raise malformed(f"The request says {said} records and holds {rows.num_rows}.")
    known = pc.is_in(rows.column(OPERATION), pa.array([UPSERT, DELETE], pa.int8()))
    if not pc.all(known, min_count=0).as_py():
        raise malformed("A record is neither an upsert nor a delete.")
    if pc.sum(pc.list_value_length(rows.column(VALUE_COLUMNS))).as_py():
        raise invalid(f"Table {session.table.name} takes no partial updates.")
    for name in session.table.primary_key:
        if rows.column(name).null_count:
            raise malformed(f"Key column {name} is NULL.")
    _check_buckets(session, rows, int(call.query["bucketid"]))


def _check_buckets(session: UpsertSession, rows: pa.Table, bucket: int) -> None:
    """A row in a wrong bucket would never be found by its key again."""
    key = session.table.primary_key
    kinds = kinds_of(session.table.column(name) for name in key)
    for row, wanted in enumerate(buckets_of(rows, key, kinds, session.buckets) or ()):
        if wanted != bucket:
            raise malformed(f"Record {row} belongs to bucket {wanted}, not {bucket}.")


def commit(call: Call) -> Reply:
    """Carries the changes out."""
    session = _session(call)
    session.commit()
    return _described(call, session)


def abort(call: Call) -> Reply:
    """Drops the changes."""
    session = _session(call)
    session.abort()
    return _described(call, session)


def _session(call: Call, *, is_read: bool = False) -> UpsertSession:
    state = call.sandbox.tunnel
    found = state.find(UpsertSession, call.query["upsertid"])
    if found is None or found.table is not call.table:
        raise OdpsError(404, "UpsertSessionNotFound", f"There is no upsert {call.query['upsertid']} of this table.")
    if not is_read and found.status == "normal" and state.is_expired(found):
        raise status_conflict("expired")
    return found


def _described(call: Call, session: UpsertSession) -> Answer:
    is_expired = session.status == "normal" and call.sandbox.tunnel.is_expired(session)
    address = worker_address(call)
    slots = [
        {
            "slot_id": str(slot),
            "buckets": list(range(slot, session.buckets, session.slots)),
            "worker_addr": address,
        }
        for slot in range(session.slots)
    ]
    described = {
        "id": session.id,
        "schema": schema_json(session.table.columns, session.table.partition_keys),
        "hash_key": session.table.primary_key,
        "hasher": "default",
        "status": "expired" if is_expired else session.status,
        "slots": slots,
        "quota_name": session.quota,
        "enable_partial_update": False,
    }
    return json_answer(described, headers={ROUTED_SERVER: address})


ROUTES = [
    Route("CreateUpsert", "POST", UPSERTS, create, is_tunnel=True),
    Route("GetUpsert", "GET", UPSERTS, describe, keys=("upsertid",), is_tunnel=True),
    Route("WriteUpsert", "PUT", UPSERTS, put, keys=("upsertid",), is_tunnel=True),
    Route("CommitUpsert", "POST", UPSERTS, commit, keys=("upsertid",), is_tunnel=True),
    Route("AbortUpsert", "DELETE", UPSERTS, abort, keys=("upsertid",), is_tunnel=True),
]
