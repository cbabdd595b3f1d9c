"""Tables written in parts: many rows a statement, MERGE where rows replace others, INSERT where they must be new."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from services.cancel import CancelToken
from services.errors import NotFound, UnsupportedOperation, UsageError, ValueRefused
from services.stores.bulk import Receipt, WriteMode, WritePlan, WriteWish, new_key_notes
from services.stores.changes import Path
from services.stores.features import Guarantee
from services.stores.ignite.bulk.fields import declared_field, new_columns
from services.stores.ignite.bulk.row_writer import RowWriter
from services.stores.ignite.bulk.table_reads import table_name
from services.stores.ignite.definitions import create_table
from services.stores.ignite.names import quoted
from services.stores.ignite.sql import SqlRequest
from services.stores.types import Column, Description

if TYPE_CHECKING:
    from services.stores.ignite.cluster_types import ClusterTypes
    from services.stores.ignite.sql import SqlRunner
    from services.stores.ignite.tables import Tables

_CLEARED: Final = "its rows are deleted when the transfer begins, not when it is committed"
_EMPTY_ADVICE: Final = "Choose append, upsert, skip or overwrite, or another table."


class TableWrites:
    """Plans and writes the parts that go to tables."""

    def __init__(self, runner: SqlRunner, types: ClusterTypes, tables: Tables) -> None:
        self._runner = runner
        self._types = types
        self._tables = tables

    def plan(self, path: Path, schema: pa.Schema, wish: WriteWish, cancel: CancelToken) -> WritePlan:
        """See `BulkWrites.plan_write`."""
        description = self._found(path, is_created=wish.is_created)
        notes: list[str] = []
        if description is None:
            columns, definition = _new_table(path, schema)
            table, notes, created = f"{quoted(path[1])}.{quoted(path[2])}", new_key_notes(schema, wish), definition
        else:
            columns, table, created = description.columns, table_name(description), ""
            self._check_mode(table, path, wish)
        if wish.mode is WriteMode.OVERWRITE and description is not None:
            notes.append(_CLEARED)
        lost = [one.name for one in columns if one.name not in schema.names and one.is_nullable]
        if lost and wish.mode is WriteMode.UPSERT:
            notes.append(f"a row that is there loses what it has in {', '.join(lost)}")
        state = {"table": table, "keys": [one.name for one in columns if one.is_key], "create": created}
        is_blind = wish.mode in (WriteMode.UPSERT, WriteMode.OVERWRITE)
        guarantee = Guarantee.BLIND_UPSERT if is_blind else Guarantee.CONDITIONAL
        fields = _fields(columns, schema, self._types.zone)
        return WritePlan(path, fields, wish, guarantee, state, notes=tuple(notes))

    def _found(self, path: Path, *, is_created: bool) -> Description | None:
        try:
            description = self._tables.describe(path)
        except NotFound as error:
            if is_created:
                return None
            raise NotFound(error.message, hint=f"{error.hint} Or let it be created with --create.") from error
        if description.kind != "table":
            raise UnsupportedOperation(f"{path[-1]}: a {description.kind} takes no rows", hint="Write to a table.")
        return description

    def _check_mode(self, table: str, path: Path, wish: WriteWish) -> None:
        if wish.mode is WriteMode.FAIL and self._has_rows(table):
            raise ValueRefused(f"{path[-1]}: is not empty", hint=_EMPTY_ADVICE)

    def _has_rows(self, table: str) -> bool:
        pages = self._runner.pages(SqlRequest(f"SELECT 1 FROM {table} LIMIT 1"))
        return any(page.batch is not None and page.batch.num_rows for page in pages)

    def begin(self, plan: WritePlan, cancel: CancelToken) -> WritePlan:
        """See `BulkWrites.begin_write`."""
        table = plan.state["table"]
        if plan.state["create"]:
            self._run(plan.state["create"], cancel)
        if plan.wish.mode is WriteMode.OVERWRITE:
            self._run(f"DELETE FROM {table}", cancel)
        self._check_mode(table, plan.path, plan.wish)
        return plan

    def _run(self, text: str, cancel: CancelToken) -> None:
        for _ in self._runner.pages(SqlRequest(text), cancel):
            pass

    def part(self, plan: WritePlan, part: int, batches: Iterator[pa.RecordBatch], cancel: CancelToken) -> Receipt:
        """See `BulkWrites.write_part`."""
        writer = RowWriter(self._runner, self._types, plan, cancel)
        size = 0
        for batch in batches:
            cancel.check()
            writer.write(batch)
            size += batch.nbytes
        return Receipt(part, writer.rows, size, writer.rejects)


def _new_table(path: Path, schema: pa.Schema) -> tuple[tuple[Column, ...], str]:
    """Columns of a table to be made, and the statement that makes it where it is not there yet."""
    columns = new_columns(schema)
    definition = {"columns": [{"name": one.name, "type": one.type, "key": one.is_key} for one in columns]}
    text = create_table(path, definition)
    return columns, text.replace("CREATE TABLE ", "CREATE TABLE IF NOT EXISTS ", 1)


def _fields(columns: Sequence[Column], given: pa.Schema, zone: str) -> pa.Schema:
    """The table's columns among the given ones, and those it cannot do without."""
    kinds = {field.name: field.type for field in given}
    chosen = [one for one in columns if one.name in kinds or not one.is_nullable]
    if not any(one.name in kinds for one in chosen):
        raise UsageError(
            f"the table has none of the columns {', '.join(given.names[:10])}",
            hint=f"It has {', '.join(one.name for one in columns)}; name them with --map SOURCE=COLUMN.",
        )
    return pa.schema([_field(one, kinds.get(one.name), zone) for one in chosen])


def _field(column: Column, given: Any, zone: str) -> Any:
    is_coarse = given is not None and pa.types.is_timestamp(given) and given.unit != "ns"
    return declared_field(column, zone, time_unit="us" if is_coarse else "ns", given=given)
