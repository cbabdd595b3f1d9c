"""Tables and secondary indexes read in parts: the ranges between the service's split points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import pyarrow as pa

from services.cancel import CancelToken
from services.errors import UnsupportedOperation
from services.stores.bulk import Faults, ReadPart, ReadPlan
from services.stores.changes import Path
from services.stores.loose_columns import PageFitter, is_json, planned_field, words_in
from services.stores.ranges import KeyRange
from services.stores.tablestore import names
from services.stores.tablestore.answers import TableAnswer
from services.stores.tablestore.bulk_columns import ARROW_OF, to_json
from services.stores.tablestore.reading import PAGE_ROWS, WHOLE, Reading
from services.stores.tablestore.splitting import Splitting
from services.stores.tablestore.tables import Tables
from services.stores.types import UNKNOWN, RowQuery

PART_BYTES: Final = 32 * 2**20
LEAST_PART_BYTES: Final = 2**20
SAMPLED_PARTS: Final = 10
ROWS_A_PART: Final = 200


class BulkReading:
    """Plans and reads the parts of tables."""

    def __init__(self, tables: Tables, reading: Reading, splitting: Splitting) -> None:
        self._tables = tables
        self._reading = reading
        self._splitting = splitting

    def plan(self, path: Path, query: RowQuery, part_rows: int | None, cancel: CancelToken) -> ReadPlan:
        """See `BulkReads.plan_read`."""
        if len(path) > 1 and (names.is_versions(path) or self._tables.is_search(path)):
            hint = "Read its table, or save its rows with `rows --all -o FILE`."
            raise UnsupportedOperation(f"{names.shown(path)}: is not read in parts", hint=hint)
        table = self._tables.fresh(path, cancel)
        first = self._sample(path, query, WHOLE, PAGE_ROWS, cancel)
        ranges = [WHOLE] if query.limit is not None else self._ranges(path, first, part_rows, cancel)
        step = max(len(ranges) // SAMPLED_PARTS, 1)
        others = [self._sample(path, query, one, ROWS_A_PART, cancel) for one in ranges[step::step]]
        schema = self._schema(table, query, [first, *others])
        sampled = sum(batch.num_rows for batch in (first, *others))
        notes = [f"{one.name}: of several types, so as JSON text" for one in schema if is_json(one)]
        is_known = len(ranges) == 1 and first.num_rows < PAGE_ROWS
        if not is_known and not query.columns:
            notes.append(f"columns are those of {sampled:,} rows; a row with another column or type is rejected")
        parts = tuple(ReadPart(index, one.state()) for index, one in enumerate(ranges))
        state = {"where": query.where, "columns": list(query.columns), "limit": query.limit}
        return ReadPlan(path, schema, parts, UNKNOWN, state, notes=tuple(notes))

    def _sample(self, path: Path, query: RowQuery, part: KeyRange, rows: int, cancel: CancelToken) -> pa.RecordBatch:
        asked = RowQuery(where=query.where, columns=query.columns, limit=min(rows, query.limit or rows))
        return next(self._reading.read_rows(path, asked, cancel, part)).batch

    def _ranges(self, path: Path, first: pa.RecordBatch, part_rows: int | None, cancel: CancelToken) -> list[KeyRange]:
        size = PART_BYTES
        if part_rows is not None and first.num_rows:
            size = max(part_rows * first.nbytes // first.num_rows, LEAST_PART_BYTES)
        return self._splitting.splits(path, size, cancel)

    def _schema(self, table: TableAnswer, query: RowQuery, samples: Sequence[pa.RecordBatch]) -> pa.Schema:
        """The key, then the defined and the sampled columns by name, or those asked for."""
        keys = {name: [word] for name, word, _ in table.key}
        words: dict[str, list[str]] = {name: [word] for name, word in table.columns}
        for batch in samples:
            for name, found in words_in(batch):
                known = words.setdefault(name, [])
                known += [word for word in found if word not in known]
        others = sorted((name for name in words if name not in keys), key=str.encode)
        chosen = query.columns or (*keys, *others)
        return pa.schema(
            [
                planned_field(name, keys.get(name) or words.get(name, []), ARROW_OF, is_key=name in keys)
                for name in chosen
            ]
        )

    def part(self, plan: ReadPlan, part: ReadPart, cancel: CancelToken) -> Iterator[pa.RecordBatch | Faults]:
        """See `BulkReads.read_part`."""
        state = plan.state
        query = RowQuery(where=state["where"], columns=tuple(state["columns"]), limit=state["limit"])
        fitter = PageFitter(plan.schema, to_json, is_whole=not query.columns)
        first = 0
        for page in self._reading.read_rows(plan.path, query, cancel, KeyRange.of_state(part.state)):
            if not page.batch.num_rows:
                continue
            fitted, faults = fitter.fit(page.batch, first)
            first += page.batch.num_rows
            if fitted.num_rows:
                yield fitted
            if faults:
                yield Faults(faults)
