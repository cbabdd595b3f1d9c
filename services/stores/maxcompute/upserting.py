"""Upsert sessions as the parts of a bulk write: a row replaces the one with its key, or removes it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import pyarrow as pa

from services.cancel import CancelToken
from services.stores.bulk import Committed, Receipt, WritePlan
from services.stores.features import Guarantee
from services.stores.maxcompute.bulk_writing import Way, columns_of, target_of
from services.stores.maxcompute.link import Link
from services.stores.maxcompute.tunnel.encodings import for_records, packed_whole
from services.stores.maxcompute.tunnel.hashing import buckets_of
from services.stores.maxcompute.tunnel.records import Record, body, field, records
from services.stores.maxcompute.tunnel.upsert import (
    UpsertState,
    abort_upsert,
    check_alive,
    commit_upsert,
    open_upsert,
    put_bucket,
    upsert_state,
)
from services.stores.maxcompute.tunnel.wire_form import WireForm
from services.stores.maxcompute.types import parse_type

FLUSH_BYTES: Final = 32 << 20
BATCH_ROWS: Final = 10_000
SENDERS: Final = 4
_OPERATION_PLACE, _VALUES_PLACE = 3, 5
"""Of the session's own columns, behind the table's: the operation, and which values are partial."""


class Upserts(Way):
    """Upserts and deletes."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def guarantee(self) -> Guarantee:
        """Nothing is checked."""
        return Guarantee.BLIND_UPSERT

    def begin(self, plan: WritePlan, cancel: CancelToken) -> Mapping[str, Any]:
        """Open a session, or look at the one that is there."""
        target = target_of(plan)
        if "id" in plan.state:
            check_alive(upsert_state(self._link, target, plan.state["id"], cancel), target)
            return {}
        if plan.state["creates"]:
            self._create_partition(plan, cancel)
        return {"id": open_upsert(self._link, target, plan.state["slots"], plan.state["hours"], cancel).id}

    def _create_partition(self, plan: WritePlan, cancel: CancelToken) -> None:
        """By an upload that nobody commits: upserts themselves make no partitions."""
        from services.stores.maxcompute.tunnel.upload import open_upload

        open_upload(self._link, target_of(plan), overwrites=False, creates=True, cancel=cancel)

    def part(self, plan: WritePlan, part: int, batches: Iterator[pa.RecordBatch], cancel: CancelToken) -> Receipt:
        """Changes in the order of the rows, each to its bucket; sent again they change nothing."""
        target = target_of(plan)
        # Asking at the start of each part keeps the session alive and finds out where buckets moved.
        state = upsert_state(self._link, target, plan.state["id"], cancel)
        check_alive(state, target)
        form = WireForm(columns_of(plan), plan.schema)
        sender = _Sender(self._link, plan, state, cancel)
        for batch in form.batches(batches):
            for first in range(0, batch.num_rows, BATCH_ROWS):
                cancel.check()
                sender.add(batch.slice(first, BATCH_ROWS))
        sender.flush()
        return Receipt(part, form.rows, sender.size_bytes, tuple(form.rejects))

    def commit(self, plan: WritePlan, receipts: Sequence[Receipt], cancel: CancelToken) -> Committed:
        """Carry the changes out."""
        request_id = commit_upsert(self._link, target_of(plan), plan.state["id"], cancel)
        return Committed(None, request_id=request_id)

    def abort(self, plan: WritePlan) -> None:
        """Drop the changes."""
        abort_upsert(self._link, target_of(plan), plan.state["id"])


class _Sender:
    """Sorts rows into buckets and sends these when they are large."""

    def __init__(self, link: Link, plan: WritePlan, state: UpsertState, cancel: CancelToken) -> None:
        columns = columns_of(plan)
        kinds = dict(columns)
        self._link = link
        self._target = target_of(plan)
        self._state = state
        self._cancel = cancel
        self._encoding = for_records(plan.state["encoding"])
        self._kinds = [parse_type(text) for _, text in columns]
        self._keys = [(name, kinds[name]) for name in state.hash_keys]
        operation = field(
            len(columns) + _OPERATION_PLACE, parse_type("TINYINT"), ord("D" if plan.state["deletes"] else "U")
        )
        values = field(len(columns) + _VALUES_PLACE, parse_type("ARRAY<BIGINT>"), [])
        self._more = operation[0] + values[0], operation[1] + values[1]
        self._waiting: dict[int, list[Record]] = defaultdict(list)
        self._waiting_bytes = 0
        self.size_bytes = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Take rows in the tunnel's form."""
        buckets = buckets_of(batch, self._keys, self._state.hasher, len(self._state.buckets))
        for bucket, record in zip(buckets.tolist(), records(batch, self._kinds, self._more), strict=True):
            self._waiting[bucket].append(record)
            self._waiting_bytes += len(record.fields)
        if self._waiting_bytes >= FLUSH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Send what waits, a few buckets at a time; all of it is at the server, or an error is raised."""
        waiting, self._waiting, self._waiting_bytes = self._waiting, defaultdict(list), 0
        with ThreadPoolExecutor(SENDERS, thread_name_prefix="upsert") as pool:
            sent = [pool.submit(self._send, bucket, rows) for bucket, rows in waiting.items()]
            try:
                self.size_bytes += sum(one.result() for one in sent)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _send(self, bucket: int, rows: list[Record]) -> int:
        data = packed_whole(body(rows), self._encoding)
        put_bucket(self._link, self._target, self._state, bucket, len(rows), data, self._encoding, self._cancel)
        return len(data)
