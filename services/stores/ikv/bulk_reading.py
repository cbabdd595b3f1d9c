"""Document stores read in parts: groups of the mounted index's segments."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

import pyarrow as pa

from services.cancel import CancelToken
from services.errors import SourceChanged, UnsupportedOperation
from services.stores.bulk import Faults, ReadPart, ReadPlan
from services.stores.changes import Path
from services.stores.ikv import catalog, names, reading
from services.stores.ikv.bulk_columns import ARROW_OF, to_json
from services.stores.ikv.index.mounted import SEGMENTS, Snapshot
from services.stores.ikv.statistics import Statistics
from services.stores.loose_columns import PageFitter, is_json, planned_field
from services.stores.types import UNKNOWN, Count, RowQuery

PART_ROWS: Final = 50_000

Measure = Callable[[Snapshot], Statistics]


def plan_read(path: Path, query: RowQuery, part_rows: int | None, snapshot: Snapshot, measure: Measure) -> ReadPlan:
    """See `BulkReads.plan_read`; columns and types are those of every value of the index."""
    if names.is_view(path):
        raise UnsupportedOperation(f"{path[1]}: a view is not read in parts", hint="Save it with `rows -o FILE`.")
    schema = _schema(path, query, snapshot, measure(snapshot))
    notes = [f"{one.name}: of several types, so as JSON text that names each" for one in schema if is_json(one)]
    notes.append(f"last event of the index {catalog.age(snapshot)}; {catalog.DELAY}")
    rows = snapshot.rows if query.limit is None else min(snapshot.rows, query.limit)
    groups = 1 if query.limit is not None else min(-(-rows // (part_rows or PART_ROWS)), SEGMENTS) or 1
    edges = [SEGMENTS * index // groups for index in range(groups + 1)]
    counted = [sum(one.rows for one in snapshot.segments[edges[i] : edges[i + 1]]) for i in range(groups)]
    parts = tuple(
        ReadPart(
            index,
            {"first": edges[index], "end": edges[index + 1]},
            None if query.where else min(counted[index], rows),
        )
        for index in range(groups)
    )
    state = {
        "where": query.where,
        "columns": list(query.columns),
        "limit": query.limit,
        "epoch": snapshot.epoch_millis,
    }
    count = UNKNOWN if query.where else Count.exact(rows)
    return ReadPlan(path, schema, parts, count, state, notes=(*snapshot.warnings, *notes))


def _schema(path: Path, query: RowQuery, snapshot: Snapshot, statistics: Statistics) -> pa.Schema:
    chosen = query.columns or reading.columns_of(path, snapshot)
    fields = {name: number for number, name in snapshot.schema.fields.items()}
    key = snapshot.schema.primary_key
    return pa.schema(
        [
            planned_field(name, statistics.fields[fields[name]].words, ARROW_OF, is_key=name == key)
            for name in chosen or fields
        ]
    )


def read_part(
    plan: ReadPlan, part: ReadPart, snapshot: Snapshot, measure: Measure, cancel: CancelToken
) -> Iterator[pa.RecordBatch | Faults]:
    """See `BulkReads.read_part`; events that came meanwhile are read, another base index is another source."""
    state = plan.state
    if state["epoch"] != snapshot.epoch_millis:
        raise SourceChanged(f"{'/'.join(plan.path)}: the base index was built anew since this was planned")
    query = RowQuery(where=state["where"], columns=tuple(state["columns"]), limit=state["limit"])
    some = replace(snapshot, segments=snapshot.segments[part.state["first"] : part.state["end"]])
    fitter = PageFitter(plan.schema, to_json, is_whole=not query.columns and len(plan.path) == 1)
    first = 0
    for page in reading.read(plan.path, query, some, measure, cancel):
        if not page.batch.num_rows:
            continue
        fitted, faults = fitter.fit(page.batch, first)
        first += page.batch.num_rows
        if fitted.num_rows:
            yield fitted
        if faults:
            yield Faults(faults)
