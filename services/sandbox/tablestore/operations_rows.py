"""GetRow, the batches, GetRange, and the split points of a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from services.sandbox.tablestore.errors import OtsError, invalid
from services.sandbox.tablestore.instance import Instance
from services.sandbox.tablestore.messages import pb, unknown_number
from services.sandbox.tablestore.plainbuffer import read_row
from services.sandbox.tablestore.reading import Reading, buffer, consumed, key_size, units
from services.sandbox.tablestore.rows import write_cells
from services.sandbox.tablestore.table import Changes, View
from services.sandbox.tablestore.values import Key
from services.sandbox.tablestore.writing import Change


def get_row(request: Any, instance: Instance) -> Any:
    """GetRow: empty bytes when there is no row, or none that passes the filter."""
    view = instance.view(request.table_name, request.transaction_id)
    reading = Reading(request, view.schema, instance.limits)
    used, row = _read_one(view, reading, request.primary_key, instance, request.transaction_id)
    return pb().GetRowResponse(consumed=used, row=row)


def _read_one(
    view: View, reading: Reading, data: bytes, instance: Instance, transaction_id: str = ""
) -> tuple[Any, bytes]:
    key = view.schema.key_of(read_row(data).key, instance.limits)
    instance.check_partition(key, transaction_id)
    row = view.get(key)
    if row is None:
        return consumed(read=1), b""
    size = key_size(view.schema.key_names, key) + row.size()
    written = reading.written(key, row)
    return consumed(read=units(size)), buffer([written] if written else [])


def batch_get_row(request: Any, instance: Instance) -> Any:
    """BatchGetRow: each row succeeds or fails for itself."""
    wanted = sum(len(table.primary_key) for table in request.tables)
    if not wanted:
        raise invalid("No row specified in the request of BatchGetRow.")
    if wanted > instance.limits.batch_get_rows:
        raise invalid(f"Rows count exceeds the upper limit: {instance.limits.batch_get_rows}.")
    answer = pb().BatchGetRowResponse()
    for table in request.tables:
        part = answer.tables.add(table_name=table.table_name)
        for data in table.primary_key:
            try:
                view = instance.view(table.table_name)
                used, row = _read_one(view, Reading(table, view.schema, instance.limits), data, instance)
                part.rows.add(is_ok=True, consumed=used, row=row)
            except OtsError as error:
                part.rows.add(is_ok=False, error=pb().Error(code=error.code, message=error.message))
    return answer


def batch_write_row(request: Any, instance: Instance) -> Any:
    """BatchWriteRow: each change succeeds or fails for itself, unless the batch asks for all or nothing."""
    limits = instance.limits
    rows = sum(len(table.rows) for table in request.tables)
    if not rows:
        raise invalid("No row specified in the request of BatchWriteRow.")
    if rows > limits.batch_write_rows:
        raise invalid(f"Rows count exceeds the upper limit: {limits.batch_write_rows}.")
    size = sum(len(row.row_change) for table in request.tables for row in table.rows)
    if size > limits.batch_write_bytes:
        raise invalid(
            "The total data size of BatchWriteRow request exceeds the limit, "
            f"limit size: {limits.batch_write_bytes}, data size: {size}."
        )
    answer = pb().BatchWriteRowResponse()
    is_atomic = bool(unknown_number(request, 3))
    changes: dict[str, Changes] = {}
    for table in request.tables:
        part = answer.tables.add(table_name=table.table_name)
        staged = changes.setdefault(table.table_name, {}) if is_atomic else None
        for row in table.rows:
            _write_one(part.rows.add(), table.table_name, row, request.transaction_id, instance, staged)
    if is_atomic:
        _end_atomic(answer, changes, instance)
    return answer


def _write_one(
    result: Any, table: str, row: Any, transaction_id: str, instance: Instance, staged: Changes | None
) -> None:
    try:
        view = instance.view(table, transaction_id)
        if staged is not None:
            view = View(view.table, table, instance.clock, staged)
        change = Change(row.type, row.row_change, row.condition, row.return_content)
        used, written = change.apply(instance, view, transaction_id)
    except OtsError as error:
        result.is_ok = False
        result.error.code, result.error.message = error.code, error.message
        return
    result.is_ok = True
    result.consumed.CopyFrom(used)
    if written:
        result.row = written


def _end_atomic(answer: Any, changes: dict[str, Changes], instance: Instance) -> None:
    """Makes all changes, or answers each row with the first failure."""
    failed = [row.error for table in answer.tables for row in table.rows if not row.is_ok]
    if not failed:
        for name, rows in changes.items():
            for key, new in rows.items():
                instance.table(name).apply(key, new)
        return
    first = pb().Error(code=failed[0].code, message=failed[0].message)
    for table in answer.tables:
        for row in table.rows:
            row.Clear()
            row.is_ok = False
            row.error.CopyFrom(first)


def get_range(request: Any, instance: Instance) -> Any:
    """GetRange: one page. It may hold no row and still say where to go on."""
    limits = instance.limits
    view = instance.view(request.table_name, request.transaction_id)
    reading = Reading(request, view.schema, limits)
    start, end = _bounds(request, view, instance)
    if request.HasField("limit") and request.limit <= 0:
        raise invalid("The limit must be greater than 0.")
    backward, limit = request.direction == 1, min(request.limit or limits.page_rows, limits.page_rows)
    # Rows of large tables go out as they are held; one that was changed since is found the longer way.
    packed = view.packed(start, end, limit, backward=backward) if reading.is_plain else None
    if packed is not None and (size := sum(map(len, packed[0]))) <= limits.page_bytes:
        rows, following = packed
    else:
        rows, following, size = _page(view, reading, view.scan(start, end, backward=backward), limit, instance)
    answer = pb().GetRangeResponse(consumed=consumed(read=units(size)), rows=buffer(rows))
    if following is not None:
        answer.next_start_primary_key = buffer([write_cells(view.schema.key_names, following, ())])
    return answer


def _bounds(request: Any, view: View, instance: Instance) -> tuple[Key, Key]:
    """The start (in) and the end (out) of the range."""
    start = view.schema.key_of(read_row(request.inclusive_start_primary_key).key, instance.limits, bounds=True)
    end = view.schema.key_of(read_row(request.exclusive_end_primary_key).key, instance.limits, bounds=True)
    if request.direction == 0 and start > end:
        raise invalid("Begin key must less than end key in FORWARD.")
    if request.direction == 1 and start < end:
        raise invalid("Begin key must more than end key in BACKWARD.")
    instance.check_partition(start, request.transaction_id)
    instance.check_partition(end, request.transaction_id)
    return start, end


def _page(
    view: View, reading: Reading, scan: Iterator[tuple[Key, Any]], limit: int, instance: Instance
) -> tuple[list[bytes], Key | None, int]:
    """The rows of a page, the key that the next one starts with, the bytes that were read."""
    limits = instance.limits
    rows: list[bytes] = []
    seen = size = 0
    for key, row in scan:
        if seen >= limits.page_rows or size >= limits.page_bytes or len(rows) >= limit:
            return rows, key, size
        seen += 1
        if row is None:
            continue
        written = reading.written(key, row)
        if written is not None:
            rows.append(written)
            size += len(written)
        else:
            size += key_size(view.schema.key_names, key) + (len(row) if isinstance(row, bytes) else row.size())
    return rows, None, size
