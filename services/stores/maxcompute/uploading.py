"""Blocks of upload sessions as the parts of a bulk write: all of them show at once, or none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from services.cancel import NEVER, CancelToken
from services.errors import Refused
from services.stores.bulk import Committed, Receipt, WriteMode, WritePlan
from services.stores.features import Guarantee
from services.stores.maxcompute.bulk_writing import Way, columns_of, target_of
from services.stores.maxcompute.link import Link
from services.stores.maxcompute.tunnel.download import open_table
from services.stores.maxcompute.tunnel.upload import (
    MOST_BLOCKS,
    UploadState,
    check_alive,
    commit_upload,
    open_upload,
    put_block,
    upload_state,
)
from services.stores.maxcompute.tunnel.wire_form import WireForm
from services.stores.maxcompute.types import parse_type

_SHOWN_BLOCKS: Final = 5
_AGAIN: Final = "Nothing was committed; retry the transfer, which writes what is missing."


class Uploads(Way):
    """Uploads."""

    max_parts = MOST_BLOCKS

    def __init__(self, link: Link) -> None:
        self._link = link

    def guarantee(self) -> Guarantee:
        """All rows or none."""
        return Guarantee.TRANSACTION

    def begin(self, plan: WritePlan, cancel: CancelToken) -> Mapping[str, Any]:
        """Open a session, or look at the one that is there."""
        target = target_of(plan)
        if "id" in plan.state:
            check_alive(upload_state(self._link, target, plan.state["id"], cancel), target)
            return {}
        overwrites = plan.wish.mode is WriteMode.OVERWRITE
        state = open_upload(self._link, target, overwrites=overwrites, creates=plan.state["creates"], cancel=cancel)
        return {"id": state.id, "field_bytes": state.most_field_bytes}

    def part(self, plan: WritePlan, part: int, batches: Iterator[pa.RecordBatch], cancel: CancelToken) -> Receipt:
        """A part is the block of its number, which is written as often as needed."""
        form = WireForm(columns_of(plan), plan.schema, plan.state["field_bytes"])
        size = put_block(
            self._link,
            target_of(plan),
            plan.state["id"],
            part,
            form.batches(batches),
            encoding=plan.state["encoding"],
            kinds=[parse_type(text) for _, text in columns_of(plan)] if plan.state["records"] else (),
            cancel=cancel,
        )
        return Receipt(part, form.rows, size, tuple(form.rejects))

    def acknowledged(self, plan: WritePlan) -> frozenset[int] | None:
        """The server's own list; it need not keep one of what is committed."""
        target = target_of(plan)
        state = upload_state(self._link, target, plan.state["id"], NEVER)
        check_alive(state, target)
        return None if state.is_closed else state.blocks

    def commit(self, plan: WritePlan, receipts: Sequence[Receipt], cancel: CancelToken) -> Committed:
        """Commit what was planned, acknowledged and is held by the server, where these are the same."""
        target = target_of(plan)
        state = upload_state(self._link, target, plan.state["id"], cancel)
        if state.is_closed:
            return Committed(None, "it was committed before, and only the answer was lost")
        check_alive(state, target)
        _compare(target.name, receipts, state)
        if not receipts and plan.wish.mode is not WriteMode.OVERWRITE:
            return Committed(None, "the source had no rows, and nothing was changed")
        if plan.wish.mode is WriteMode.FAIL:
            self._check_empty(plan, cancel)
        return Committed(None, request_id=commit_upload(self._link, target, state.id, cancel))

    def _check_empty(self, plan: WritePlan, cancel: CancelToken) -> None:
        target = target_of(plan)
        count = open_table(self._link, target.path, target.partition, cancel).count
        if count:
            hint = "Nothing was committed; choose append or overwrite."
            raise Refused(f"{target.name}: others wrote {count:,} rows to it meanwhile", hint=hint)

    def abort(self, plan: WritePlan) -> None:
        """Nothing to send: the service forgets blocks that nobody commits."""


def _compare(name: str, receipts: Sequence[Receipt], state: UploadState) -> None:
    """Refuse to commit a list that is not whole."""
    acknowledged = {receipt.part for receipt in receipts}
    gaps = set(range(max(acknowledged, default=-1) + 1)) - acknowledged
    if gaps:
        raise Refused(f"{name}: {_blocks(gaps)} were never written", hint=_AGAIN)
    if missing := acknowledged - state.blocks:
        raise Refused(f"{name}: the service does not hold {_blocks(missing)} any more", hint=_AGAIN)
    if strange := state.blocks - acknowledged:
        hint = "Nothing was committed; restart the transfer, which begins a session of its own."
        raise Refused(f"{name}: the service holds {_blocks(strange)} that nobody here wrote", hint=hint)


def _blocks(found: set[int] | frozenset[int]) -> str:
    shown = ", ".join(map(str, sorted(found)[:_SHOWN_BLOCKS]))
    return f"{'block' if len(found) == 1 else 'blocks'} {shown}" + (" and more" if len(found) > _SHOWN_BLOCKS else "")
