"""Scan queries: cursors over the entries of a cache."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import chain, islice

from services.sandbox.ignite import wire
from services.sandbox.ignite.caches import Cache, Entry


class ScanCursor:
    """One open scan of a connection."""

    def __init__(
        self, cache: Cache, page_size: int, partition: int, *, is_local: bool, partitions: set[int] | None
    ) -> None:
        self.cache = cache
        self.page_size = page_size
        self.partition = partition
        self.is_local = is_local
        self.started = time.time()
        self._rows: Iterator[Entry] = cache.rows() if partitions is None else cache.rows_of(partitions)
        self._ahead: list[Entry] = []

    def next_page(self) -> tuple[bytes, bool]:
        """Row count, keys and values and the mark for more, and whether more follow."""
        rows = self._ahead + list(islice(self._rows, self.page_size + 1 - len(self._ahead)))
        page, self._ahead = rows[: self.page_size], rows[self.page_size :]
        body = b"".join(chain.from_iterable(page))
        return wire.int32(len(page)) + body + wire.boolean(self._ahead), bool(self._ahead)

    def close(self) -> None:
        """Lets go of the snapshot."""
        close = getattr(self._rows, "close", None)
        if close is not None:
            close()
        self._rows, self._ahead = iter(()), []
