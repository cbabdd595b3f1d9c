"""Search indexes: described, and read by queries, with the number of rows found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from services.cancel import CancelToken
from services.stores.changes import Path
from services.stores.tablestore import names, where
from services.stores.tablestore.answers import RowsAnswer, TableAnswer
from services.stores.tablestore.link import Link
from services.stores.tablestore.search_definitions import options_of
from services.stores.tablestore.search_queries import FIELD_WORDS, query_of, sort_of
from services.stores.tablestore.shaping import INDEX_LOCK, chosen, empty_page, locked
from services.stores.tablestore.tables import SEARCH, Tables
from services.stores.types import Column, Count, Description, Group, Page, RowQuery

PAGE_ROWS: Final = 100
"""The service's limit of rows a search."""


class Searching:
    """Search indexes over one link."""

    def __init__(self, link: Link, tables: Tables) -> None:
        self._link = link
        self._tables = tables

    def _described(self, path: Path) -> tuple[Any, Any]:
        found: tuple[Any, Any] = self._link.call(
            "DescribeSearchIndex", path[0], names.wire_name(path), True, what=names.shown(path)
        )
        return found

    def describe(self, path: Path) -> Description:
        """The fields of the index, how far it is, and how many rows it has."""
        meta, stat = self._described(path)
        key = [Column(name, word, True, False) for name, word, _ in self._tables.known((path[0],)).key]
        known = {column.name for column in key}
        columns = [
            Column(field.field_name, FIELD_WORDS.get(field.field_type.name, "String"), False, False, _field_note(field))
            for field in meta.fields
            if field.field_name not in known
        ]
        query = self._arguments(path, RowQuery(), dict.fromkeys(known, ""), 0, b"")
        answer: RowsAnswer = self._link.call("Search", *query, what=names.shown(path))
        return Description(
            path=path,
            name=path[-1],
            kind=SEARCH,
            columns=(*key, *columns),
            options=options_of(meta),
            groups=(Group("Search index", _facts(meta, stat)),),
            count=Count.exact(answer.total) if answer.total is not None else None,
            locked=INDEX_LOCK,
            drop_asks_name=True,
        )

    def read_rows(self, path: Path, query: RowQuery, cancel: CancelToken) -> Iterator[Page]:
        """Pages of the rows that a query finds; the first answer says how many there are."""
        table = self._tables.known((path[0],))
        meta, _ = self._described(path)
        fields = {field.field_name: field.field_type.name for field in meta.fields}
        token, left, loaded = b"", query.limit, 0
        while True:
            rows = min(query.page_rows or PAGE_ROWS, PAGE_ROWS, PAGE_ROWS if left is None else left)
            arguments = self._arguments(path, query, fields, rows, token)
            answer: RowsAnswer = self._link.call("Search", *arguments, what=names.shown(path), cancel=cancel)
            batch = answer.batch() if answer.rows else empty_page(table)
            loaded += batch.num_rows
            left = left if left is None else left - batch.num_rows
            has_more = bool(answer.token) and batch.num_rows > 0 and left != 0
            yield Page(_shaped(batch, query, table), _count(answer, query, loaded, has_more=has_more))
            if not has_more:
                return
            token = answer.token

    @staticmethod
    def _arguments(path: Path, query: RowQuery, fields: Mapping[str, str], rows: int, token: bytes) -> tuple[Any, ...]:
        """What the SDK's encoder of Search takes."""
        from tablestore.metadata import ColumnReturnType, ColumnsToGet, SearchQuery

        wanted = ColumnsToGet(
            list(query.columns), ColumnReturnType.SPECIFIED if query.columns else ColumnReturnType.ALL
        )
        search = SearchQuery(
            query_of(where.parse(query.where), fields),
            # A token carries the sort of the first page.
            sort=None if token else sort_of(query.order, fields),
            get_total_count=True,
            next_token=token or None,
            limit=rows,
        )
        return path[0], names.wire_name(path), search, wanted, None, None


def _shaped(batch: Any, query: RowQuery, table: TableAnswer) -> Any:
    words = {name: word for name, word, _ in table.key} | dict(table.columns)
    return locked(chosen(batch, query.columns, words), INDEX_LOCK)


def _count(answer: RowsAnswer, query: RowQuery, loaded: int, *, has_more: bool) -> Count:
    if query.limit is None and answer.total is not None and answer.total >= loaded:
        return Count.exact(answer.total)
    return Count.at_least(loaded) if has_more else Count.exact(loaded)


def _field_note(field: Any) -> str:
    words = [field.field_type.name.lower()]
    if field.is_array:
        words.append("array")
    if field.index is False:
        words.append("not searchable")
    if field.enable_sort_and_agg is False:
        words.append("not sortable")
    return ", ".join(words)


def _facts(meta: Any, stat: Any) -> tuple[tuple[str, str], ...]:
    facts = [("rows live", "for ever" if meta.time_to_live in (None, -1) else f"{meta.time_to_live:,} s")]
    if stat is not None:
        phase = getattr(stat.sync_phase, "name", str(stat.sync_phase))
        facts.append(("synchronizing", {"FULL": "the rows of before", "INCR": "new changes"}.get(phase, phase)))
        if stat.current_sync_timestamp:
            facts.append(("in step with", _moment(stat.current_sync_timestamp)))
    return tuple(facts)


def _moment(timestamp: int) -> str:
    """Microseconds or milliseconds since 1970, which the service has told in both."""
    seconds = timestamp / (1e6 if timestamp > 10**14 else 1e3)
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return str(timestamp)
