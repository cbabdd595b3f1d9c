"""Streams as the parts of a bulk write: rows show at once and at least once; there is nothing to commit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from services.cancel import CancelToken
from services.stores.bulk import Committed, Receipt, WritePlan
from services.stores.features import Guarantee
from services.stores.maxcompute.bulk_writing import Way, columns_of, target_of
from services.stores.maxcompute.link import Link
from services.stores.maxcompute.tunnel.encodings import for_records, packed_whole
from services.stores.maxcompute.tunnel.records import Record, body, records
from services.stores.maxcompute.tunnel.stream import StreamWish, abort_stream, open_stream, put_batch, stream_state
from services.stores.maxcompute.tunnel.wire_form import WireForm
from services.stores.maxcompute.types import parse_type

FLUSH_BYTES: Final = 16 << 20
BATCH_ROWS: Final = 10_000


class Streams(Way):
    """Streams."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def guarantee(self) -> Guarantee:
        """Nothing is checked; the plan's note says that rows may be doubled."""
        return Guarantee.BLIND_UPSERT

    def begin(self, plan: WritePlan, cancel: CancelToken) -> Mapping[str, Any]:
        """Open a session, or look for the one that is there."""
        target = target_of(plan)
        if "id" in plan.state:
            stream_state(self._link, target, plan.state["id"], cancel)
            return {}
        return {"id": open_stream(self._link, target, _wish(plan), cancel).id}

    def part(self, plan: WritePlan, part: int, batches: Iterator[pa.RecordBatch], cancel: CancelToken) -> Receipt:
        """Send the rows, in batches of some megabytes."""
        columns = columns_of(plan)
        kinds = [parse_type(text) for _, text in columns]
        form = WireForm(columns, plan.schema)
        waiting: list[Record] = []
        size = waiting_bytes = turn = 0
        for batch in form.batches(batches):
            for first in range(0, batch.num_rows, BATCH_ROWS):
                cancel.check()
                found = records(batch.slice(first, BATCH_ROWS), kinds)
                waiting += found
                waiting_bytes += sum(len(record.fields) for record in found)
                if waiting_bytes >= FLUSH_BYTES:
                    size += self._send(plan, part + turn, waiting, cancel)
                    waiting, waiting_bytes, turn = [], 0, turn + 1
        if waiting:
            size += self._send(plan, part + turn, waiting, cancel)
        return Receipt(part, form.rows, size, tuple(form.rejects))

    def _send(self, plan: WritePlan, turn: int, rows: list[Record], cancel: CancelToken) -> int:
        encoding = for_records(plan.state["encoding"])
        data = packed_whole(body(rows), encoding)
        put_batch(self._link, target_of(plan), plan.state["id"], _wish(plan), turn, data, encoding, cancel)
        return len(data)

    def commit(self, plan: WritePlan, receipts: Sequence[Receipt], cancel: CancelToken) -> Committed:
        """Nothing is left to do."""
        return Committed(None, "a stream shows its rows as they come; at least once each")

    def abort(self, plan: WritePlan) -> None:
        """End the session; its rows stay."""
        abort_stream(self._link, target_of(plan), plan.state["id"])


def _wish(plan: WritePlan) -> StreamWish:
    state = plan.state
    return StreamWish(state["slots"], state["dynamic"], state["zorder"], state["creates"])
