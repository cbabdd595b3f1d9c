"""What a worker does for a transfer, one function a step: JSON data in, JSON data out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from services.cancel import CancelToken
from services.transfers.model import TransferOptions
from services.transfers.pacing import Pace
from services.transfers.part_run import run_part
from services.transfers.places import Places
from services.transfers.plan_codec import TransferPlan, receipt_of
from services.transfers.planning import plan_transfer, source_fingerprint
from services.transfers.verifying import verify

Data = dict[str, Any]


class Order:
    """What a step is to be done for.

    Attributes:
        body: `source`, `target`, `options` and what the step itself needs.
        plan_text: the journal's plan; empty before there is one.
    """

    def __init__(self, body: Mapping[str, Any], plan_text: str, places: Places, cancel: CancelToken) -> None:
        self.body = body
        self.source: str = body["source"]
        self.target: str = body["target"]
        self.options = TransferOptions.of_data(body["options"])
        self.places = places
        self.cancel = cancel
        self._plan_text = plan_text

    @property
    def plan(self) -> TransferPlan:
        """The plan."""
        return _decoded(self._plan_text)


@lru_cache(maxsize=8)
def _decoded(text: str) -> TransferPlan:
    return TransferPlan.of_data(json.loads(text))


def do_plan(order: Order, pace: Pace) -> Data:
    """Plan the whole transfer."""
    return plan_transfer(order.places, order.source, order.target, order.options, order.cancel).data()


def do_check(order: Order, pace: Pace) -> Data:
    """What the source is now, and which parts the target says it holds."""
    now = source_fingerprint(order.places, order.source, order.options, order.plan.read, order.cancel)
    writer, _ = order.places.target(order.target, order.options.target, order.cancel)
    held = writer.acknowledged(order.plan.write)
    is_changed = bool(now) and now != order.plan.read.fingerprint
    return {"is_changed": is_changed, "held": None if held is None else sorted(held)}


def do_begin(order: Order, pace: Pace) -> Data:
    """Open the target for writing; the plan that the parts are written with."""
    writer, _ = order.places.target(order.target, order.options.target, order.cancel)
    return order.plan.with_write(writer.begin_write(order.plan.write, order.cancel)).data()


def do_part(order: Order, pace: Pace) -> Data:
    """Copy one part."""
    return run_part(order, pace)


def do_commit(order: Order, pace: Pace) -> Data:
    """Make all parts visible."""
    writer, _ = order.places.target(order.target, order.options.target, order.cancel)
    receipts = [receipt_of(one) for one in order.body["receipts"]]
    done = writer.commit_write(order.plan.write, receipts, order.cancel)
    reader, _ = order.places.source(order.source, order.options.source, order.cancel)
    reader.end_read(order.plan.read)
    return {
        "rows": done.rows,
        "message": done.message,
        "request_id": done.request_id,
        "is_visible": done.is_visible,
    }


def do_verify(order: Order, pace: Pace) -> Data:
    """Read the target again and compare."""
    found = verify(order)
    return {"message": found.message, "verified": found.kind.value}


def do_clean(order: Order, pace: Pace) -> Data:
    """Drop what is not committed and free what is held."""
    writer, _ = order.places.target(order.target, order.options.target, order.cancel)
    if order.body["is_begun"]:
        writer.abort_write(order.plan.write)
    reader, _ = order.places.source(order.source, order.options.source, order.cancel)
    reader.end_read(order.plan.read)
    return {}


STEPS: Final[Mapping[str, Callable[[Order, Pace], Data]]] = {
    "plan": do_plan,
    "check": do_check,
    "begin": do_begin,
    "part": do_part,
    "commit": do_commit,
    "verify": do_verify,
    "clean": do_clean,
}
