"""Rows of tables, partitions and views: by the tunnel without a job, or by a job where a filter or order is asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

import pyarrow as pa

from services.cancel import CancelToken
from services.errors import UsageError
from services.stores.changes import Path
from services.stores.maxcompute import ddl, hints, names
from services.stores.maxcompute.link import Link
from services.stores.maxcompute.metadata import ColumnFacts, Metadata, TableFacts
from services.stores.maxcompute.names import Place, quoted, sql_text
from services.stores.maxcompute.results import Results
from services.stores.maxcompute.shaping import empty
from services.stores.maxcompute.sql import SqlRunner
from services.stores.maxcompute.tunnel.download import open_table
from services.stores.maxcompute.tunnel.paging import PAGE_ROWS, paged
from services.stores.maxcompute.types import parse_type, shown_field
from services.stores.types import KEY_METADATA, UNKNOWN, Count, Page, RowQuery

OWN_SETTINGS: Final = {"odps.sql.validate.orderby.limit": "false", **hints.ONE_STATEMENT}
"""Without the first the service refuses ORDER BY that has no LIMIT."""


class Reading:
    """Reads rows."""

    def __init__(self, link: Link, metadata: Metadata, runner: SqlRunner, results: Results) -> None:
        self._link = link
        self._metadata = metadata
        self._runner = runner
        self._results = results

    def read_rows(self, path: Path, query: RowQuery, cancel: CancelToken) -> Iterator[Page]:
        """Pages of rows, at least one.

        Raises:
            NotFound: there is no such table or partition.
            UsageError: a column that was asked for is none of the table's.
        """
        place = names.place_of(path)
        facts = self._metadata.table(place, cancel)
        known = {one.name for one in (*facts.columns, *facts.partition_keys)}
        for name in (*query.columns, *(one.removeprefix("-") for one in query.order)):
            if name not in known:
                raise UsageError(f"{name}: no column of {place.shown}", hint=f"It has {', '.join(sorted(known))}.")
        if query.where.strip() or query.order or facts.is_view:
            yield from self._by_job(place, facts, query, cancel)
        else:
            yield from self._by_tunnel(place, facts, query, cancel)

    def _by_job(self, place: Place, facts: TableFacts, query: RowQuery, cancel: CancelToken) -> Iterator[Page]:
        statement = hints.Prepared(self.select(place, facts, query), OWN_SETTINGS)
        why = "a view has no rows of its own" if facts.is_view else "a filter or an order needs one"
        identifier = self._runner.submit(statement, place.schema, cancel)
        cancel.tell(f"job {identifier}: runs a statement, {why}")
        self._runner.wait(identifier, cancel)
        for page in self._results.pages(identifier, statement, query.limit, query.page_rows, cancel):
            assert page.batch is not None
            yield Page(_keyed(page.batch, facts.primary_key), page.count)

    def select(self, place: Place, facts: TableFacts, query: RowQuery) -> str:
        """The statement that selects what a query asks for."""
        columns = ", ".join(map(quoted, query.columns)) or "*"
        name = ddl.sql_name(place, self._metadata.schema_of(place.schema))
        conditions = [_equals(facts, *part) for part in place.spec]
        conditions += [f"({query.where.strip()}\n)"] if query.where.strip() else []
        text = f"SELECT {columns} FROM {name}"
        text += f" WHERE {' AND '.join(conditions)}" if conditions else ""
        order = [f"{quoted(one.removeprefix('-'))}{' DESC' if one.startswith('-') else ''}" for one in query.order]
        text += f" ORDER BY {', '.join(order)}" if order else ""
        return text + (f" LIMIT {query.limit}" if query.limit is not None else "")

    def _by_tunnel(self, place: Place, facts: TableFacts, query: RowQuery, cancel: CancelToken) -> Iterator[Page]:
        left, done, has_any = query.limit, 0, False
        for one, is_last in self.parts(place, facts, cancel):
            for page in self._part(one, facts, replace(query, limit=left), cancel):
                rows = page.batch.num_rows
                if not rows and not (is_last and not has_any):
                    continue
                has_any, done = True, done + rows
                left = None if left is None else left - rows
                is_alone = bool(place.spec) or not facts.partition_keys
                yield page if is_alone else replace(page, count=Count.at_least(done) if done else UNKNOWN)
            if left is not None and left <= 0:
                return
        if not has_any:
            yield Page(_chosen(empty(_types(facts), facts.primary_key), query.columns), Count.exact(0))

    def parts(self, place: Place, facts: TableFacts, cancel: CancelToken) -> Iterator[tuple[Place, bool]]:
        """The place itself, or every partition of a partitioned table; and whether it is the last."""
        if place.spec or not facts.partition_keys:
            yield place, True
            return
        marker: str | None = None
        while True:
            specs, marker = self._metadata.partitions(place, marker, cancel)
            for number, spec in enumerate(specs):
                yield replace(place, spec=spec), marker is None and number == len(specs) - 1
            if marker is None:
                return

    def _part(self, place: Place, facts: TableFacts, query: RowQuery, cancel: CancelToken) -> Iterator[Page]:
        """The rows of one partition, or of a table that has none."""
        session = open_table(self._link, self._metadata.tunnel_path(place), place.wire_spec, cancel)
        own = [name for name in query.columns if name in dict(session.columns)]
        # A read of partition columns alone still has to learn how many rows there are.
        asked = own or ([session.columns[0][0]] if query.columns else [])
        wanted = session.count if query.limit is None else min(query.limit, session.count)
        count = Count.exact(session.count) if wanted == session.count else Count.at_least(wanted)
        batches = paged(
            self._link,
            session,
            wanted,
            query.page_rows or PAGE_ROWS,
            columns=asked,
            keys=facts.primary_key,
            cancel=cancel,
        )
        for batch in batches:
            yield Page(_chosen(_with_partition(batch, place, facts), query.columns), count)
        if not wanted:
            nothing = _with_partition(empty(session.columns, facts.primary_key), place, facts)
            yield Page(_chosen(nothing, query.columns), count)


def _types(facts: TableFacts) -> list[tuple[str, str]]:
    return [(one.name, one.type) for one in (*facts.columns, *facts.partition_keys)]


def _equals(facts: TableFacts, name: str, value: str) -> str:
    kind = next((one.type.upper() for one in facts.partition_keys if one.name == name), "STRING")
    is_number = parse_type(kind).name in ("TINYINT", "SMALLINT", "INT", "BIGINT")
    return f"{quoted(name)} = {value if is_number and value.lstrip('-').isdigit() else sql_text(value)}"


def _with_partition(batch: pa.RecordBatch, place: Place, facts: TableFacts) -> pa.RecordBatch:
    """The rows with their partition's values behind, the same in each row."""
    kinds: dict[str, ColumnFacts] = {one.name: one for one in facts.partition_keys}
    arrays, fields = list(batch.columns), list(batch.schema)
    for name, value in place.spec:
        field = shown_field(name, kinds[name].type if name in kinds else "STRING")
        arrays.append(_constant(value, field.type, batch.num_rows))
        fields.append(field)
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def _constant(value: str, kind: Any, count: int) -> Any:
    scalar: Any = pa.scalar(value, pa.string()).cast(kind)
    return pa.repeat(scalar, count)


def _chosen(batch: pa.RecordBatch, columns: Sequence[str]) -> pa.RecordBatch:
    return batch.select(list(columns)) if columns else batch


def _keyed(batch: pa.RecordBatch, keys: Sequence[str]) -> pa.RecordBatch:
    """The columns of the key marked as such, in an answer that does not tell them."""
    fields: list[Any] = list(batch.schema)
    for place, field in enumerate(fields):
        if field.name in keys:
            fields[place] = field.with_metadata({**(field.metadata or {}), KEY_METADATA: b"1"})
    return pa.RecordBatch.from_arrays(batch.columns, schema=pa.schema(fields))
