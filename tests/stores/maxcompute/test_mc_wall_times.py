"""TIMESTAMP_NTZ is a wall time of no zone: never shown with one, and the same after every way there and back."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from marked_batches import result_of, shown
from maxcompute_bulk import read, table, write
from maxcompute_stores import Warehouse
from transfer_runs import Turns, ended

from services.bootstrap import Services
from services.results.records import BatchReader
from services.stores.bulk import WriteMode
from services.stores.types import RowQuery
from services.transfers.model import TransferOptions

WALLS = [1_767_225_599_123_456_789, -1, 0, None, 4_102_444_800_000_000_000]
COLUMNS = "id BIGINT, wall TIMESTAMP_NTZ, moment TIMESTAMP"
NESTED = "id BIGINT, walls ARRAY<TIMESTAMP_NTZ>, pair STRUCT<a:TIMESTAMP_NTZ,b:TIMESTAMP>"


def walls() -> pa.RecordBatch:
    """The same counts as wall times and as moments."""
    counts = pa.array(WALLS, pa.int64())
    return pa.record_batch(
        {
            "id": pa.array(range(len(WALLS)), pa.int64()),
            "wall": counts.cast(pa.timestamp("ns")),
            "moment": counts.cast(pa.timestamp("ns", "UTC")),
        }
    )


@pytest.fixture(scope="module")
def stored(warehouse: Warehouse) -> tuple[str, ...]:
    """A table with them."""
    path = table(warehouse.store, "walls", COLUMNS)
    write(warehouse.store, path, WriteMode.APPEND, walls())
    return path


def test_rows_and_statements_show_no_zone(warehouse: Warehouse, stored: tuple[str, ...]) -> None:
    """As Arrow, as JSON, and in every digit; a moment beside it keeps its own."""
    (page,) = warehouse.store.read_rows(stored, RowQuery())
    (told,) = warehouse.run("SELECT id, wall, moment FROM walls ORDER BY id LIMIT 10")
    assert page.batch.schema.types == told.batch.schema.types == walls().schema.types
    for batch in (page.batch, told.batch):
        assert walls().to_pydict() == batch.to_pydict()
        first, *_ = BatchReader().records(batch)
        assert {"id": 0, "wall": "2025-12-31T23:59:59.123456789", "moment": "2025-12-31T23:59:59.123456789Z"} == first


def test_values_within_values_show_no_zone(warehouse: Warehouse) -> None:
    """In lists and structs, through the table's tunnel and the job's."""
    path = table(warehouse.store, "nested_walls", NESTED)
    counts = walls()
    lists = pa.ListArray.from_arrays(pa.array([0, 2, 4], pa.int32()), counts.column("wall").slice(0, 4))
    pairs = pa.StructArray.from_arrays(
        [counts.column("wall").slice(0, 2), counts.column("moment").slice(0, 2)], ["a", "b"]
    )
    write(
        warehouse.store,
        path,
        WriteMode.APPEND,
        pa.record_batch({"id": pa.array([0, 1], pa.int64()), "walls": lists, "pair": pairs}),
    )
    (page,) = warehouse.store.read_rows(path, RowQuery())
    (told,) = warehouse.run("SELECT * FROM nested_walls ORDER BY id LIMIT 10")
    for batch in (page.batch, told.batch):
        first = next(BatchReader().records(batch))
        assert ["2025-12-31T23:59:59.123456789", "1969-12-31T23:59:59.999999999"] == first["walls"]
        assert "2025-12-31T23:59:59.123456789" == first["pair"]["a"]
        assert "2025-12-31T23:59:59.123456789Z" == first["pair"]["b"]


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet", "arrow"])
def test_files_bring_them_back(
    services: Services, turns: Turns, warehouse: Warehouse, stored: tuple[str, ...], tmp_path: Path, suffix: str
) -> None:
    """Out to a file and into a table whose column has the same type; no text of it has a zone."""
    file, name = tmp_path / f"walls.{suffix}", f"walls_from_{suffix}"
    services.transfers.add("mc:walls", str(file))
    turns.drain()
    if suffix in ("csv", "jsonl"):
        text = file.read_text()
        assert (1, 1) == (text.count("59.123456789Z"), text.count('59.123456789"') + text.count("59.123456789,"))
    if suffix == "jsonl":
        # Texts of JSON stay texts, so its table is made before.
        table(warehouse.store, name, COLUMNS)
    options = TransferOptions(is_created=suffix != "jsonl", is_verified=True)
    identifier = services.transfers.add(str(file), f"mc:{name}", options)
    turns.drain()
    assert len(WALLS) == ended(services, identifier).rows_done
    back = read(warehouse.store, (name,)).sort_by("id")
    assert walls().schema.types == back.schema.types
    assert walls().to_pydict() == back.to_pydict()
    words = {column.name: column.type for column in warehouse.store.describe((name,)).columns}
    assert ("TIMESTAMP_NTZ", "TIMESTAMP") == (words["wall"], words["moment"])


def test_the_grid_shows_no_zone(warehouse: Warehouse, stored: tuple[str, ...]) -> None:
    """Neither a cell nor its viewer."""
    (page,) = warehouse.store.read_rows(stored, RowQuery())
    result = result_of(page.batch)
    cells = shown(result)
    assert "2025-12-31 23:59:59.123456789" == cells["wall"][0][0]
    assert "2025-12-31 23:59:59.123456789Z" == cells["moment"][0][0]
    assert "2025-12-31 23:59:59.123456789" == result.inspect(0, 1).edit_text
    assert "2025-12-31 23:59:59.123456789Z" == result.inspect(0, 2).edit_text
