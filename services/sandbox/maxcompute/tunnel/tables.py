"""What tunnel requests say about tables, and what answers do."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import pyarrow as pa

from services.sandbox.http import Answer
from services.sandbox.maxcompute.errors import OdpsError, invalid, no_such_partition
from services.sandbox.maxcompute.model import Column, Partition, Table
from services.sandbox.maxcompute.routes import Call
from services.sandbox.maxcompute.tunnel.bodies import malformed
from services.sandbox.maxcompute.types import OdpsType, parse_type

TABLE = "/projects/{project}/tables/{table}"


def json_answer(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """An answer in JSON."""
    return Answer(status, {"Content-Type": "application/json", **(headers or {})}, json.dumps(value).encode())


def schema_json(columns: Iterable[Column], partition_keys: Iterable[Column] = ()) -> dict[str, object]:
    """A schema as sessions describe it."""
    return {
        "IsVirtualView": False,
        "columns": [_column_json(column) for column in columns],
        "partitionKeys": [_column_json(column) for column in partition_keys],
    }


def _column_json(column: Column) -> dict[str, object]:
    return {
        "name": column.name,
        "type": column.type.lower(),
        "comment": column.comment,
        "nullable": column.nullable,
        "isNullable": column.nullable,
    }


def stored_table(call: Call) -> Table:
    """The table of a request; a view has no rows of its own.

    Raises:
        OdpsError: NoSuchTable and others.
    """
    table = call.table
    if table.is_view:
        raise invalid(f"{table.project}.{table.name} is a view: tunnels reach tables only.")
    return table


def partition_of(call: Call, table: Table, *, creates: bool = False) -> Partition:
    """The partition that a request names.

    Raises:
        OdpsError: MissingPartitionSpec, NoSuchPartition and others.
    """
    spec = call.query.get("partition", "")
    if table.partition_keys and not spec:
        raise OdpsError(
            400, "MissingPartitionSpec", f"Table {table.name} is partitioned: the request has to name a partition."
        )
    if creates and spec:
        return table.create_partition(spec)
    return table.partition(spec)


def present(partition: Partition) -> Partition:
    """The partition of that spec that the table has now: it may have been dropped since a session began.

    Raises:
        OdpsError: NoSuchPartition.
    """
    for there in partition.table.partitions():
        if there.spec == partition.spec:
            return there
    raise no_such_partition(partition.name)


def kinds_of(columns: Iterable[Column]) -> list[OdpsType]:
    """The types of columns."""
    return [parse_type(column.type) for column in columns]


def refuse_nulls(rows: pa.Table, columns: Sequence[Column]) -> None:
    """Refuses NULL in a column that may not hold it.

    Raises:
        OdpsError: MalformedDataStream.
    """
    for column in columns:
        if not column.nullable and rows.column(column.name).null_count:
            raise malformed(f"Column {column.name} is NOT NULL.")


def chosen_columns(call: Call, columns: Sequence[Column]) -> list[Column]:
    """The columns that a request names, in its order; all when it names none.

    Raises:
        OdpsError: InvalidColumnSpec.
    """
    text = call.query.get("columns", "")
    if not text:
        return list(columns)
    by_name = {column.name.lower(): column for column in columns}
    names = [name.strip().strip("`").lower() for name in text.split(",")]
    unknown = [name for name in names if name not in by_name]
    if unknown or len(set(names)) != len(names):
        wrong = unknown[0] if unknown else next(name for name in names if names.count(name) > 1)
        raise OdpsError(400, "InvalidColumnSpec", f"The specified columns are not valid: {wrong}.")
    return [by_name[name] for name in names]
