"""The target compared with what was sent: rows always, values by an order-free checksum where that can tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from services.errors import Refused, UnsupportedOperation
from services.stores.bulk import BulkReads, Faults, ReadPlan, WriteMode
from services.stores.changes import Path
from services.stores.types import RowQuery
from services.transfers.casting import Caster, Misfit
from services.transfers.checksum import row_sum, uncompared
from services.transfers.model import Verified

if TYPE_CHECKING:
    from services.transfers.ops import Order

ADVICE: Final = "Somebody else may have written to it; compare, and run the transfer again."


class VerifyFailed(Refused):
    """The target does not hold what was sent."""


class NotCompared(Exception):
    """Values cannot be compared; why, in words."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found equal; `kind` is `Verified.NOT` where it was not values."""

    kind: Verified
    message: str


def verify(order: Order) -> Finding:
    """Read the target again and compare values where that can tell anything.

    Raises:
        VerifyFailed: it differs.
    """
    try:
        return _compared(order)
    except NotCompared as reason:
        return Finding(Verified.NOT, f"values were not compared: {reason}")


def _compared(order: Order) -> Finding:
    plan = order.plan
    try:
        reader, path = order.places.source(order.target, order.options.target, order.cancel)
    except UnsupportedOperation as error:
        raise NotCompared("this target cannot be read in bulk") from error
    target = TargetRows(order, reader, path)
    try:
        if plan.write.wish.mode in (WriteMode.OVERWRITE, WriteMode.FAIL) or plan.shown.get("is_new"):
            return _compared_whole(order, target)
        from services.transfers.key_verifying import compared_by_key

        return compared_by_key(order, target)
    finally:
        target.close()


def _compared_whole(order: Order, target: TargetRows) -> Finding:
    """Nothing but what was sent is in the target."""
    rows = checksum = 0
    for batch, misfits in target.batches():
        if misfits:
            raise VerifyFailed(f"verify: {misfits[0].column}: {misfits[0].reason}", hint=ADVICE)
        rows += batch.num_rows
        checksum = (checksum + row_sum(batch)) % (1 << 64)
    check_equal(order, rows, checksum)
    return Finding(Verified.CHECKSUM, f"{rows:,} rows verified by checksum{target.left_out}")


def check_equal(order: Order, rows: int, checksum: int) -> None:
    """Compare with the receipts of the parts.

    Raises:
        VerifyFailed: they say otherwise.
    """
    sent_rows, sent_checksum = int(order.body["rows"]), int(order.body["checksum"]) % (1 << 64)
    if rows != sent_rows:
        raise VerifyFailed(f"verify: the target holds {rows:,} rows and {sent_rows:,} were sent", hint=ADVICE)
    if checksum != sent_checksum:
        raise VerifyFailed("verify: the target's values are not those that were sent", hint=ADVICE)


class TargetRows:
    """The target read again, in the schema that was written, less the columns that are not compared."""

    def __init__(self, order: Order, reader: BulkReads, path: Path) -> None:
        whole = order.plan.write.schema
        self._order = order
        self._reader = reader
        self._skipped = uncompared(whole)
        self.schema = pa.schema([field for field in whole if field.name not in self._skipped])
        self.plan: ReadPlan = reader.plan_read(path, RowQuery(), None, order.cancel)

    @property
    def left_out(self) -> str:
        """What is not compared, for the end of a sentence."""
        return f"; not compared: {', '.join(self._skipped)}" if self._skipped else ""

    def batches(self) -> Iterator[tuple[pa.RecordBatch, list[Misfit]]]:
        """Rows, and why others beside them are not of the schema.

        Raises:
            VerifyFailed: it holds what is no row at all.
        """
        names = set(self.plan.schema.names)
        columns = [(name, name) for name in self.schema.names if name in names]
        caster = Caster(self.plan.schema, self.schema, columns)
        for part in self.plan.parts:
            for batch in self._reader.read_part(self.plan, part, self._order.cancel):
                self._order.cancel.check()
                if isinstance(batch, Faults):
                    raise VerifyFailed("verify: the target holds records that are no rows", hint=ADVICE)
                yield caster.cast(batch)

    def close(self) -> None:
        """Free what the reading holds at the server."""
        self._reader.end_read(self.plan)
