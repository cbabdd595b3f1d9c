"""Previews: the first rows of a table or partition as a plain Arrow stream, partition keys included."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pyarrow as pa

from services.sandbox.http_streaming import StreamedAnswer
from services.sandbox.maxcompute.errors import invalid
from services.sandbox.maxcompute.model import Partition, Table
from services.sandbox.maxcompute.routes import Call, Reply, Route
from services.sandbox.maxcompute.specs import parse_spec
from services.sandbox.maxcompute.tunnel.bodies import met_answer
from services.sandbox.maxcompute.tunnel.struct_times import with_struct_times
from services.sandbox.maxcompute.tunnel.tables import TABLE, chosen_columns, kinds_of, stored_table
from services.sandbox.maxcompute.types import arrow_schema, arrow_type

MOST_ROWS = 10_000
_COMPRESSIONS: dict[str, Literal["lz4", "zstd"]] = {"zstd": "zstd", "lz4_frame": "lz4"}


def preview(call: Call) -> Reply:
    """The first rows; `limit` -1 is as many as a preview may have."""
    table = stored_table(call)
    columns = chosen_columns(call, [*table.columns, *table.partition_keys])
    rows = _first_rows(table, _partitions(call, table), _limit(call.query.get("limit", "-1")))
    rows = with_struct_times(rows.select([column.name for column in columns]), kinds_of(columns))
    # The compression is Arrow's own, inside of the stream: what HTTP libraries offer by habit has other names.
    compression = _COMPRESSIONS.get(call.headers.get("accept-encoding", "").strip().lower())
    headers = {"Content-Type": "application/octet-stream"}
    return StreamedAnswer(200, headers, met_answer(call, _stream(rows, compression)))


def _limit(text: str) -> int:
    try:
        limit = int(text)
    except ValueError as error:
        raise invalid(f"Invalid limit: {text}") from error
    return limit if 0 <= limit <= MOST_ROWS else MOST_ROWS


def _partitions(call: Call, table: Table) -> list[Partition]:
    """Those that the request's spec names; it may name the first keys only."""
    spec = {name.lower(): value for name, value in parse_spec(call.query.get("partition", "")).items()}
    names = {column.name.lower() for column in table.partition_keys}
    if not spec.keys() <= names:
        raise invalid(f"The partition '{call.query['partition']}' does not fit table {table.name}.")
    if len(spec) == len(names):
        return [table.partition(call.query.get("partition", ""))]
    wanted = spec.items()
    return [
        partition
        for partition in table.partitions()
        if wanted <= {name.lower(): value for name, value in partition.spec.items()}.items()
    ]


def _first_rows(table: Table, partitions: list[Partition], limit: int) -> pa.Table:
    fields = [(column.name, column.type) for column in [*table.columns, *table.partition_keys]]
    parts = [arrow_schema(fields).empty_table()]
    for partition in partitions:
        if limit <= 0:
            break
        rows = partition.read().slice(0, limit)
        limit -= rows.num_rows
        for key in table.partition_keys:
            values = pa.array([partition.spec[key.name]] * rows.num_rows, pa.string())
            rows = rows.append_column(key.name, values.cast(arrow_type(key.type)))
        parts.append(rows)
    return pa.concat_tables(parts)


def _stream(rows: pa.Table, compression: Literal["lz4", "zstd"] | None) -> Iterator[bytes]:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        # A reader that asks for the next batch wants rows.
        for batch in rows.to_batches():
            if batch.num_rows:
                writer.write_batch(batch)
    yield sink.getvalue().to_pybytes()


ROUTES = [Route("Preview", "GET", f"{TABLE}/preview", preview, is_tunnel=True)]
