"""Bulk reads: snapshots of tables, partitions and results of jobs, in ranges of rows that may be read again."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pyarrow as pa

from services.cancel import CancelToken
from services.errors import UsageError, ValueRefused
from services.stores.bulk import ReadPart, ReadPlan
from services.stores.changes import Path
from services.stores.maxcompute import hints, names
from services.stores.maxcompute.link import Link
from services.stores.maxcompute.metadata import Metadata, TableFacts
from services.stores.maxcompute.names import Place
from services.stores.maxcompute.reading import OWN_SETTINGS, Reading
from services.stores.maxcompute.row_sizes import row_bytes
from services.stores.maxcompute.shaping import shaped
from services.stores.maxcompute.sql import SqlRunner
from services.stores.maxcompute.tunnel.download import Download, open_result, open_table, read_range
from services.stores.maxcompute.tunnel.encodings import USUAL
from services.stores.maxcompute.types import parse_type, shown_field
from services.stores.types import UNKNOWN, Count, RowQuery

DAY_SECONDS: Final = 24 * 3600.0
PART_BYTES: Final = 64 << 20
MOST_PART_ROWS: Final = 4_000_000
MOST_SESSIONS: Final = 60
"""Downloads that a plan opens: the service allows 200 for a table in five minutes. More partitions open their own."""

KEPT_JOB_SECONDS: Final = 60.0

ColumnTypes = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a plan reads: the columns of the rows, and of their partition.

    Attributes:
        own: of the table or result, in its order.
        partition: those that are asked for.
        keys: names of the primary key's columns.
    """

    own: tuple[tuple[str, str], ...]
    partition: tuple[tuple[str, str], ...] = ()
    keys: tuple[str, ...] = ()

    def schema(self, wanted: Sequence[str]) -> pa.Schema:
        """The schema of every batch, in the order asked for."""
        fields = {name: shown_field(name, text, is_key=name in self.keys) for name, text in self.own + self.partition}
        return pa.schema([fields[name] for name in wanted or fields])


class BulkReading:
    """Plans and reads."""

    def __init__(self, link: Link, metadata: Metadata, reading: Reading, runner: SqlRunner) -> None:
        self._link = link
        self._metadata = metadata
        self._reading = reading
        self._runner = runner
        self._last_job: tuple[tuple[str, str], str, float] = (("", ""), "", 0.0)

    def plan(self, path: Path, query: RowQuery, part_rows: int | None, cancel: CancelToken) -> ReadPlan:
        """See `BulkReads.plan_read`; a filter, or a view, is a job that selects the rows first."""
        if names.is_job(path):
            return self._result_plan(path, names.job_id(path), query, part_rows, cancel)
        place = names.place_of(path)
        facts = self._metadata.table(place, cancel)
        if query.where.strip() or facts.is_view:
            identifier = self._selected(place, facts, query, cancel)
            plain = replace(query, where="", columns=())
            plan = self._result_plan(path, identifier, plain, part_rows, cancel)
            return replace(plan, notes=(f"rows are those that job {identifier} selected",))
        return self._table_plan(path, place, facts, query, part_rows, cancel)

    def _selected(self, place: Place, facts: TableFacts, query: RowQuery, cancel: CancelToken) -> str:
        """A job that selected the rows; the one of a moment ago where a read is planned anew in other parts."""
        text = self._reading.select(place, facts, replace(query, order=()))
        known, identifier, since = self._last_job
        if (known, True) == ((place.schema, text), time.monotonic() - since < KEPT_JOB_SECONDS):
            return identifier
        identifier = self._runner.submit(hints.Prepared(text, OWN_SETTINGS), place.schema, cancel)
        self._runner.wait(identifier, cancel)
        self._last_job = (place.schema, text), identifier, time.monotonic()
        return identifier

    def _result_plan(
        self, path: Path, identifier: str, query: RowQuery, part_rows: int | None, cancel: CancelToken
    ) -> ReadPlan:
        if query.where.strip():
            raise UsageError(f"job {identifier}: its result has no filter", hint="Run a statement that filters.")
        self._runner.watch(identifier, cancel)
        session = open_result(self._link, identifier, cancel)
        shape = _Shape(session.columns)
        _check_columns(query.columns, shape, f"job {identifier}")
        pieces = [(session, "")]
        state = {"job": identifier, "columns": _listed(shape.own)}
        return self._plan(path, shape, state, pieces, query, part_rows)

    def _table_plan(
        self, path: Path, place: Place, facts: TableFacts, query: RowQuery, part_rows: int | None, cancel: CancelToken
    ) -> ReadPlan:
        keys = tuple((one.name, one.type) for one in facts.partition_keys)
        shape = _Shape(tuple((one.name, one.type) for one in facts.columns), keys, facts.primary_key)
        _check_columns(query.columns, shape, place.shown)
        state = {
            "table": self._metadata.tunnel_path(place),
            "columns": _listed(shape.own),
            "partition": _listed(keys),
            "keys": list(facts.primary_key),
        }
        pieces = list(self._pieces(place, facts, query.limit, cancel))
        plan = self._plan(path, shape, state, pieces, query, part_rows, facts)
        mark = "/".join(str(facts.details.get(key, "")) for key in ("lastDDLTime", "lastModifiedTime"))
        return replace(plan, fingerprint=mark)

    def _pieces(
        self, place: Place, facts: TableFacts, limit: int | None, cancel: CancelToken
    ) -> Iterator[tuple[Download | None, str]]:
        """Each partition with its session; those beyond the bound have none yet."""
        left, opened = limit, 0
        for one, _ in self._reading.parts(place, facts, cancel):
            if left is not None and left <= 0:
                return
            if opened >= MOST_SESSIONS and left is None:
                yield None, one.wire_spec
                continue
            session = open_table(self._link, self._metadata.tunnel_path(place), one.wire_spec, cancel)
            opened += 1
            left = None if left is None else left - session.count
            yield session, one.wire_spec

    def _plan(
        self,
        path: Path,
        shape: _Shape,
        state: dict[str, Any],
        pieces: Sequence[tuple[Download | None, str]],
        query: RowQuery,
        part_rows: int | None,
        facts: TableFacts | None = None,
    ) -> ReadPlan:
        size = row_bytes(shape.own, facts)
        rows = part_rows or min(max(PART_BYTES // size, 1), MOST_PART_ROWS)
        parts: list[ReadPart] = []
        left = query.limit
        for session, spec in pieces:
            if session is None:
                parts.append(ReadPart(len(parts), {"spec": spec}))
                continue
            whole = session.count if left is None else min(session.count, left)
            left = None if left is None else left - whole
            for first in range(0, whole, rows):
                count = min(rows, whole - first)
                where = {"session": session.id, "spec": spec, "first": first, "total": session.count}
                parts.append(ReadPart(len(parts), where, count, count * size))
        late = sum(session is None for session, _ in pieces)
        known = sum(part.rows or 0 for part in parts)
        return ReadPlan(
            path=path,
            schema=shape.schema(query.columns),
            parts=tuple(parts),
            count=(Count.at_least(known) if known else UNKNOWN) if late else Count.exact(known),
            state=state,
            is_snapshot=not late,
            expires_at=time.time() + DAY_SECONDS,
            notes=(f"{late:,} partitions are opened when it is their turn, and read as they are then",) if late else (),
        )

    def part(self, plan: ReadPlan, part: ReadPart, cancel: CancelToken) -> Iterator[pa.RecordBatch]:
        """See `BulkReads.read_part`."""
        state = plan.state
        shape = _Shape(_pairs(state["columns"]), _pairs(state.get("partition", ())), tuple(state.get("keys", ())))
        session = self._session(plan, part, shape, cancel)
        own = [column for column in shape.own if column[0] in plan.schema.names]
        # A read of partition columns alone still has to learn how many rows there are.
        asked = own or [shape.own[0]]
        names_asked = [] if len(asked) == len(shape.own) else [name for name, _ in asked]
        first = int(part.state.get("first", 0))
        count = session.count if part.rows is None else part.rows
        values = _partition_values(str(part.state["spec"]), shape)
        for batch in read_range(self._link, session, first, count, names_asked, cancel, USUAL):
            yield _in_schema(shaped(batch, asked, shape.keys), values, plan.schema)

    def _session(self, plan: ReadPlan, part: ReadPart, shape: _Shape, cancel: CancelToken) -> Download:
        spec = str(part.state["spec"])
        if "session" not in part.state:
            return open_table(self._link, plan.state["table"], spec, cancel)
        is_result = "job" in plan.state
        below = f"instances/{plan.state['job']}" if is_result else plan.state["table"]
        return Download(
            id=part.state["session"],
            url=f"{self._link.tunnel_project_url}/{below}",
            count=int(part.state["total"]),
            columns=shape.own,
            partition=spec,
            is_result=is_result,
        )


def _listed(columns: ColumnTypes) -> list[list[str]]:
    return [list(column) for column in columns]


def _pairs(data: Any) -> tuple[tuple[str, str], ...]:
    return tuple((str(name), str(text)) for name, text in data)


def _check_columns(wanted: Sequence[str], shape: _Shape, where: str) -> None:
    known = [name for name, _ in shape.own + shape.partition]
    for name in wanted:
        if name not in known:
            raise UsageError(f"{name}: no column of {where}", hint=f"It has {', '.join(known)}.")


def _partition_values(spec: str, shape: _Shape) -> dict[str, Any]:
    """The values that all rows of a partition share, by column."""
    kinds = dict(shape.partition)
    given = names.parse_spec(spec) if spec else ()
    return {
        name: pa.scalar(value, pa.string()).cast(shown_field(name, kinds.get(name, "STRING")).type)
        for name, value in given
    }


def _in_schema(batch: pa.RecordBatch, values: dict[str, Any], schema: pa.Schema) -> pa.RecordBatch:
    """The columns of the plan; a time that its type cannot hold is no row that may be changed in silence."""
    arrays = []
    for field in schema:
        if field.name in values:
            arrays.append(pa.repeat(values[field.name], batch.num_rows))
            continue
        array = batch.column(field.name)
        if array.type != field.type:
            word = (field.metadata or {}).get(b"storedeck.type", b"").decode()
            raise ValueRefused(
                f"{field.name}: a {parse_type(word) if word else field.type} lies outside of what {field.type} holds",
                hint=f"Select CAST({field.name} AS STRING) in a statement, and read its job.",
            )
        arrays.append(array)
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
