"""Tables cut by the service's split points into ranges of keys, read one by one or several at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import pyarrow as pa

from services.cancel import NEVER, CancelToken
from services.errors import Refused, UnsupportedOperation
from services.read_ahead import ReadAhead
from services.stores.changes import Path
from services.stores.ranges import KeyRange
from services.stores.tablestore import names
from services.stores.tablestore.answers import RowsAnswer, SplitsAnswer, TableAnswer
from services.stores.tablestore.codec import tags
from services.stores.tablestore.hooks import SPLIT_POINTS
from services.stores.tablestore.link import Link
from services.stores.tablestore.reading import WHOLE, Reading
from services.stores.tablestore.tables import Tables
from services.stores.types import Page, RowQuery
from services.values import Typed

SCAN_BYTES: Final = 4 * 2**20
"""What one page holds at most: a reader takes a whole range in before its turn comes, and keeps little in memory."""

READERS: Final = 4
PAGES_AHEAD: Final = 8
"""Of each range, should one be larger than was asked for."""

Found = tuple[pa.RecordBatch | None, bool]


class Splitting:
    """Ranges of tables and of secondary indexes."""

    def __init__(self, link: Link, tables: Tables, reading: Reading) -> None:
        self._link = link
        self._tables = tables
        self._reading = reading

    def splits(self, path: Path, size_bytes: int | None, cancel: CancelToken) -> list[KeyRange]:
        """The ranges between the service's split points; one range where it gives none."""
        if self._tables.is_search(path) or names.is_versions(path):
            hint = "Split its table, or read it whole."
            raise UnsupportedOperation(f"{names.shown(path)}: has no key ranges", hint=hint)
        self._tables.fresh(path, cancel)
        if not self._link.is_extended:
            return [WHOLE]
        bounds: list[tuple[Typed, ...]] = [()]
        for point in self._points(path, size_bytes, cancel).points:
            bound = tuple(Typed(tags.WORDS[cell.kind], cell.value) for cell in point)
            if bound and bound != bounds[-1]:
                bounds.append(bound)
        return [KeyRange(low, high) for low, high in zip(bounds, [*bounds[1:], ()], strict=True)]

    def _points(self, path: Path, size_bytes: int | None, cancel: CancelToken) -> SplitsAnswer:
        name, what = names.wire_name(path), names.shown(path)
        try:
            found: SplitsAnswer = self._link.call(SPLIT_POINTS, name, size_bytes, what=what, cancel=cancel)
        except Refused:
            if size_bytes is None:
                raise
            # Not every size is taken; the service's own, 100 MB, is.
            found = self._link.call(SPLIT_POINTS, name, None, what=what, cancel=cancel)
        return found

    def read_range(self, path: Path, part: KeyRange, query: RowQuery, cancel: CancelToken) -> Iterator[Page]:
        """Pages of one range."""
        return self._reading.read_rows(path, replace(query, order=()), cancel, part)

    def scan(self, path: Path, query: RowQuery, cancel: CancelToken) -> Iterator[Page]:
        """All rows in the order of the key, several ranges at once."""
        parts = self._parts(path, query, cancel)
        if len(parts) < 2:
            return self._reading.read_rows(path, query, cancel)
        table = self._tables.known(path)
        return self._reading.pages(path, table, query, self._at_once(path, table, parts, query, cancel))

    def _parts(self, path: Path, query: RowQuery, cancel: CancelToken) -> list[KeyRange]:
        """The ranges worth reading at once; none where only some rows are wanted, or in another order."""
        if query.limit is not None or query.order or self._link.options.max_connection < 2:
            return []
        try:
            return self.splits(path, SCAN_BYTES, cancel)
        except Refused:
            return []

    def _at_once(
        self, path: Path, table: TableAnswer, parts: list[KeyRange], query: RowQuery, cancel: CancelToken
    ) -> Iterator[Found]:
        """The batches of all ranges in order, while the next ranges are read already."""
        stop = CancelToken()
        readers = min(READERS, self._link.options.max_connection)
        waiting, running = deque(parts), deque[ReadAhead[tuple[RowsAnswer | None, bool]]]()
        try:
            with cancel.on_cancel(stop.cancel):
                while waiting or running:
                    while waiting and len(running) < readers:
                        # Stopped between its pages, and with no thread more for each request.
                        part = waiting.popleft()
                        pages: Any = self._reading.batches(path, table, query, NEVER, 1, _kept, part, eager=False)
                        running.append(ReadAhead(pages, stop, PAGES_AHEAD))
                    for answer, has_more in running.popleft():
                        is_last = not has_more and not waiting and not running
                        if answer is not None or is_last:
                            yield None if answer is None else answer.batch(), not is_last
        finally:
            stop.cancel()


def _kept(answer: RowsAnswer) -> Any:
    """Decoded by the one who takes it: what decoding needs is then held once, not once a reader."""
    return answer
