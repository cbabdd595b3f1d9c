"""One part from source to target: read, map, cast, pace, write; rows that do not fit are put aside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from services.errors import Refused, SourceChanged
from services.results.presenting import PLAIN, Presentation, presentation_of
from services.stores.base import Store
from services.stores.bulk import Faults, ReadPart, Receipt
from services.transfers.casting import Caster, Misfit
from services.transfers.checksum import row_sum
from services.transfers.model import RejectedRow
from services.transfers.pacing import Pace
from services.transfers.plan_codec import receipt_data
from services.transfers.planning import position_column

if TYPE_CHECKING:
    from services.transfers.ops import Order

_RAW_CHARACTERS: Final = 2000


class TooManyRejects(Refused):
    """More rows were rejected than the transfer allows.

    Attributes:
        rejects: those of the part at hand.
    """

    def __init__(self, message: str, rejects: Sequence[RejectedRow], *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.rejects = rejects


class PartRows:
    """The rows of one part on their way, with what is counted about them.

    Attributes:
        rows_read: rows of the source so far, those that were no rows included.
        bytes_sent: bytes in memory of what was handed on.
        rejects: rows put aside.
        checksum: of the rows handed on, when wanted.
    """

    def __init__(self, order: Order, part: ReadPart, pace: Pace) -> None:
        self._order = order
        self._part = part
        self._pace = pace
        self._ratio = float(order.body.get("ratio", 1.0))
        self._first_row: int | None = order.body.get("first_row")
        self._budget = int(order.body.get("rejects_left", 0))
        self._reader, _ = order.places.source(order.source, order.options.source, order.cancel)
        plan = order.plan
        self._position = position_column(plan.read.schema)
        self._caster = Caster(plan.read.schema, plan.write.schema, plan.columns)
        self.rows_read = 0
        self.bytes_sent = 0
        self.rejects: list[RejectedRow] = []
        self.checksum = 0

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Batches in the target's schema, as fast as they may go."""
        for good in self.cast_batches():
            if self._order.options.is_verified:
                self.checksum = (self.checksum + row_sum(good)) % (1 << 64)
            for piece in self._pace.paced(good, self._ratio, self._order.cancel):
                self.bytes_sent += piece.nbytes
                yield piece

    def cast_batches(self) -> Iterator[pa.RecordBatch]:
        """Batches in the target's schema; what does not fit is in `rejects`.

        Raises:
            TooManyRejects: there are more than allowed.
        """
        for found in self._reader.read_part(self._order.plan.read, self._part, self._order.cancel):
            self._order.cancel.check()
            if isinstance(found, Faults):
                self._put_faults_aside(found)
                continue
            good, misfits = self._caster.cast(found)
            for misfit in misfits:
                self.reject(found, misfit)
            self.rows_read += found.num_rows
            if good.num_rows:
                yield good
        self._check_whole()

    def _check_whole(self) -> None:
        """Refuse a part with other rows than planned, from a source that says that it stands still."""
        plan, wanted = self._order.plan.read, self._part.rows
        if wanted is None or wanted == self.rows_read or not (plan.is_snapshot or plan.fingerprint):
            return
        counts = f"{wanted:,} rows were planned and {self.rows_read:,} came"
        raise SourceChanged(f"{self._order.source}: part {self._part.index}: {counts}", hint="Retry to start anew.")

    def _put_faults_aside(self, found: Faults) -> None:
        for fault in found.faults:
            values = {"$raw": fault.raw[:_RAW_CHARACTERS]} if fault.raw else {}
            place = (self._part.index, self.rows_read, fault.position, fault.position)
            self._keep(RejectedRow(*place, fault.column, fault.reason, values))
            self.rows_read += 1

    @property
    def first_row(self) -> int | None:
        """Rows of the source before this part, where they are counted."""
        return self._first_row

    def reject(self, batch: pa.RecordBatch, misfit: Misfit) -> None:
        """Put a row of a batch aside."""
        offset = self.rows_read + misfit.row
        line = batch.column(self._position)[misfit.row].as_py() if self._position else None
        row = line if line is not None or self._first_row is None else self._first_row + offset + 1
        values = row_values(batch.slice(misfit.row, 1), self._position, self.presentation)
        self._keep(RejectedRow(self._part.index, offset, row, line, misfit.column, misfit.reason, values))

    @property
    def presentation(self) -> Presentation:
        """How to read the source's own cells."""
        return presentation_of(self._reader) if isinstance(self._reader, Store) else PLAIN

    def _keep(self, rejected: RejectedRow) -> None:
        self.rejects.append(rejected)
        if len(self.rejects) > self._budget:
            hint = _too_many_hint(self._order.options.rejects_allowed)
            raise TooManyRejects(reject_words(rejected), self.rejects, hint=hint)


def reject_words(rejected: RejectedRow) -> str:
    """Where a row stands and what is wrong with it."""
    if rejected.line is not None:
        where = f"record {rejected.line}"
    elif rejected.row is not None:
        where = f"row {rejected.row}"
    else:
        where = f"row {rejected.offset + 1} of part {rejected.part}"
    column = f", column {rejected.column}" if rejected.column else ""
    return f"{where}{column}: {rejected.reason}"


def _too_many_hint(allowed: int) -> str:
    if allowed:
        return f"{allowed} rejected rows are allowed; see what was put aside, or raise --max-rejects."
    return "Correct the row, or put such rows aside with --rejects FILE and --max-rejects N."


def row_values(row: pa.RecordBatch, position: str, presentation: Presentation = PLAIN) -> Mapping[str, Any]:
    """The only row of a batch as JSON data."""
    from services.results.records import BatchReader

    (record,) = BatchReader(presentation, numbers=False).records(row)
    return {name: value for name, value in record.items() if name != position}


def run_part(order: Order, pace: Pace) -> dict[str, Any]:
    """Copy the part that the order names."""
    part = order.plan.read.parts[order.body["part"]]
    rows = PartRows(order, part, pace)
    writer, _ = order.places.target(order.target, order.options.target, order.cancel)
    receipt = writer.write_part(order.plan.write, part.index, rows.batches(), order.cancel)
    if receipt.rejects:
        rows.checksum = _put_refused_aside(order, part, receipt, rows)
    return {
        "receipt": receipt_data(Receipt(receipt.part, receipt.rows, receipt.size_bytes, (), receipt.state)),
        "rejects": [rejected.data() for rejected in rows.rejects],
        "rows_read": rows.rows_read,
        "bytes_sent": rows.bytes_sent,
        "checksum": rows.checksum,
    }


def _put_refused_aside(order: Order, part: ReadPart, receipt: Receipt, rows: PartRows) -> int:
    """Read the part again for the rows that the store refused; the checksum without them."""
    refused = {reject.row: reject for reject in receipt.rejects}
    again = PartRows(order, part, pace=rows._pace)
    again._budget = len(rows.rejects) + 1
    checksum, offset = rows.checksum, 0
    first = rows.first_row if not rows.rejects else None  # rows put aside before are not counted here
    for batch in again.cast_batches():
        for place in range(batch.num_rows):
            reject = refused.get(offset + place)
            if reject is None:
                continue
            one = batch.slice(place, 1)
            checksum = (checksum - row_sum(one)) % (1 << 64) if order.options.is_verified else checksum
            values = row_values(one, "")
            row = None if first is None else first + offset + place + 1
            rows._keep(RejectedRow(part.index, offset + place, row, None, reject.column, reject.reason, values))
        offset += batch.num_rows
    return checksum
