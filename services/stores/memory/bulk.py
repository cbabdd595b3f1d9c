"""Bulk reads by ranges of rows, and bulk writes by uploads that nobody sees before they are committed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import uuid4

import pyarrow as pa

from services.cancel import NEVER, CancelToken
from services.errors import NotFound, Refused, SessionExpired, SourceChanged, UnsupportedOperation, ValueRefused
from services.results.typed import typed_cell
from services.stores.bulk import (
    BulkReads,
    BulkWrites,
    Committed,
    ReadPart,
    ReadPlan,
    Receipt,
    Reject,
    WriteMode,
    WritePlan,
    WriteWish,
    new_key,
)
from services.stores.changes import Path
from services.stores.features import Guarantee
from services.stores.memory import generated
from services.stores.memory.arrow import arrow_type, record_batch, type_word
from services.stores.memory.faults import Faults
from services.stores.memory.samples import SCHEMA
from services.stores.memory.shelf import Shelf, Upload
from services.stores.memory.sql import positions
from services.stores.memory.table import Row, Table, same
from services.stores.types import KEY_METADATA, TYPE_METADATA, Column, Count, RowQuery
from services.values import ABSENT, Typed

PART_ROWS: Final = 50_000
BATCH_ROWS: Final = 8_192
NUMBERS: Final = (SCHEMA, "numbers")


class MemoryBulk(BulkReads, BulkWrites):
    """The bulk powers of a memory store, over its shelf."""

    _shelf: Shelf
    _faults: Faults
    _generated_rows: int

    def plan_read(self, path: Path, query: RowQuery, part_rows: int | None, cancel: CancelToken = NEVER) -> ReadPlan:
        """See `BulkReads.plan_read`."""
        self._faults.strike("plan_read", cancel)
        if path == NUMBERS:
            if query.where:
                raise UnsupportedOperation("numbers: has no filter", hint="Leave out the filter.")
            schema, rows, mark = generated.SCHEMA, self._generated_rows, f"numbers {self._generated_rows}"
        else:
            batch, version = self._filtered(path, query.where, cancel)
            schema, rows, mark = batch.schema, batch.num_rows, str(version)
        rows = rows if query.limit is None else min(rows, query.limit)
        size = part_rows or PART_ROWS
        parts = tuple(
            ReadPart(index, {"first": first}, min(size, rows - first))
            for index, first in enumerate(range(0, rows, size))
        )
        columns = list(query.columns or schema.names)
        chosen = pa.schema([schema.field(name) for name in columns])
        return ReadPlan(path, chosen, parts, Count.exact(rows), {"where": query.where}, mark)

    def _filtered(self, path: Path, where: str, cancel: CancelToken) -> tuple[pa.RecordBatch, int]:
        """All rows that a condition holds for, and the version of the table that they are of."""
        self._shelf.refresh()
        table = _table(self._shelf, path)
        rows = positions(table, where, (), cancel) if where else table.rows()
        return record_batch(table.columns, rows), table.version

    def read_part(self, plan: ReadPlan, part: ReadPart, cancel: CancelToken = NEVER) -> Iterator[pa.RecordBatch]:
        """See `BulkReads.read_part`."""
        first, rows = part.state["first"], part.rows or 0
        if plan.path == NUMBERS:
            for start in range(first, first + rows, BATCH_ROWS):
                self._faults.strike("read_part", cancel)
                yield generated.numbers(start, min(BATCH_ROWS, first + rows - start)).select(plan.schema.names)
            return
        batch, version = self._filtered(plan.path, plan.state["where"], cancel)
        if str(version) != plan.fingerprint:
            raise SourceChanged(f"{'/'.join(plan.path)}: source changed since it was planned", hint="Start anew.")
        for start in range(first, first + rows, BATCH_ROWS):
            self._faults.strike("read_part", cancel)
            yield batch.slice(start, min(BATCH_ROWS, first + rows - start)).select(plan.schema.names)

    def write_modes(self, path: Path) -> frozenset[WriteMode]:
        """See `BulkWrites.write_modes`."""
        return frozenset() if path == NUMBERS else frozenset(WriteMode)

    def plan_write(self, path: Path, schema: pa.Schema, wish: WriteWish, cancel: CancelToken = NEVER) -> WritePlan:
        """See `BulkWrites.plan_write`."""
        self._faults.strike("plan_write", cancel)
        self._shelf.refresh()
        table = self._shelf.tables.get(tuple(path))
        if wish.mode not in self.write_modes(path):
            raise UnsupportedOperation(f"{'.'.join(path)}: its rows are generated", hint="Write to another table.")
        if table is None:
            if not wish.is_created:
                raise NotFound(f"{'.'.join(path)}: no such table", hint="Let it be created with --create.")
            return WritePlan(tuple(path), _new_schema(schema), wish, Guarantee.TRANSACTION, notes=("is created",))
        if wish.mode is WriteMode.FAIL and table.rows():
            raise ValueRefused(f"{'.'.join(path)}: is not empty", hint="Choose another mode.")
        return WritePlan(tuple(path), _table_schema(table.columns, schema), wish, Guarantee.TRANSACTION)

    def begin_write(self, plan: WritePlan, cancel: CancelToken = NEVER) -> WritePlan:
        """See `BulkWrites.begin_write`."""
        self._faults.strike("begin_write", cancel)
        with self._shelf.change() as shelf:
            if plan.path not in shelf.tables:
                shelf.tables[plan.path] = Table(plan.path, tuple(map(_column, plan.schema)))
            identifier = str(plan.state.get("upload") or uuid4().hex)
            shelf.uploads.setdefault(identifier, Upload(plan.path, plan.wish.mode))
        return replace(plan, state={"upload": identifier})

    def write_part(
        self, plan: WritePlan, part: int, batches: Iterator[pa.RecordBatch], cancel: CancelToken = NEVER
    ) -> Receipt:
        """See `BulkWrites.write_part`."""
        rows: list[Row] = []
        size = 0
        for batch in batches:
            self._faults.strike("write_part", cancel)
            rows.extend(_rows(batch))
            size += batch.nbytes
        with self._shelf.change() as shelf:
            upload = _upload(shelf, plan)
            kept, rejects = _sorted_out(_table(shelf, plan.path), upload, part, rows)
            upload.staged[part] = kept
        self._faults.strike("write_part answered", cancel)
        return Receipt(part, len(kept), size, tuple(rejects))

    def acknowledged(self, plan: WritePlan) -> frozenset[int] | None:
        """See `BulkWrites.acknowledged`."""
        self._shelf.refresh()
        return frozenset(_upload(self._shelf, plan).staged)

    def commit_write(self, plan: WritePlan, receipts: Sequence[Receipt], cancel: CancelToken = NEVER) -> Committed:
        """See `BulkWrites.commit_write`."""
        self._faults.strike("commit_write", cancel)
        identifier = plan.state["upload"]
        with self._shelf.change() as shelf:
            if identifier not in shelf.committed:
                upload = _upload(shelf, plan)
                if {receipt.part for receipt in receipts} != upload.staged.keys():
                    raise Refused("commit: the receipts are not those of the parts held", hint="Write what is missing.")
                _merge(_table(shelf, plan.path), upload)
                shelf.committed[identifier] = sum(map(len, upload.staged.values()))
                del shelf.uploads[identifier]
        self._faults.strike("commit_write answered", cancel)
        return Committed(shelf.committed[identifier])

    def abort_write(self, plan: WritePlan) -> None:
        """See `BulkWrites.abort_write`."""
        self._faults.strike("abort_write")
        with self._shelf.change() as shelf:
            shelf.uploads.pop(plan.state.get("upload", ""), None)


def _upload(shelf: Shelf, plan: WritePlan) -> Upload:
    found = shelf.uploads.get(plan.state["upload"])
    if found is None:
        raise SessionExpired("upload: it ended", hint="Start anew.")
    return found


def _table(shelf: Shelf, path: Path) -> Table:
    found = shelf.tables.get(tuple(path))
    if found is None:
        raise NotFound(f"{'.'.join(path)}: no such table", hint="List the tables of `main`.")
    return found


def _rows(batch: pa.RecordBatch) -> Iterator[Row]:
    columns = list(zip(batch.schema, batch.columns, strict=True))
    for index in range(batch.num_rows):
        row = {field.name: typed_cell(array, index, field) for field, array in columns}
        yield {name: value for name, value in row.items() if value is not ABSENT}


def _sorted_out(table: Table, upload: Upload, part: int, rows: list[Row]) -> tuple[list[Row], list[Reject]]:
    """The rows to keep, and those whose key is missing or taken by other values."""
    kept: dict[str, Row] = {}
    rejects: list[Reject] = []
    is_strict = upload.mode in (WriteMode.APPEND, WriteMode.FAIL)
    others = _staged(table, upload, part) if is_strict else {}
    for offset, row in enumerate(rows):
        empty = next((name for name in table.key_names if _is_empty(row.get(name))), "")
        if empty:
            rejects.append(Reject(offset, "the key has no value", empty))
            continue
        token = table.token(row)
        taken = kept.get(token) or others.get(token) or (table.get(_key(table, row)) if is_strict else None)
        if is_strict and taken is not None and not _is_equal(taken, row):
            rejects.append(Reject(offset, "the key is taken by other values"))
            continue
        kept[token] = row
    return list(kept.values()), rejects


def _staged(table: Table, upload: Upload, part: int) -> dict[str, Row]:
    return {table.token(row): row for other, rows in upload.staged.items() if other != part for row in rows}


def _is_empty(value: Any) -> bool:
    return not isinstance(value, Typed) or value.value is None


def _key(table: Table, row: Row) -> dict[str, Typed]:
    return {name: value for name in table.key_names if isinstance(value := row[name], Typed)}


def _is_equal(one: Row, other: Row) -> bool:
    return all(same(one.get(name, ABSENT), other.get(name, ABSENT)) for name in one.keys() | other.keys())


def _merge(table: Table, upload: Upload) -> None:
    rows = [row for part in sorted(upload.staged) for row in upload.staged[part]]
    match upload.mode:
        case WriteMode.OVERWRITE:
            table.replace(rows)
        case WriteMode.SKIP:
            table.load(row for row in rows if table.get(_key(table, row)) is None)
        case WriteMode.FAIL if table.rows():
            raise Refused(f"{'.'.join(upload.path)}: is not empty any more", hint="Choose another mode.")
        case _:
            table.load(rows)


def _table_schema(columns: Sequence[Column], given: pa.Schema) -> pa.Schema:
    """The table's columns among the given ones, and those it cannot do without."""
    by_name = {column.name: column for column in columns}
    fields = [_field(by_name[field.name], field.type) for field in given if field.name in by_name]
    missing = [column for column in columns if not column.is_nullable and column.name not in given.names]
    return pa.schema([*fields, *(_field(column, pa.null()) for column in missing)])


def _field(column: Column, given: Any) -> Any:
    kind = arrow_type(column.type)
    metadata = {TYPE_METADATA: column.type.encode()} | ({KEY_METADATA: b"1"} if column.is_key else {})
    if kind is None:
        return pa.field(column.name, given)
    return pa.field(column.name, kind, nullable=column.is_nullable, metadata=metadata)


def _new_schema(given: pa.Schema) -> pa.Schema:
    """Columns of a table to be made: the marked ones are its key, or the first."""
    keys = new_key(given)
    columns = [Column(field.name, type_word(field), field.name in keys, field.name not in keys) for field in given]
    return pa.schema([_field(column, field.type) for column, field in zip(columns, given, strict=True)])


def _column(field: Any) -> Column:
    is_key = KEY_METADATA in (field.metadata or {})
    return Column(field.name, type_word(field), is_key, not is_key)
