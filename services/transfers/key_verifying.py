"""Rows added to a target that holds others: found again by their key, and compared by their values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from services.errors import StoredeckError
from services.stores.bulk import WriteMode
from services.stores.types import KEY_METADATA, CountKind
from services.transfers.checksum import row_hashes, row_sum
from services.transfers.model import Verified
from services.transfers.pacing import Unbounded
from services.transfers.part_run import PartRows
from services.transfers.verifying import Finding, NotCompared, TargetRows, check_equal

if TYPE_CHECKING:
    from services.transfers.ops import Order

_MODES: Final = (WriteMode.APPEND, WriteMode.UPSERT)
_MOST_KEYS: Final = 20_000_000
"""Keys are kept as 8 bytes each while the target is read."""

_USUAL_ROWS: Final = 1_000_000
_TIMES: Final = 10
"""A target of so many times the rows that were written is read again, or one of the usual rows."""


def compared_by_key(order: Order, target: TargetRows) -> Finding:
    """Read the source again for its keys, then the target for the rows that have them.

    Raises:
        NotCompared: it cannot tell, or would cost too much.
        VerifyFailed: the rows differ.
    """
    keys = _check_possible(order, target)
    wanted = _source_keys(order, keys)
    most = _most_rows(order)
    rows = checksum = seen = 0
    for batch, _ in target.batches():
        seen += batch.num_rows
        if seen > most:
            raise NotCompared(f"the target holds more than {most:,} rows, {int(order.body['rows']):,} were written")
        ours = batch.filter(_is_among(row_hashes(batch.select(keys)), wanted))
        rows += ours.num_rows
        checksum = (checksum + row_sum(ours)) % (1 << 64)
    check_equal(order, rows, checksum)
    return Finding(Verified.KEYS, f"{rows:,} rows verified by key and checksum{target.left_out}")


def _check_possible(order: Order, target: TargetRows) -> list[str]:
    """The names of the key's columns, where rows can be found by them."""
    mode = order.plan.write.wish.mode
    if mode not in _MODES:
        raise NotCompared(f"mode {mode.value} leaves rows in the target that have the same keys")
    keys = [field.name for field in target.plan.schema if KEY_METADATA in (field.metadata or {})]
    if not keys or not set(keys) <= set(target.schema.names):
        raise NotCompared(f"mode {mode.value} leaves other rows in the target, which has no key to tell them apart")
    if order.body.get("rejected"):
        raise NotCompared("rows with the keys of those that were rejected may be in the target")
    if int(order.body["rows"]) > _MOST_KEYS:
        raise NotCompared(f"{int(order.body['rows']):,} rows are more than are looked for by key")
    count, most = target.plan.count, _most_rows(order)
    if count.kind is CountKind.EXACT and count.rows > most:
        raise NotCompared(f"the target holds {count.rows:,} rows, {int(order.body['rows']):,} were written")
    return keys


def _most_rows(order: Order) -> int:
    return max(_USUAL_ROWS, _TIMES * int(order.body["rows"]))


def _source_keys(order: Order, keys: list[str]) -> Any:
    """A sorted hash of each key that was sent."""
    found: list[Any] = []
    try:
        for part in order.plan.read.parts:
            batches = PartRows(order, part, Unbounded()).cast_batches()
            found.extend(row_hashes(batch.select(keys)) for batch in batches)
    except StoredeckError as error:
        if error.retryable:
            raise
        raise NotCompared(f"the source cannot be read again: {error.message}") from error
    hashes = np.concatenate(found) if found else np.zeros(0, np.uint64)
    unique = np.unique(hashes)
    if len(unique) != len(hashes):
        raise NotCompared(f"{len(hashes):,} rows were sent with {len(unique):,} different keys")
    return unique


def _is_among(hashes: Any, wanted: Any) -> Any:
    """Which of some hashes are among the sorted ones, as an Arrow mask."""
    import pyarrow as pa

    if not len(wanted):
        return pa.array(np.zeros(len(hashes), bool))
    places = np.minimum(np.searchsorted(wanted, hashes), len(wanted) - 1)
    return pa.array(wanted[places] == hashes)
