"""The target compared with what was sent: rows always, values by an order-free checksum where that can tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from services.errors import Refused, UnsupportedOperation
from services.stores.bulk import BulkReads, Faults, WriteMode
from services.stores.types import RowQuery
from services.transfers.casting import Caster
from services.transfers.checksum import row_sum, uncompared

if TYPE_CHECKING:
    from services.transfers.ops import Order


class VerifyFailed(Refused):
    """The target does not hold what was sent."""


def verify(order: Order) -> str:
    """Read the target again; what was found equal, in words.

    Raises:
        VerifyFailed: it differs.
    """
    plan = order.plan
    if plan.write.wish.mode not in (WriteMode.OVERWRITE, WriteMode.FAIL) and not plan.shown.get("is_new"):
        return f"counts verified; values were not, as mode {plan.write.wish.mode.value} leaves other rows in the target"
    try:
        reader, path = order.places.source(order.target, order.options.target, order.cancel)
    except UnsupportedOperation:
        return "counts verified; values were not, as this target cannot be read in bulk"
    rows, checksum = _read(order, reader, path)
    sent_rows, sent_checksum = int(order.body["rows"]), int(order.body["checksum"]) % (1 << 64)
    if rows != sent_rows:
        raise VerifyFailed(f"verify: the target holds {rows:,} rows and {sent_rows:,} were sent", hint=_ADVICE)
    if checksum != sent_checksum:
        raise VerifyFailed("verify: the target's values are not those that were sent", hint=_ADVICE)
    left_out = uncompared(plan.write.schema)
    return f"{rows:,} rows verified by checksum" + (f"; not compared: {', '.join(left_out)}" if left_out else "")


_ADVICE = "Somebody else may have written to it; compare, and run the transfer again."


def _read(order: Order, reader: BulkReads, path: tuple[str, ...]) -> tuple[int, int]:
    whole = order.plan.write.schema
    skipped = uncompared(whole)
    schema = pa.schema([field for field in whole if field.name not in skipped])
    plan = reader.plan_read(path, RowQuery(), None, order.cancel)
    rows = checksum = 0
    try:
        names = set(plan.schema.names)
        caster = Caster(plan.schema, schema, [(name, name) for name in schema.names if name in names])
        for part in plan.parts:
            for batch in reader.read_part(plan, part, order.cancel):
                order.cancel.check()
                if isinstance(batch, Faults):
                    raise VerifyFailed("verify: the target holds records that are no rows", hint=_ADVICE)
                good, misfits = caster.cast(batch)
                if misfits:
                    raise VerifyFailed(f"verify: {misfits[0].column}: {misfits[0].reason}", hint=_ADVICE)
                rows += good.num_rows
                checksum = (checksum + row_sum(good)) % (1 << 64)
    finally:
        reader.end_read(plan)
    return rows, checksum
