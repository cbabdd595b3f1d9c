"""Which rows hold a text, whatever its case, in any shown column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from services.cancel import CancelToken
from services.results.batches import Batches
from services.results.layout import Layout
from services.results.typed import is_text

Mask = npt.NDArray[np.bool_]

BLOCK_ROWS: Final = 4096
_NUMBER_CHARACTERS: Final = frozenset("0123456789+-.einfa")
_TIME_CHARACTERS: Final = frozenset("0123456789+-:. z")


def matches(batch: pa.RecordBatch, layout: Layout, text: str) -> Mask:
    """One truth a row: some shown cell holds the text."""
    found: Mask = np.zeros(batch.num_rows, np.bool_)
    for reader in layout.plan(batch.schema).readers.values():
        array = batch.column(reader.index)
        if is_text(array.type):
            found |= _in_texts(array, text)
        elif could_hold(array.type, text.lower()):
            texts, _ = reader.cells(batch)
            found |= np.fromiter((text.lower() in shown.lower() for shown in texts), np.bool_, len(texts))
    return found


def _in_texts(array: Any, text: str) -> Mask:
    """Looks at the whole raw text, also beyond what a cell shows."""
    hits = pc.match_substring(array, text, ignore_case=True)
    mask: Mask = pc.fill_null(hits, False).to_numpy(zero_copy_only=False)
    return mask


def could_hold(kind: pa.DataType, lowered: str) -> bool:
    """Whether a cell of that type can hold the text at all; spares formatting what cannot."""
    types = pa.types
    if types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind):
        return _NUMBER_CHARACTERS.issuperset(lowered)
    if types.is_timestamp(kind) or types.is_date(kind) or types.is_time(kind):
        return _TIME_CHARACTERS.issuperset(lowered)
    return True


def find_row(
    batches: Batches,
    layout: Layout,
    order: Any,
    text: str,
    start_row: int,
    *,
    is_backward: bool,
    cancel: CancelToken,
) -> int | None:
    """The next row that holds the text, `start_row` included, counted in the order shown."""
    if not text:
        return None
    shown = batches.rows if order is None else len(order)
    for first, count in _blocks(shown, start_row, is_backward=is_backward):
        cancel.check()
        pieces = batches.pieces(first, count) if order is None else batches.pick(order[first : first + count].tolist())
        masks = [matches(piece, layout, text) for piece in pieces]
        hits = np.flatnonzero(np.concatenate(masks)) if masks else np.zeros(0, np.int64)
        if len(hits):
            return first + int(hits[-1] if is_backward else hits[0])
    return None


def _blocks(shown: int, start: int, *, is_backward: bool) -> Iterator[tuple[int, int]]:
    """First row and count of each block, in the order of the search."""
    if is_backward:
        end = min(start + 1, shown)
        while end > 0:
            first = max(end - BLOCK_ROWS, 0)
            yield first, end - first
            end = first
    else:
        for first in range(max(start, 0), shown, BLOCK_ROWS):
            yield first, min(BLOCK_ROWS, shown - first)
