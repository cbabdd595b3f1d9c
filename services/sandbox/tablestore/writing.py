"""Changes of one row: conditions, put, update and delete, with the checks of each cell."""

from __future__ import annotations

from typing import Any

from services.sandbox.tablestore.errors import condition_failed, invalid, unsupported
from services.sandbox.tablestore.filters import read_filter
from services.sandbox.tablestore.instance import Instance
from services.sandbox.tablestore.messages import pb
from services.sandbox.tablestore.plainbuffer import DELETE_ALL, DELETE_ONE, INCREMENT, Cell, read_row
from services.sandbox.tablestore.reading import buffer, consumed, key_size, units
from services.sandbox.tablestore.rows import Row, write_cells
from services.sandbox.tablestore.schema import Options, check_name
from services.sandbox.tablestore.table import View
from services.sandbox.tablestore.values import AUTO_INCREMENT, Bound, Key, Value, value_bytes

PUT, UPDATE, DELETE = 1, 2, 3
EXPECT_EXIST, EXPECT_NOT_EXIST = 1, 2
RETURN_KEY, RETURN_AFTER = 1, 2
_INT64_END = 1 << 63


class Change:
    """One row change of a request, ready to be tried.

    Raises:
        OtsError: the row cannot be read.
    """

    def __init__(self, kind: int, data: bytes, condition: Any, content: Any) -> None:
        self._kind = kind
        self._row = read_row(data)
        self._condition = condition
        self._returns = content.return_type
        self._return_names = list(content.return_column_names)
        self._size = 0

    def apply(self, instance: Instance, view: View, transaction_id: str = "") -> tuple[Any, bytes]:
        """Checks the condition and makes the change.

        Returns:
            The consumed capacity and the row to return, empty without one.

        Raises:
            OtsError: the key, a cell, the condition or a transaction refuses it; nothing is changed then.
        """
        schema = view.schema
        key = schema.key_of(self._row.key, instance.limits, generate=self._kind != DELETE)
        instance.check_write(view, key, transaction_id)
        if AUTO_INCREMENT in key:
            if self._condition.row_existence != 0:
                raise invalid("The row existence must be IGNORE when the server makes the auto-increment value.")
            key = tuple(view.table.next_number() if part is AUTO_INCREMENT else part for part in key)
        old = view.get(key)
        self._check(key, old, view)
        self._size = key_size(schema.key_names, key)
        new = self._changed(old, schema.options, instance)
        if new is not None or old is not None:
            view.set(key, new)
        reads = 1 if self._condition.row_existence or self._condition.HasField("column_condition") else 0
        return consumed(read=reads, write=units(self._size)), self._answer(view, key, new)

    def _check(self, key: Key, row: Row | None, view: View) -> None:
        wanted = self._condition.row_existence
        if (wanted == EXPECT_EXIST and row is None) or (wanted == EXPECT_NOT_EXIST and row is not None):
            raise condition_failed()
        test = read_filter(self._condition.column_condition)
        if test is not None:
            keyed = {name: [(0, value)] for name, value in zip(view.schema.key_names, key, strict=True)}
            if not test.passes({**(row.cells if row else {}), **keyed}):
                raise condition_failed()

    def _changed(self, old: Row | None, options: Options, instance: Instance) -> Row | None:
        if self._kind == DELETE:
            return None
        now = instance.clock.now()
        if len(self._row.cells) > instance.limits.columns:
            raise invalid(f"The number of attribute columns exceeds the limit: {instance.limits.columns}.")
        if self._kind == PUT:
            new = Row({}, now)
            for cell in self._row.cells:
                if cell.operation:
                    raise invalid("PutRow takes values, no deletions and increments.")
                self._put(new, cell, self._value(cell, instance), options, now)
            return new
        if not options.allow_update:
            raise unsupported("The table does not allow updates.")
        if not self._row.cells:
            raise invalid("No column to update is specified.")
        new = old.copied() if old is not None else Row({}, now)
        for cell in self._row.cells:
            self._update(new, cell, options, instance, now)
        new.born = now
        is_nothing = old is None and not new.cells
        return None if is_nothing else new

    def _update(self, row: Row, cell: Cell, options: Options, instance: Instance, now: int) -> None:
        if cell.operation == DELETE_ALL:
            row.drop(cell.name)
        elif cell.operation == DELETE_ONE:
            if cell.timestamp is None:
                raise invalid(f"The timestamp of the version to delete of column {cell.name} is missing.")
            row.drop(cell.name, cell.timestamp)
        elif cell.operation == INCREMENT:
            self._put(row, cell, _sum(row, cell), options, now)
        elif cell.operation:
            raise invalid(f"Invalid cell operation {cell.operation}.")
        else:
            self._put(row, cell, self._value(cell, instance), options, now)
        self._size += len(cell.name)

    def _value(self, cell: Cell, instance: Instance) -> Value:
        limits = instance.limits
        check_name(cell.name, "attribute column", limits)
        value = cell.value
        if value is None or isinstance(value, Bound):
            raise invalid(f"The value of column {cell.name} is missing.")
        size = value_bytes(value)
        if isinstance(value, str | bytes) and size > limits.value_bytes:
            raise invalid(
                f"The length of attribute column: '{cell.name}' exceeds the MaxLength: {limits.value_bytes} "
                f"with CurrentLength: {size}."
            )
        return value

    def _put(self, row: Row, cell: Cell, value: Value, options: Options, now: int) -> None:
        time = now if cell.timestamp is None else cell.timestamp
        if abs(time - now) > options.deviation * 1000:
            raise invalid(f"Cell version {time} is out of range: the deviation is {options.deviation} s.")
        row.put(cell.name, time, value, options.max_versions)
        self._size += value_bytes(value) + len(cell.name)

    def _answer(self, view: View, key: Key, row: Row | None) -> bytes:
        if self._returns == RETURN_KEY:
            return buffer([write_cells(view.schema.key_names, key, ())])
        if self._returns == RETURN_AFTER and row is not None:
            names = self._return_names or sorted(row.cells)
            cells = ((name, row.cells[name][:1]) for name in names if name in row.cells)
            return buffer([write_cells(view.schema.key_names, key, cells)])
        return b""


def _sum(row: Row, cell: Cell) -> int:
    """The column's value plus the cell's; an absent column counts as 0."""
    before = row.latest(cell.name)
    before = 0 if before is None else before
    if not isinstance(cell.value, int) or isinstance(cell.value, bool):
        raise invalid(f"The increment of column {cell.name} is no INTEGER.")
    if not isinstance(before, int) or isinstance(before, bool):
        raise invalid(f"Column {cell.name} is no INTEGER and cannot be incremented.")
    total = before + cell.value
    return (total + _INT64_END) % (2 * _INT64_END) - _INT64_END


def single(kind: int, data: bytes, request: Any, instance: Instance, answer: Any) -> Any:
    """Makes the change of a PutRow, UpdateRow or DeleteRow request and fills its answer."""
    change = Change(kind, data, request.condition, request.return_content)
    view = instance.view(request.table_name, request.transaction_id)
    used, row = change.apply(instance, view, request.transaction_id)
    answer.consumed.CopyFrom(used)
    if row:
        answer.row = row
    return answer


def put_row(request: Any, instance: Instance) -> Any:
    """PutRow."""
    return single(PUT, request.row, request, instance, pb().PutRowResponse())


def update_row(request: Any, instance: Instance) -> Any:
    """UpdateRow."""
    return single(UPDATE, request.row_change, request, instance, pb().UpdateRowResponse())


def delete_row(request: Any, instance: Instance) -> Any:
    """DeleteRow."""
    return single(DELETE, request.primary_key, request, instance, pb().DeleteRowResponse())
