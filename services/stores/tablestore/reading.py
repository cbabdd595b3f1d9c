"""Rows of tables and secondary indexes: ranges page by page, and rows by their keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from services.cancel import NEVER, CancelToken
from services.errors import UnsupportedOperation, UsageError
from services.stores.changes import Path
from services.stores.ranges import KeyRange
from services.stores.tablestore import names, where
from services.stores.tablestore.answers import KeysAnswer, RowResult, RowsAnswer, TableAnswer
from services.stores.tablestore.busy_rows import until_free
from services.stores.tablestore.codec.cells import CellRow
from services.stores.tablestore.faults import MAYBE_DONE_CODES, NOT_DONE_CODES, row_error
from services.stores.tablestore.filters import column_filter, columns_of
from services.stores.tablestore.link import Link
from services.stores.tablestore.ranges import KeyColumn, key_range, within
from services.stores.tablestore.seen import SeenColumns
from services.stores.tablestore.shaping import INDEX_LOCK, chosen, empty_page, locked
from services.stores.tablestore.tables import Tables
from services.stores.types import Count, Page, RowQuery
from services.stores.waiting import Pending
from services.values import Key, Typed

WHOLE: Final = KeyRange()
PAGE_ROWS: Final = 5000
KEYS_A_REQUEST: Final = 100
MAX_COLUMNS_TO_GET: Final = 128
EAGER_PAGES: Final = 2
"""After so many pages somebody wants them all: the next one is asked for before the present one is used."""


@dataclass(slots=True)
class RangeScan:
    """A range being read: the arguments of its requests, and where it goes on."""

    table: str
    direction: str
    start: list[tuple[str, Any]]
    end: list[tuple[str, Any]]
    columns: list[str]
    filter: Any
    page_rows: int
    versions: int = 1

    def arguments(self, left: int | None) -> tuple[Any, ...]:
        """What the SDK's encoder of GetRange takes for the next page."""
        limit = self.page_rows if left is None else min(self.page_rows, left)
        fixed = (self.columns, limit, self.filter, self.versions, None, None, None, None, None)
        return (self.table, self.direction, self.start, self.end, *fixed)

    @property
    def is_empty(self) -> bool:
        """Whether it begins where it ends."""
        return self.start == self.end


class Reading:
    """Reads rows over one link."""

    def __init__(self, link: Link, tables: Tables, seen: SeenColumns) -> None:
        self._link = link
        self._tables = tables
        self._seen = seen

    def read_rows(self, path: Path, query: RowQuery, cancel: CancelToken, part: KeyRange = WHOLE) -> Iterator[Page]:
        """Pages of a range, in the order of the key or against it; of its rows those in `part` only."""
        table = self._tables.fresh(path, cancel)
        return self.pages(path, table, query, self.batches(path, table, query, cancel, part=part))

    def pages(
        self, path: Path, table: TableAnswer, query: RowQuery, batches: Iterator[tuple[pa.RecordBatch | None, bool]]
    ) -> Iterator[Page]:
        """What `batches` gave as pages, in the shape that the query asks for."""
        words = {name: word for name, word, _ in table.key} | dict(table.columns)
        loaded = 0
        for found, has_more in batches:
            batch = empty_page(table) if found is None else found
            self._seen.learn(path, batch)
            loaded += batch.num_rows
            batch = chosen(batch, query.columns, words)
            if names.is_index(path):
                batch = locked(batch, INDEX_LOCK)
            yield Page(batch, Count.at_least(loaded) if has_more else Count.exact(loaded))

    def batches(
        self,
        path: Path,
        table: TableAnswer,
        query: RowQuery,
        cancel: CancelToken,
        versions: int = 1,
        decode: Callable[[RowsAnswer], pa.RecordBatch] = RowsAnswer.batch,
        part: KeyRange = WHOLE,
        *,
        eager: bool = True,
    ) -> Iterator[tuple[pa.RecordBatch | None, bool]]:
        """Pages with rows, and whether more rows may follow; None at the end where no rows came with it.

        Args:
            versions: how many of each cell the answers hold.
            decode: makes a page of an answer.
            part: only rows of this range.
            eager: ask for the next page before the present one is used.
        """
        scan = scan_of(path, table, query, part)
        if scan is None or scan.is_empty or query.limit == 0:
            yield None, False
            return
        scan.versions = versions
        left, pages = query.limit, 0
        pending: Pending[RowsAnswer] | None = None
        what = names.shown(path)
        while True:
            answer: RowsAnswer
            if pending is not None:
                answer = pending.result(cancel)
            else:
                answer = self._link.call("GetRange", *scan.arguments(left), what=what, cancel=cancel)
            pending = None
            if answer.next_key is not None:
                scan.start = [names.sdk_cell(cell) for cell in answer.next_key]
            is_done = answer.next_key is None
            pages += 1
            if eager and left is None and not is_done and pages >= EAGER_PAGES:
                pending = self._link.start("GetRange", *scan.arguments(None), what=what, cancel=cancel)
            batch = decode(answer) if answer.rows else None
            if batch is not None and left is not None and batch.num_rows > left:
                batch = batch.slice(0, left)
            left = left if left is None or batch is None else left - batch.num_rows
            if batch is not None or is_done:
                yield batch, not is_done
            if is_done or left == 0:
                return

    def read_keys(self, path: Path, keys: Sequence[Key]) -> list[dict[str, Typed] | None]:
        """The row of each key, asked for in batches."""
        table = self._tables.known(path)
        key_names = tuple(name for name, _, _ in table.key)
        wanted = [names.sdk_key(key, key_names, names.shown(path)) for key in keys]
        rows: list[dict[str, Typed] | None] = []
        for start in range(0, len(wanted), KEYS_A_REQUEST):
            part = wanted[start : start + KEYS_A_REQUEST]
            told = until_free(
                lambda places, part=part: self._get(path, [part[place] for place in places]),  # type: ignore[misc]
                len(part),
                NOT_DONE_CODES | MAYBE_DONE_CODES,
                self._link.options.retry_seconds,
                NEVER,
            )
            rows += [self._row(path, result, request_id) for result, request_id in told]
        return rows

    def cell_row(self, path: Path, key: Key, versions: int) -> CellRow | None:
        """One row with up to so many versions of each cell, None where there is none."""
        order = tuple(name for name, _, _ in self._tables.known(path).key)
        answer = self._get(path, [names.sdk_key(key, order, names.shown(path))], versions)
        (result,) = answer.results
        if result.code:
            raise row_error(result.code, result.message, answer.request_id, names.shown(path))
        return result.row

    def _get(self, path: Path, keys: list[Any], versions: int = 1) -> KeysAnswer:
        from tablestore.metadata import BatchGetRowRequest, TableInBatchGetRowItem

        request = BatchGetRowRequest()
        request.add(TableInBatchGetRowItem(names.wire_name(path), keys, [], None, versions))
        answer: KeysAnswer = self._link.call("BatchGetRow", request, what=names.shown(path))
        return answer

    def _row(self, path: Path, result: RowResult, request_id: str) -> dict[str, Typed] | None:
        if result.code:
            raise row_error(result.code, result.message, request_id, names.shown(path))
        return None if result.row is None else names.typed_row(result.row)


def scan_of(path: Path, table: TableAnswer, query: RowQuery, part: KeyRange) -> RangeScan | None:
    """The requests that a query means, None where no row can be found.

    Raises:
        UsageError: the filter cannot be read.
        UnsupportedOperation: the order is none that the key has.
    """
    columns = [KeyColumn(name, word) for name, word, _ in table.key]
    is_backward = _is_backward(query.order, [column.name for column in columns])
    found = key_range(where.parse(query.where), columns, is_backward=is_backward)
    within(found, _key_values(part.low, columns), _key_values(part.high, columns))
    if found.is_empty:
        return None
    start, end = found.bounds(is_backward=is_backward)
    wanted: list[str] = []
    if query.columns:
        # A key column among them brings the rows that lack all the others, too.
        wanted = list(dict.fromkeys([*query.columns, columns[0].name, *sorted(columns_of(found.rest))]))
    return RangeScan(
        table=names.wire_name(path),
        direction="BACKWARD" if is_backward else "FORWARD",
        start=start,
        end=end,
        columns=[] if len(wanted) > MAX_COLUMNS_TO_GET else [names.check_name(name) for name in wanted],
        filter=column_filter(found.rest, {column.name: column.word for column in columns}),
        page_rows=min(query.page_rows or PAGE_ROWS, PAGE_ROWS),
    )


def _key_values(values: Sequence[Typed], columns: Sequence[KeyColumn]) -> list[Any]:
    """The values of a part's bound, checked against the key.

    Raises:
        UsageError: they are none of this key.
    """
    words = [column.word for column in columns[: len(values)]]
    if [value.type for value in values] != words:
        given = ", ".join(value.type for value in values)
        raise UsageError(f"a range of keys from another table: {given}", hint="Split the table anew.")
    return [value.value for value in values]


def _is_backward(order: Sequence[str], key: Sequence[str]) -> bool:
    """Whether the order is the key's reversed.

    Raises:
        UnsupportedOperation: it is neither the key's nor that.
    """
    if not order:
        return False
    signs = {name.startswith("-") for name in order}
    bare = [name.removeprefix("-") for name in order]
    if len(signs) > 1 or bare != list(key[: len(bare)]):
        hint = (
            f"Rows come by {', '.join(key)}, or with - before each of them backward. Sort the loaded rows, or use SQL."
        )
        raise UnsupportedOperation(f"order {', '.join(order)}: a range comes in the order of the key", hint=hint)
    return signs == {True}
