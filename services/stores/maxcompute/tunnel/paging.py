"""The rows of a session in pages for people: read in ranges, so that no connection waits long for a reader."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import pyarrow as pa

from services.cancel import NEVER, CancelToken
from services.stores.maxcompute.link import Link
from services.stores.maxcompute.shaping import shaped
from services.stores.maxcompute.tunnel.download import Download, read_range

PAGE_ROWS: Final = 5000
PAGE_BYTES: Final = 8 << 20
"""A page of large rows ends here, whatever number was asked for."""

RANGE_ROWS: Final = 100_000
RANGE_BYTES: Final = 32 << 20
"""Ranges grow up to these: the first page comes soon, and a long read is not made of small requests."""


def paged(
    link: Link,
    session: Download,
    count: int,
    page_rows: int,
    *,
    columns: Sequence[str] = (),
    keys: Sequence[str] = (),
    cancel: CancelToken = NEVER,
) -> Iterator[pa.RecordBatch]:
    """The first `count` rows of a session, in pages of at most `page_rows`, none of them empty.

    Args:
        columns: only these, in this order.
        keys: columns of the primary key, to be marked.
    """
    types = [one for one in session.columns if not columns or one[0] in columns]
    start, size = 0, page_rows
    while start < count:
        cancel.check()
        size = min(size, count - start)
        came_bytes = 0
        for batch in _regrouped(read_range(link, session, start, size, columns, cancel), page_rows):
            came_bytes += batch.nbytes
            page = shaped(batch, types, keys)
            yield page.select(list(columns)) if columns else page
        start += size
        most = min(2 * size, RANGE_ROWS, RANGE_BYTES * size // max(came_bytes, 1))
        size = max(most // page_rows, 1) * page_rows


def _regrouped(batches: Iterator[pa.RecordBatch], page_rows: int) -> Iterator[pa.RecordBatch]:
    """The same rows in batches of a page each."""
    held: list[pa.RecordBatch] = []
    rows = size_bytes = 0
    for batch in batches:
        row_bytes = batch.nbytes / max(batch.num_rows, 1)
        while batch.num_rows:
            fitting = int((PAGE_BYTES - size_bytes) / max(row_bytes, 1)) or 1
            piece = batch.slice(0, min(page_rows - rows, fitting))
            batch = batch.slice(piece.num_rows)
            held.append(piece)
            rows, size_bytes = rows + piece.num_rows, size_bytes + piece.nbytes
            if rows >= page_rows or size_bytes >= PAGE_BYTES:
                yield _joined(held)
                held, rows, size_bytes = [], 0, 0
    if held:
        yield _joined(held)


def _joined(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    if len(batches) == 1:
        return batches[0]
    return pa.Table.from_batches(batches).combine_chunks().to_batches()[0]
