"""The rows of a session in pages for people: each range is read whole, so that no connection waits for a reader."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import pyarrow as pa

from services.cancel import NEVER, CancelToken
from services.stores.maxcompute.link import Link
from services.stores.maxcompute.shaping import shaped
from services.stores.maxcompute.tunnel.download import Download, read_range

PAGE_ROWS: Final = 5000
RANGE_ROWS: Final = 100_000
"""Ranges grow up to it: the first page comes soon, and a long read is not made of small requests."""


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
    """The first `count` rows of a session, in pages of `page_rows`, none of them empty.

    Args:
        columns: only these, in this order.
        keys: columns of the primary key, to be marked.
    """
    start, size = 0, page_rows
    while start < count:
        cancel.check()
        size = min(size, count - start)
        yield from _pages_of(link, session, start, size, page_rows, columns, keys, cancel)
        start += size
        size = max(min(2 * size, RANGE_ROWS) // page_rows, 1) * page_rows


def _pages_of(
    link: Link,
    session: Download,
    start: int,
    size: int,
    page_rows: int,
    columns: Sequence[str],
    keys: Sequence[str],
    cancel: CancelToken,
) -> Iterator[pa.RecordBatch]:
    types = [one for one in session.columns if not columns or one[0] in columns]
    batches = list(read_range(link, session, start, size, columns, cancel))
    table = pa.Table.from_batches(batches, session.schema(columns))
    for first in range(0, size, page_rows):
        piece = table.slice(first, page_rows).combine_chunks()
        page = shaped(piece.to_batches()[0], types, keys)
        yield page.select(list(columns)) if columns else page
