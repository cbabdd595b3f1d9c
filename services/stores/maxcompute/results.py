"""What a finished job gave: rows through the instance tunnel, texts, or a number of changed rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import islice
from typing import Final

import pyarrow as pa

from services.cancel import NEVER, CancelToken
from services.errors import NotFound, Refused, Unavailable
from services.stores.maxcompute import hints
from services.stores.maxcompute.job_facts import outputs
from services.stores.maxcompute.jobs import Jobs
from services.stores.maxcompute.link import Link
from services.stores.maxcompute.shaping import empty
from services.stores.maxcompute.tunnel.download import Download, open_result
from services.stores.maxcompute.tunnel.paging import PAGE_ROWS, paged
from services.stores.types import TYPE_METADATA, Count, SqlPage

RESULT_COLUMN: Final = "result"
CSV_ROWS: Final = 10_000
"""As many rows as the service keeps as text."""


class Results:
    """Reads results of jobs, also of those that others ran."""

    def __init__(self, link: Link, jobs: Jobs) -> None:
        self._link = link
        self._jobs = jobs

    def pages(
        self,
        identifier: str,
        statement: hints.Prepared,
        limit: int | None = None,
        page_rows: int | None = None,
        cancel: CancelToken = NEVER,
    ) -> Iterator[SqlPage]:
        """Pages of the result of a job that succeeded, at least one."""
        if not statement.may_have_rows or statement.changes_rows:
            yield from self._told(identifier, statement, cancel)
            return
        try:
            session = open_result(self._link, identifier, cancel)
        except Unavailable:
            raise
        except (NotFound, Refused) as error:
            cancel.tell(f"job {identifier}: its rows come as text, at most {CSV_ROWS:,}: {error.message}")
            yield from _csv_pages(self._jobs.result_text(identifier, cancel), limit, page_rows or PAGE_ROWS)
            return
        yield from self._rows(session, limit, page_rows, cancel)

    def _rows(
        self, session: Download, limit: int | None, page_rows: int | None, cancel: CancelToken
    ) -> Iterator[SqlPage]:
        count = Count.exact(session.count)
        wanted = session.count if limit is None else min(limit, session.count)
        if not wanted:
            yield SqlPage(empty(session.columns), count if not session.count else Count.at_least(0))
            return
        shown = count if wanted == session.count else Count.at_least(wanted)
        for batch in paged(self._link, session, wanted, page_rows or PAGE_ROWS, cancel=cancel):
            yield SqlPage(batch, shown)

    def _told(self, identifier: str, statement: hints.Prepared, cancel: CancelToken) -> Iterator[SqlPage]:
        """What a statement without rows gave: the service's text, or how many rows it changed."""
        text = self._jobs.result_text(identifier, cancel).strip("\r\n")
        if text.strip():
            lines = text.splitlines()
            yield SqlPage(text_batch({RESULT_COLUMN: lines}), Count.exact(len(lines)))
            return
        if not statement.changes_rows:
            yield SqlPage(None, Count.exact(0), affected=0)
            return
        affected = outputs(self._jobs.summary(identifier, cancel))
        if affected is None:
            words = "done; the service does not tell how many rows"
            yield SqlPage(text_batch({RESULT_COLUMN: [words]}), Count.exact(1))
        else:
            yield SqlPage(None, Count.exact(0), affected=affected)


def _csv_pages(text: str, limit: int | None, page_rows: int) -> Iterator[SqlPage]:
    """The service's CSV as columns of text; it may have been cut at its 10,000 rows."""
    rows = csv.reader(io.StringIO(text))
    header = next(rows, [])
    kept = list(islice(rows, limit))
    count = Count.exact(len(kept)) if limit is None and len(kept) < CSV_ROWS else Count.at_least(len(kept))
    for start in range(0, max(len(kept), 1), page_rows):
        part = kept[start : start + page_rows]
        columns = {name: [row[place] for row in part] for place, name in enumerate(header)}
        yield SqlPage(text_batch(columns), count)


def text_batch(columns: dict[str, list[str]]) -> pa.RecordBatch:
    """Columns of text as a page."""
    fields = [pa.field(name, pa.string(), metadata={TYPE_METADATA: b"STRING"}) for name in columns]
    return pa.RecordBatch.from_arrays(
        [pa.array(values, pa.string()) for values in columns.values()], schema=pa.schema(fields)
    )
