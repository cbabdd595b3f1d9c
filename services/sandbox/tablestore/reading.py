"""Which columns and versions of a row a request gets, and what the reading costs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from services.sandbox.tablestore.errors import invalid
from services.sandbox.tablestore.filters import read_filter
from services.sandbox.tablestore.limits import Limits
from services.sandbox.tablestore.messages import pb
from services.sandbox.tablestore.plainbuffer import HEADER
from services.sandbox.tablestore.rows import Cells, Row, Versions, read_written, write_cells
from services.sandbox.tablestore.schema import Schema
from services.sandbox.tablestore.values import Key, value_bytes

UNIT_BYTES = 4096


class Reading:
    """What a GetRow, BatchGetRow or GetRange request wants of each row.

    Raises:
        OtsError: the request names no versions, or what it names cannot be.
    """

    def __init__(self, message: Any, schema: Schema, limits: Limits) -> None:
        self._names = schema.key_names
        self._columns = set(message.columns_to_get)
        if len(message.columns_to_get) > limits.columns_to_get:
            raise invalid(f"The number of columns from the request exceeds the limit: {limits.columns_to_get}.")
        self._wants_key = bool(self._columns & set(self._names))
        self._filter = read_filter(message.filter)
        self._start, self._end = message.start_column, message.end_column
        self._times = _times(message)
        self._max_versions = message.max_versions if message.HasField("max_versions") else 0
        if self._times is None and not message.HasField("max_versions"):
            raise invalid("No version condition is specified while querying row.")
        if message.HasField("max_versions") and self._max_versions <= 0:
            raise invalid("The max version must be greater than 0.")
        self.is_plain = (
            not self._columns
            and self._filter is None
            and not self._start
            and not self._end
            and self._times is None
            and self._max_versions == 1
        )

    def written(self, key: Key, row: Row | bytes) -> bytes | None:
        """The row as it goes out, without the header; None when the request does not want it."""
        if self.is_plain:
            return row if isinstance(row, bytes) else row.written(self._names, key)
        if isinstance(row, bytes):
            row = read_written(row)
        cells = self._cut(row.cells)
        if self._columns and not cells and not self._wants_key:
            return None
        if self._filter is not None:
            keyed = {name: [(0, value)] for name, value in zip(self._names, key, strict=True)}
            if not self._filter.passes({**cells, **keyed}):
                return None
            cells = self._filter.cut(cells)
        return write_cells(self._names, key, sorted(cells.items()))

    def _cut(self, cells: Cells) -> Cells:
        kept: Cells = {}
        for name, versions in cells.items():
            if self._columns and name not in self._columns:
                continue
            if (self._start and name < self._start) or (self._end and name >= self._end):
                continue
            left = self._versions(versions)
            if left:
                kept[name] = left
        return kept

    def _versions(self, versions: Versions) -> Versions:
        if self._times is not None:
            low, high = self._times
            versions = [version for version in versions if low <= version[0] < high]
        return versions[: self._max_versions] if self._max_versions else versions


def _times(message: Any) -> tuple[int, int] | None:
    """The range of timestamps, its end excluded."""
    if not message.HasField("time_range"):
        return None
    times = message.time_range
    if times.HasField("specific_time"):
        return times.specific_time, times.specific_time + 1
    if not (times.HasField("start_time") and times.HasField("end_time")) or times.start_time >= times.end_time:
        raise invalid("The time range needs a start that is before its end.")
    return times.start_time, times.end_time


def buffer(rows: Iterable[bytes]) -> bytes:
    """Written rows with the header; nothing at all when there are none."""
    body = b"".join(rows)
    return HEADER + body if body else b""


def units(size: int) -> int:
    """Capacity units of that many bytes: one for each 4 KB begun, at least one."""
    return max(1, -(-size // UNIT_BYTES))


def key_size(names: Iterable[str], key: Key) -> int:
    """Bytes that count for a key."""
    return sum(len(name) + value_bytes(value) for name, value in zip(names, key, strict=True))


def consumed(read: int = 0, write: int = 0) -> Any:
    """The consumed capacity of an answer; both fields are set, since SDKs read them unchecked."""
    unit = pb().CapacityUnit(read=read, write=write)
    return pb().ConsumedCapacity(capacity_unit=unit)
