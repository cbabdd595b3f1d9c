"""Tables read in parts: ranges of the key where it is of numbers or text, else the whole in one part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from services.cancel import CancelToken
from services.errors import NotFound
from services.stores.bulk import Faults, ReadPart, ReadPlan
from services.stores.changes import Path
from services.stores.ignite.bulk.fields import declared_field
from services.stores.ignite.bulk.fitting import Fitter
from services.stores.ignite.codec.encode import encode
from services.stores.ignite.inputs import INT_BITS, sql_word
from services.stores.ignite.names import quoted
from services.stores.ignite.sql import SqlRequest
from services.stores.types import Column, Count, CountKind, Description, RowQuery
from services.value_json import from_typed_json, typed_json
from services.values import Typed

if TYPE_CHECKING:
    from services.stores.ignite.cluster_types import ClusterTypes
    from services.stores.ignite.sql import SqlRunner
    from services.stores.ignite.tables import Tables

PART_ROWS: Final = 50_000
MAX_PARTS: Final = 10_000
_SPARSE: Final = 4
"""Integer keys spread wider than so many a row are cut where they lie, others evenly between the least and the most."""
_WALKED: Final = frozenset(("String", "UUID"))
_NANOS_REACH: Final = ("1677-09-22 00:00:00", "2262-04-11 00:00:00")
"""Within these days, with one to spare at each end, 64 bits of nanoseconds hold every time in every zone."""


class TableReads:
    """Plans and reads the parts of tables and views."""

    def __init__(self, runner: SqlRunner, types: ClusterTypes, tables: Tables) -> None:
        self._runner = runner
        self._types = types
        self._tables = tables

    def plan(self, path: Path, query: RowQuery, part_rows: int | None, cancel: CancelToken) -> ReadPlan:
        """See `BulkReads.plan_read`."""
        description = self._tables.describe(path)
        columns = _chosen(description, query.columns)
        table = table_name(description)
        far = self._far(table, [one for one in columns if sql_word(one.type) == "Timestamp"], query.where)
        fields = [declared_field(one, self._types.zone, time_unit="us" if one.name in far else "ns") for one in columns]
        count = self._count(description, table, query.where)
        rows = count.rows if query.limit is None else min(count.rows, query.limit)
        keys = [one for one in description.columns if one.is_key]
        state = {
            "table": table,
            "where": query.where,
            "limit": query.limit,
            "order": [one.name for one in keys] if query.limit is not None else [],
            "key": keys[0].name if keys else "",
            "word": sql_word(keys[0].type) if keys else "",
        }
        size = part_rows or PART_ROWS if query.limit is None else rows
        parts = self._cut(state, rows, max(size, 1), cancel)
        notes = tuple(f"{name}: in microseconds, as some of its times are beyond nanoseconds" for name in sorted(far))
        total = count if query.limit is None else Count.exact(rows)
        return ReadPlan(path, pa.schema(fields), parts, total, state, notes=notes)

    def _far(self, table: str, columns: Sequence[Column], where: str) -> set[str]:
        """The TIMESTAMP columns with values that nanoseconds do not reach."""
        if not columns:
            return set()
        least, most = _NANOS_REACH
        tests = ", ".join(
            f"MAX(CASE WHEN {quoted(one.name)} < '{least}' OR {quoted(one.name)} > '{most}' THEN 1 ELSE 0 END)"
            for one in columns
        )
        (row,) = self._values(f"SELECT {tests} FROM {table}{_where(where)}")
        return {one.name for one, is_far in zip(columns, row, strict=True) if is_far}

    def _values(self, text: str) -> list[list[Any]]:
        """The rows of a small answer, by position."""
        batches = [page.batch for page in self._runner.pages(SqlRequest(text)) if page.batch is not None]
        return [
            [cell.value for cell in self._types.cells(batch, row)] for batch in batches for row in range(batch.num_rows)
        ]

    def _count(self, description: Description, table: str, where: str) -> Count:
        if description.count is not None and description.count.kind is CountKind.EXACT and not where:
            return description.count
        ((rows,),) = self._values(f"SELECT COUNT(*) FROM {table}{_where(where)}")
        return Count.exact(int(rows))

    def _cut(self, state: dict[str, Any], rows: int, part_rows: int, cancel: CancelToken) -> tuple[ReadPart, ...]:
        """Parts by the first column of the key; one part where it has no order that a bound could be compared in."""
        size = max(part_rows, -(-rows // MAX_PARTS))
        word = state["word"]
        if rows <= size or not (word in INT_BITS or word in _WALKED):
            return _parts([], rows)
        if word in INT_BITS:
            ((least, most),) = self._values(_over(state, "MIN({0}), MAX({0})"))
            span = 0 if least is None else int(most) - int(least) + 1
            if span <= _SPARSE * rows:
                step = max(-(-span * size // rows), 1)
                return _parts([Typed(word, bound) for bound in range(int(least or 0) + step, int(most or 0) + 1, step)])
        return self._walked(state, rows, size, cancel)

    def _walked(self, state: dict[str, Any], rows: int, size: int, cancel: CancelToken) -> tuple[ReadPart, ...]:
        """Parts of so many rows each: all keys are read once, in their order."""
        bounds: list[Typed] = []
        seen = 0
        for page in self._runner.pages(SqlRequest(f"{_over(state, '{0}')} ORDER BY {quoted(state['key'])}"), cancel):
            if page.batch is None:
                continue
            for place in range(-seen % size, page.batch.num_rows, size):
                (bound,) = self._types.cells(page.batch, place)
                if (seen or place) and bound not in bounds[-1:]:
                    bounds.append(bound)
            seen += page.batch.num_rows
        return _parts(bounds, rows)

    def part(self, plan: ReadPlan, part: ReadPart, cancel: CancelToken) -> Iterator[pa.RecordBatch | Faults]:
        """See `BulkReads.read_part`."""
        text, arguments = _select(plan, part)
        fitter = Fitter(plan.schema, self._types.resolver, is_sql=True)
        first = 0
        for page in self._runner.pages(SqlRequest(text, arguments), cancel):
            if page.batch is None or not page.batch.num_rows:
                continue
            fitted, faults = fitter.fit(page.batch, first)
            first += page.batch.num_rows
            if fitted.num_rows:
                yield fitted
            if faults:
                yield Faults(faults)


def table_name(description: Description) -> str:
    """The quoted name of a table with its schema."""
    _, schema, table = description.path
    return f"{quoted(schema)}.{quoted(table)}"


def _chosen(description: Description, names: Sequence[str]) -> list[Column]:
    known = {one.name: one for one in description.columns}
    stray = next((name for name in names if name not in known), None)
    if stray is not None:
        raise NotFound(f"{stray}: no such column in {description.name}", hint=f"It has {', '.join(known)}.")
    return [known[name] for name in names] if names else list(description.columns)


def _where(where: str) -> str:
    return f" WHERE ({where}\n)" if where else ""


def _over(state: Mapping[str, Any], columns: str) -> str:
    """A statement over the rows that are read, `{0}` standing for the first column of the key."""
    return f"SELECT {columns.format(quoted(state['key']))} FROM {state['table']}{_where(state['where'])}"


def _parts(bounds: Sequence[Typed], rows: int | None = None) -> tuple[ReadPart, ...]:
    """The first part is open below and the last above, so that no row is outside of all."""
    edges = [None, *(typed_json(bound) for bound in bounds), None]
    states = [{"from": low, "below": high} for low, high in pairwise(edges)]
    known = rows if len(states) == 1 else None
    return tuple(ReadPart(index, state, known) for index, state in enumerate(states))


def _select(plan: ReadPlan, part: ReadPart) -> tuple[str, tuple[bytes, ...]]:
    """The statement of a part and its arguments."""
    state, name = plan.state, quoted(plan.state["key"])
    tests = [f"({state['where']}\n)"] if state["where"] else []
    bounds = [(f"{name} >= ?", part.state.get("from")), (f"{name} < ?", part.state.get("below"))]
    held = [(test, value) for test, value in bounds if value is not None]
    tests += [test for test, _ in held]
    text = f"SELECT {', '.join(quoted(field.name) for field in plan.schema)} FROM {state['table']}"
    if tests:
        text += f" WHERE {' AND '.join(tests)}"
    if state["order"]:
        text += f" ORDER BY {', '.join(map(quoted, state['order']))}"
    if state["limit"] is not None:
        text += f" LIMIT {int(state['limit'])}"
    return text, tuple(encode(_typed(value)) for _, value in held)


def _typed(data: Mapping[str, Any]) -> Typed:
    value = from_typed_json(data)
    assert isinstance(value, Typed)
    return value
