"""A table's definition: its key, its options, and the check of keys against it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from services.sandbox.tablestore.errors import invalid, invalid_key
from services.sandbox.tablestore.limits import Limits
from services.sandbox.tablestore.messages import unknown_number
from services.sandbox.tablestore.plainbuffer import Cell
from services.sandbox.tablestore.values import AUTO_INCREMENT, Bound, Key

INTEGER_KEY, STRING_KEY, BINARY_KEY, BOOLEAN_KEY = 1, 2, 3, 5
_KEY_KINDS = {INTEGER_KEY: int, STRING_KEY: str, BINARY_KEY: bytes, BOOLEAN_KEY: bool}
_WIRE_NAMES = {int: "VT_INTEGER", str: "VT_STRING", bytes: "VT_BLOB", bool: "VT_BOOLEAN", float: "VT_DOUBLE"}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
MAX_KEYS = 4
SHORTEST_TTL = 86400


@dataclass(frozen=True)
class KeyColumn:
    """One column of a key; `kind` as in the protocol."""

    name: str
    kind: int
    is_auto_increment: bool = False

    @property
    def python_type(self) -> type:
        return _KEY_KINDS[self.kind]


@dataclass
class Options:
    """What UpdateTable can change. Times in seconds; -1 is without end."""

    time_to_live: int = -1
    max_versions: int = 1
    deviation: int = 86400
    allow_update: bool = True
    update_full_row: bool = False

    def take(self, message: Any) -> None:
        """Takes over the options that a message sets.

        Raises:
            OtsError: a value is out of its range.
        """
        if message.HasField("time_to_live"):
            ttl = message.time_to_live
            if ttl != -1 and ttl < SHORTEST_TTL:
                raise invalid(f"Invalid TTL: {ttl}. It must be -1 or at least {SHORTEST_TTL} seconds.")
            self.time_to_live = ttl
        if message.HasField("max_versions"):
            if message.max_versions == 0 or message.max_versions < -1:
                raise invalid(f"Invalid MaxVersions: {message.max_versions}.")
            self.max_versions = message.max_versions
        if message.HasField("deviation_cell_version_in_sec"):
            if message.deviation_cell_version_in_sec <= 0:
                raise invalid(f"Invalid DeviationCellVersionInSec: {message.deviation_cell_version_in_sec}.")
            self.deviation = message.deviation_cell_version_in_sec
        if message.HasField("allow_update"):
            self.allow_update = message.allow_update
        self.update_full_row = bool(unknown_number(message, 7, self.update_full_row))


@dataclass
class Index:
    """A secondary index: a table of its own whose rows follow those of the main table."""

    name: str
    key: list[str]
    columns: list[str]
    is_local: bool = False


@dataclass
class Schema:
    """Everything that describes a table but its rows."""

    name: str
    key: list[KeyColumn]
    defined: list[tuple[str, int]] = field(default_factory=list)
    options: Options = field(default_factory=Options)
    reserved_read: int = 0
    reserved_write: int = 0
    changed_at: int = 0
    stream_hours: int = 0
    has_transactions: bool = False
    split_points: list[Any] = field(default_factory=list)

    @property
    def key_names(self) -> list[str]:
        return [column.name for column in self.key]

    def key_of(self, cells: list[Cell], limits: Limits, *, bounds: bool = False, generate: bool = False) -> Key:
        """The checked key of a request's cells.

        Args:
            bounds: whether INF_MIN and INF_MAX may stand for values, as in ranges.
            generate: whether an auto-increment column may ask for a value.

        Raises:
            OtsError: names, types, number or sizes do not fit.
        """
        if len(cells) != len(self.key):
            raise invalid_key(f"Validate PK size fail. Input: {len(cells)}, Meta: {len(self.key)}.")
        for column, cell in zip(self.key, cells, strict=True):
            if cell.name != column.name:
                raise invalid_key(f"Validate PK name fail. Input: {cell.name}, Meta: {column.name}.")
            if isinstance(cell.value, Bound):
                is_wanted = (generate and column.is_auto_increment) if cell.value is AUTO_INCREMENT else bounds
                if not is_wanted:
                    raise invalid_key(f"Primary key {column.name} cannot be {cell.value}.")
            elif type(cell.value) is not column.python_type:
                have = _WIRE_NAMES.get(type(cell.value), "VT_NULL")
                raise invalid_key(f"Validate PK type fail. Input: {have}, Meta: {_WIRE_NAMES[column.python_type]}.")
            elif isinstance(cell.value, str | bytes) and _length(cell.value) > limits.key_bytes:
                raise invalid(
                    f"The length of primary key column: '{column.name}' exceeds the MaxLength: {limits.key_bytes} "
                    f"with CurrentLength: {_length(cell.value)}."
                )
        return tuple(cell.value for cell in cells)


def _length(value: str | bytes) -> int:
    return len(value.encode() if isinstance(value, str) else value)


def check_name(name: str, what: str, limits: Limits) -> None:
    """Refuses a name that is no identifier or too long."""
    if _NAME.fullmatch(name) is None or len(name) > limits.name_bytes:
        raise invalid(f"Invalid {what} name: '{name[:64]}'.")


def read_schema(request: Any, limits: Limits, now: int) -> Schema:
    """The schema that a CreateTable request asks for.

    Raises:
        OtsError: the key, a name or an option cannot be.
    """
    meta = request.table_meta
    check_name(meta.table_name, "table", limits)
    key = [KeyColumn(column.name, column.type, column.HasField("option")) for column in meta.primary_key]
    if not 1 <= len(key) <= MAX_KEYS:
        raise invalid(f"The number of primary key columns must be in range: [1, {MAX_KEYS}].")
    names = [column.name for column in key] + [column.name for column in meta.defined_column]
    for name in names:
        check_name(name, "column", limits)
    if len(set(names)) != len(names):
        raise invalid("Duplicated column name in the table's schema.")
    for place, column in enumerate(key):
        if column.is_auto_increment and (place == 0 or column.kind != INTEGER_KEY):
            raise invalid("The auto-increment column must be an INTEGER and cannot be the partition key.")
    if sum(column.is_auto_increment for column in key) > 1:
        raise invalid("A table has one auto-increment column at most.")
    schema = Schema(meta.table_name, key, [(column.name, column.type) for column in meta.defined_column])
    schema.options.take(request.table_options)
    capacity = request.reserved_throughput.capacity_unit
    schema.reserved_read, schema.reserved_write, schema.changed_at = capacity.read, capacity.write, now // 1000
    schema.has_transactions = bool(unknown_number(request, 8))
    if request.HasField("stream_spec") and request.stream_spec.enable_stream:
        schema.stream_hours = request.stream_spec.expiration_time
    return schema
