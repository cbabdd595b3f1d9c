"""Tables: list, create, describe, update, delete, and their split points."""

from __future__ import annotations

from typing import Any

from services.sandbox.tablestore.errors import OtsError, already_there, invalid, no_such_table
from services.sandbox.tablestore.instance import Instance
from services.sandbox.tablestore.messages import add_number, pb, unknown_number
from services.sandbox.tablestore.operations_indexes import read_index
from services.sandbox.tablestore.plainbuffer import read_bound
from services.sandbox.tablestore.reading import buffer, consumed
from services.sandbox.tablestore.rows import write_cells
from services.sandbox.tablestore.schema import Options, Schema, read_schema
from services.sandbox.tablestore.table import Table
from services.sandbox.tablestore.values import Bound

ACTIVE = 1
SPLIT_UNIT = 100 * 1024 * 1024
SYNCED = 2


def list_table(_request: Any, instance: Instance) -> Any:
    """ListTable: the main tables by name."""
    return pb().ListTableResponse(table_names=sorted(instance.tables))


def create_table(request: Any, instance: Instance) -> Any:
    """CreateTable; the table is ready at once."""
    schema = read_schema(request, instance.limits, instance.clock.now())
    if schema.name in instance.tables or any(schema.name in table.indexes for table in instance.tables.values()):
        raise already_there()
    if len(instance.tables) >= instance.limits.tables:
        raise OtsError(403, "OTSQuotaExhausted", "Number of tables exceeded the quota.")
    schema.split_points = _split_points(request, schema)
    table = Table(schema, instance.clock)
    indexes = [read_index(index, schema, instance) for index in request.index_metas]
    for index in indexes:
        table.add_index(index, include_rows=True)
    instance.tables[schema.name] = table
    return pb().CreateTableResponse()


def _split_points(request: Any, schema: Schema) -> list[Any]:
    """The inner bounds of the partitions that the request asks for."""
    bounds = [read_bound(part.begin) for part in request.partitions]
    points = [bound for bound in bounds if not isinstance(bound, Bound)]
    if any(type(point) is not schema.key[0].python_type for point in points):
        raise invalid("The type of a split point is not that of the partition key.")
    return sorted(points)


def describe_table(request: Any, instance: Instance) -> Any:
    """DescribeTable: of a table or of a secondary index."""
    name = request.table_name
    view = instance.view(name)
    schema = view.schema
    answer = pb().DescribeTableResponse(
        reserved_throughput_details=_throughput(schema), table_options=_options(schema.options)
    )
    meta = answer.table_meta
    meta.table_name = name
    for column in schema.key:
        made = meta.primary_key.add(name=column.name, type=column.kind)
        if column.is_auto_increment:
            made.option = pb().AUTO_INCREMENT
    for column_name, kind in schema.defined:
        meta.defined_column.add(name=column_name, type=kind)
    answer.stream_details.CopyFrom(_stream(schema))
    answer.sse_details.enable = False
    if not view.is_index:
        for index in view.table.indexes.values():
            add_number(answer.index_metas.add(
                name=index.index.name, primary_key=index.index.key, defined_column=index.index.columns,
                index_update_mode=int(index.index.is_local), index_type=int(index.index.is_local),
            ), 6, SYNCED)  # fmt: skip
        for point in schema.split_points:
            answer.shard_splits.append(_point(schema, (point,)))
    # Not in the generated module; one SDK fails without it.
    add_number(answer, 4, ACTIVE)
    return answer


def _throughput(schema: Schema) -> Any:
    unit = pb().CapacityUnit(read=schema.reserved_read, write=schema.reserved_write)
    return pb().ReservedThroughputDetails(capacity_unit=unit, last_increase_time=schema.changed_at)


def _options(options: Options) -> Any:
    made = pb().TableOptions(
        time_to_live=options.time_to_live,
        max_versions=options.max_versions,
        deviation_cell_version_in_sec=options.deviation,
        allow_update=options.allow_update,
    )
    if options.update_full_row:
        add_number(made, 7, 1)
    return made


def _stream(schema: Schema) -> Any:
    if not schema.stream_hours:
        return pb().StreamDetails(enable_stream=False)
    return pb().StreamDetails(
        enable_stream=True,
        stream_id=f"{schema.name}_{schema.changed_at}",
        expiration_time=schema.stream_hours,
        last_enable_time=schema.changed_at,
    )


def update_table(request: Any, instance: Instance) -> Any:
    """UpdateTable: options, throughput, stream."""
    table = instance.table(request.table_name)
    schema = table.schema
    if not any(request.HasField(name) for name in ("reserved_throughput", "table_options", "stream_spec")):
        raise invalid("No parameter to update is specified.")
    if request.HasField("table_options"):
        options = Options(**vars(schema.options))
        options.take(request.table_options)
        if options.time_to_live > 0 and table.indexes and options.allow_update:
            raise invalid("A table with secondary indexes takes a TTL only when it does not allow updates.")
        schema.options = options
    if request.HasField("reserved_throughput"):
        unit = request.reserved_throughput.capacity_unit
        schema.reserved_read = unit.read if unit.HasField("read") else schema.reserved_read
        schema.reserved_write = unit.write if unit.HasField("write") else schema.reserved_write
    if request.HasField("stream_spec"):
        spec = request.stream_spec
        schema.stream_hours = (spec.expiration_time or 24) if spec.enable_stream else 0
    schema.changed_at = instance.clock.now() // 1000
    table.version += 1
    return pb().UpdateTableResponse(
        reserved_throughput_details=_throughput(schema),
        table_options=_options(schema.options),
        stream_details=_stream(schema),
    )


def delete_table(request: Any, instance: Instance) -> Any:
    """DeleteTable: with its rows and secondary indexes; search indexes must go first."""
    table = instance.tables.get(request.table_name)
    if table is None:
        raise no_such_table()
    if table.search:
        raise invalid("The table has search indexes; delete them first.")
    del instance.tables[request.table_name]
    return pb().DeleteTableResponse()


def compute_split_points(request: Any, instance: Instance) -> Any:
    """ComputeSplitPointsBySize: keys that cut the table into pieces of about that size."""
    view = instance.view(request.table_name)
    unit = request.split_size_unit_in_byte or SPLIT_UNIT
    if request.split_size <= 0:
        raise invalid("The split size must be greater than 0.")
    answer = pb().ComputeSplitPointsBySizeResponse(consumed=consumed(read=1))
    for column in view.schema.key:
        answer.schema.add(name=column.name, type=column.kind)
    points = _points_by_size(view.rows(), request.split_size * unit)
    limit = unknown_number(request, 4)
    if limit:
        points = points[:limit]
    for key in points:
        answer.split_points.append(_point(view.schema, key))
    answer.locations.add(location="127.0.0.1", repeat=len(points) + 1)
    return answer


def _points_by_size(rows: Any, size: int) -> list[Any]:
    points, filled = [], 0
    for key, row in zip(rows.keys, rows.values, strict=True):
        if filled >= size:
            points.append(key)
            filled = 0
        filled += len(row) if isinstance(row, bytes) else row.size() + 8 * len(key)
    return points


def _point(schema: Schema, key: tuple[Any, ...]) -> bytes:
    return buffer([write_cells(schema.key_names[: len(key)], key, ())])
