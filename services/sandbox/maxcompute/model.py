"""Tables and their partitions, whose rows are immutable Arrow tables."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import RLock

import pyarrow as pa

from services.sandbox.maxcompute.errors import (
    already_there,
    invalid,
    no_such_partition,
)
from services.sandbox.maxcompute.objects import OWNER, now
from services.sandbox.maxcompute.specs import Spec, parse_spec, spec_text
from services.sandbox.maxcompute.types import arrow_schema
from services.sandbox.maxcompute.upserts import upserted

DEFAULT_SCHEMA = "default"


@dataclass(frozen=True)
class Column:
    """A column; `type` is its text in capitals, as in `DECIMAL(10,2)`."""

    name: str
    type: str
    nullable: bool = True
    comment: str = ""


class Partition:
    """The rows of a partition, or of a table without partitions; they hold the table's columns only.

    `version` grows with every change of the rows.
    """

    def __init__(self, table: Table, spec: Spec) -> None:
        self.table = table
        self.spec = spec
        self.created = self.modified = now()
        self.version = 0
        self._rows = table.arrow_schema.empty_table()

    @property
    def name(self) -> str:
        """The spec as text, as in `pt=20260101/region=cn`; empty without partitions."""
        return "/".join(f"{key}={value}" for key, value in self.spec.items())

    @property
    def record_num(self) -> int:
        return int(self._rows.num_rows)

    @property
    def size(self) -> int:
        """Bytes of the rows."""
        return int(self._rows.nbytes)

    def read(self) -> pa.Table:
        """A snapshot: later changes do not show in it."""
        return self._rows

    def append(self, rows: pa.Table) -> None:
        """Adds rows; they have the table's Arrow schema."""
        with self.table.lock:
            self._replace(pa.concat_tables([self._rows, self._checked(rows)]))

    def overwrite(self, rows: pa.Table) -> None:
        """Puts rows in the place of all that are there."""
        with self.table.lock:
            self._replace(self._checked(rows))

    def upsert(self, rows: pa.Table, deleted_keys: pa.Table | None = None) -> None:
        """Inserts or replaces rows by primary key, then removes the rows of the deleted keys.

        Args:
            rows: whole rows; of several with one key the last wins.
            deleted_keys: the primary key's columns (others are left out of account).
        """
        with self.table.lock:
            self._replace(upserted(self._rows, self._checked(rows), deleted_keys, self.table.primary_key))

    def _checked(self, rows: pa.Table) -> pa.Table:
        if rows.schema.names != self.table.arrow_schema.names:
            raise invalid(f"The columns {rows.schema.names} are not those of table {self.table.name}.")
        return rows.cast(self.table.arrow_schema)

    def _replace(self, rows: pa.Table) -> None:
        self._rows = rows
        self.version += 1
        self.modified = self.table.modified = now()


@dataclass
class Table:
    """A table or, with `view_text`, a view. `lock` guards its definition and its partitions."""

    project: str
    name: str
    columns: list[Column]
    partition_keys: list[Column] = field(default_factory=list)
    schema: str = DEFAULT_SCHEMA
    primary_key: list[str] = field(default_factory=list)
    is_transactional: bool = False
    lifecycle: int = -1
    comment: str = ""
    owner: str = OWNER
    view_text: str = ""
    properties: dict[str, str] = field(default_factory=dict)
    created: datetime = field(default_factory=now)
    modified: datetime = field(default_factory=now)
    ddl_modified: datetime = field(default_factory=now)
    table_id: str = field(default_factory=lambda: secrets.token_hex(16))
    schema_version: int = 0
    lock: RLock = field(default_factory=RLock, repr=False)
    _partitions: dict[str, Partition] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if not self.partition_keys:
            self._partitions[""] = Partition(self, {})

    @property
    def is_view(self) -> bool:
        return bool(self.view_text)

    @property
    def arrow_schema(self) -> pa.Schema:
        """Of the rows in a partition: without the partition keys."""
        return arrow_schema((column.name, column.type) for column in self.columns)

    @property
    def size(self) -> int:
        return sum(partition.size for partition in self.partitions())

    @property
    def record_num(self) -> int:
        return sum(partition.record_num for partition in self.partitions())

    def column(self, name: str) -> Column:
        """A column or partition key, in any case."""
        for column in [*self.columns, *self.partition_keys]:
            if column.name.lower() == name.lower():
                return column
        raise invalid(f"Column {name} is not found in table {self.project}.{self.name}.")

    def partitions(self) -> list[Partition]:
        """All, in the order of their values; a table without partition keys has one with an empty spec."""
        with self.lock:
            return [self._partitions[key] for key in sorted(self._partitions)]

    def partition(self, spec: str = "") -> Partition:
        """The partition of a spec such as `pt='20260101',region=cn` or `pt=20260101/region=cn`.

        Raises:
            OdpsError: NoSuchPartition, or InvalidArgument when the spec does not fit the partition keys.
        """
        full = self.full_spec(spec)
        with self.lock:
            found = self._partitions.get(spec_text(full))
        if found is None:
            raise no_such_partition(spec)
        return found

    def create_partition(self, spec: str, *, if_not_exists: bool = True) -> Partition:
        """Creates a partition, or gives the one that is there."""
        full = self.full_spec(spec)
        with self.lock:
            if not self.partition_keys:
                raise invalid(f"Table {self.project}.{self.name} is not partitioned.")
            there = self._partitions.get(spec_text(full))
            if there is not None:
                if not if_not_exists:
                    raise already_there("Partition", spec)
                return there
            made = self._partitions[spec_text(full)] = Partition(self, full)
            self.modified = made.created
            return made

    def drop_partition(self, spec: str) -> None:
        """Removes a partition with its rows."""
        found = self.partition(spec)
        with self.lock:
            self._partitions.pop(spec_text(found.spec), None)
            self.modified = now()

    def full_spec(self, spec: str) -> Spec:
        """A spec's values by partition key, in the order of the keys; it has to name all of them."""
        values = {name.lower(): value for name, value in parse_spec(spec).items()}
        names = [column.name for column in self.partition_keys]
        if sorted(values) != sorted(name.lower() for name in names):
            raise invalid(f"The partition '{spec}' does not fit the partition keys {names} of table {self.name}.")
        return {name: values[name.lower()] for name in names}

    def truncate(self) -> None:
        """Removes all rows, and leaves the partitions."""
        with self.lock:
            for partition in self._partitions.values():
                partition.overwrite(self.arrow_schema.empty_table())

    def change_columns(self, columns: list[Column], renamed: dict[str, str] | None = None) -> None:
        """Puts new columns in the place of the old; rows keep the values of columns that stay (under a new name, too).

        Args:
            renamed: old names by new ones.
        """
        renamed = renamed or {}
        with self.lock:
            before = {key: partition.read() for key, partition in self._partitions.items()}
            self.columns = columns
            self.schema_version += 1
            self.ddl_modified = now()
            for key, rows in before.items():
                kept = [
                    rows.column(old).cast(item.type)
                    if (old := renamed.get(item.name, item.name)) in rows.schema.names
                    else pa.nulls(rows.num_rows, item.type)
                    for item in self.arrow_schema
                ]
                self._partitions[key].overwrite(pa.table(kept, schema=self.arrow_schema))

    def rename_column(self, old: str, new: str) -> None:
        """Gives a column another name."""
        found = self.column(old)
        self.change_columns(
            [replace(column, name=new) if column is found else column for column in self.columns], {new: found.name}
        )
