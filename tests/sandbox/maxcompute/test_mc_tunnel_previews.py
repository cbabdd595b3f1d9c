"""Previews, through the unmodified SDK and as bare Arrow streams."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest
from maxcompute_tunnels import *  # noqa: F403
from maxcompute_tunnels import TYPES, entry, numbers, refusal
from odps.models import TableSchema
from odps.tunnel import TableTunnel

from services.sandbox.maxcompute.model import Table
from services.sandbox.maxcompute.server import MaxComputeSandbox
from services.sandbox.maxcompute.types import SECONDS_AND_NANOS, arrow_schema

Make = Callable[..., Table]


@pytest.fixture
def sales(table: Make) -> Table:
    """Two partitions of 30 and 20 rows."""
    made = table("sales", {"pt": "STRING", "hour": "BIGINT"}, id="BIGINT", name="STRING")
    made.create_partition("pt=a,hour=1").append(numbers(0, 30))
    made.create_partition("pt=b,hour=2").append(numbers(30, 20))
    return made


def preview(sandbox: MaxComputeSandbox, path: str = "tables/sales", encoding: str = "", **params: Any) -> pa.Table:
    """A preview as a signed request gets it."""
    rest = TableTunnel(entry(sandbox), endpoint=sandbox.tunnel_endpoint).tunnel_rest
    url = f"{sandbox.tunnel_endpoint}/projects/{sandbox.project_name}/{path}/preview"
    answer = rest.get(url, params=params, headers={"Accept-Encoding": encoding})
    with pa.ipc.open_stream(answer.content) as reader:
        return reader.read_all()


def test_partition_keys_are_columns(sandbox: MaxComputeSandbox, sales: Table) -> None:
    """Rows of all partitions, with the partition's values in the key's type."""
    rows = preview(sandbox)

    assert ["id", "name", "pt", "hour"] == rows.schema.names
    assert {"id": 0, "name": "name 0", "pt": "a", "hour": 1} == rows.to_pylist()[0]
    assert {"id": 49, "name": "name 49", "pt": "b", "hour": 2} == rows.to_pylist()[-1]


def test_rows_are_limited(sandbox: MaxComputeSandbox, sales: Table) -> None:
    """The limit goes over partitions; without one there are 10,000 rows at most."""
    assert list(range(35)) == preview(sandbox, limit=35).column("id").to_pylist()
    sales.partition("pt=a,hour=1").append(numbers(100, 20_000))
    assert 10_000 == preview(sandbox, limit=-1).num_rows


def test_a_partition_and_columns_are_chosen(sandbox: MaxComputeSandbox, sales: Table) -> None:
    """By a whole spec or by its first keys, and in the order that was asked for."""
    assert 20 == preview(sandbox, partition="pt=b,hour=2").num_rows
    assert 20 == preview(sandbox, partition="pt='b'").num_rows
    assert ["hour", "id"] == preview(sandbox, columns="hour,id").schema.names


@pytest.mark.parametrize("encoding", ["ZSTD", "LZ4_FRAME"])
def test_buffers_are_compressed_on_request(sandbox: MaxComputeSandbox, sales: Table, encoding: str) -> None:
    """The stream compresses its own buffers, so that any Arrow reader reads it."""
    assert preview(sandbox, encoding=encoding).equals(preview(sandbox))


def test_a_schema_may_be_named(sandbox: MaxComputeSandbox, sales: Table) -> None:
    """The path with the schema leads to the same table."""
    assert preview(sandbox, "schemas/default/tables/sales").equals(preview(sandbox))


def test_timestamps_are_structs(sandbox: MaxComputeSandbox, table: Make) -> None:
    """TIMESTAMP and TIMESTAMP_NTZ come as seconds and nanoseconds, before 1970 too; DATETIME stays as it is."""
    zoo = table("zoo", **TYPES)
    row = {**dict.fromkeys(TYPES), "moment": -1, "instant": -1, "wall": 1_500_000_000}
    zoo.partition().append(pa.Table.from_pylist([row, dict.fromkeys(TYPES)], arrow_schema(TYPES.items())))

    rows = preview(sandbox, "tables/zoo")

    assert SECONDS_AND_NANOS == rows.schema.field("instant").type
    assert [{"sec": -1, "nano": 999_999_999}, None] == rows.column("instant").to_pylist()
    assert [{"sec": 1, "nano": 500_000_000}, None] == rows.column("wall").to_pylist()
    assert pa.timestamp("ms") == rows.schema.field("moment").type


def test_the_sdk_reads_a_preview(tunnels: TableTunnel, sales: Table) -> None:
    """The SDK's reader takes the stream, of an empty table too."""
    schema = TableSchema.from_lists(["id", "name"], ["bigint", "string"], ["pt", "hour"], ["string", "bigint"])
    project = SimpleNamespace(name="sandbox")
    known = SimpleNamespace(name="sales", project=project, table_schema=schema, get_schema=lambda: None)

    with tunnels.open_preview_reader(known, limit=3, columns=["id", "name"]) as reader:
        assert numbers(0, 3).equals(reader.read())
    sales.truncate()
    with tunnels.open_preview_reader(known, columns=["id", "name"]) as reader:
        assert 0 == reader.read().num_rows


def test_what_cannot_be_previewed_is_refused(sandbox: MaxComputeSandbox, sales: Table) -> None:
    """A table, a partition, a key and a column that are not there."""
    assert "NoSuchTable" == refusal(preview, sandbox, "tables/absent")
    assert "NoSuchPartition" == refusal(preview, sandbox, partition="pt=c,hour=1")
    assert "InvalidArgument" == refusal(preview, sandbox, partition="day=1")
    assert "InvalidColumnSpec" == refusal(preview, sandbox, columns="absent")
