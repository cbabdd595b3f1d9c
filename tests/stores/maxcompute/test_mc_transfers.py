"""The queue over MaxCompute: files into tables, tables into files, faults and another runner in between."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cli_runs import Cli, cli
from maxcompute_bulk import fault, ids, read, table
from maxcompute_stores import Warehouse
from transfer_runs import Turns, ended

from services.bootstrap import Services
from services.stores.bulk import WriteMode
from services.transfers.model import ItemState, TransferOptions

__all__ = ["cli"]

ROWS = 5000
PARTS = TransferOptions(part_rows=1000)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A Parquet file of some row groups."""
    path = tmp_path / "people.parquet"
    columns = {"id": pa.array(range(ROWS), pa.int64()), "name": [f"name {number}" for number in range(ROWS)]}
    pq.write_table(pa.table(columns), path, row_group_size=1000)
    return path


def test_a_file_becomes_a_table_and_a_file_again(
    services: Services, turns: Turns, warehouse: Warehouse, file: Path, tmp_path: Path
) -> None:
    """Every row, verified by its checksum, in parts that are blocks and ranges."""
    options = TransferOptions(is_created=True, mode=WriteMode.OVERWRITE, is_verified=True, part_rows=1000)
    first = services.transfers.add(str(file), "mc:travelled", options)
    turns.drain()
    item = ended(services, first)
    assert (ROWS, 5, 5) == (item.rows_done, item.parts_done, item.parts_total)
    assert "verified by checksum" in item.message
    assert list(range(ROWS)) == ids(warehouse.store, ("travelled",))
    back = tmp_path / "back.parquet"
    second = services.transfers.add("mc:travelled", str(back), TransferOptions(part_rows=700))
    turns.drain()
    assert 8 == ended(services, second).parts_total
    assert pq.read_table(file).to_pylist() == sorted(pq.read_table(back).to_pylist(), key=lambda row: row["id"])


def test_a_partitioned_table_with_its_partitions_becomes_another(
    services: Services, turns: Turns, warehouse: Warehouse
) -> None:
    """By a stream, whose rows name their partitions; a filter selects by a job."""
    path = table(warehouse.store, "sales_copy", "order_id BIGINT, amount DECIMAL(12,2)", "PARTITIONED BY (pt STRING)")
    options = TransferOptions(
        mode=WriteMode.APPEND,
        where="order_id < 1000",
        columns=dict.fromkeys(("customer", "region", "quantity", "sold_at"), ""),
        target={"stream": "true", "dynamic_partition": "true"},
    )
    identifier = services.transfers.add("mc:sales", "mc:sales_copy", options)
    turns.drain()
    item = ended(services, identifier)
    assert 1000 == item.rows_done
    assert any("at least once" in note for note in item.notes)
    rows = {(row["order_id"], row["pt"]) for row in read(warehouse.store, path).to_pylist()}
    wanted = warehouse.rows("SELECT order_id, pt FROM sales WHERE order_id < 1000")
    assert {(row["order_id"], row["pt"]) for row in wanted} == rows


def test_the_result_of_a_job_becomes_a_file(
    services: Services, turns: Turns, warehouse: Warehouse, tmp_path: Path
) -> None:
    """By its id, beyond the ten thousand rows of a text."""
    warehouse.run("SELECT order_id FROM sales WHERE order_id < 30000")
    job = str(warehouse.store.list_jobs(1).batch.column("id")[0])
    out = tmp_path / "result.csv"
    identifier = services.transfers.add(f"mc:job:{job}", str(out), TransferOptions(part_rows=7000))
    turns.drain()
    assert 30_000 == ended(services, identifier).rows_done
    assert 30_001 == len(out.read_text().splitlines())


def test_faults_on_the_way_lose_and_double_nothing(
    services: Services, turns: Turns, warehouse: Warehouse, file: Path
) -> None:
    """Refused, cut and unanswered blocks, and a commit whose answer is lost."""
    path = table(warehouse.store, "hard", "id BIGINT, name STRING")
    for spec in ("error,status=308,op=UploadBlock,times=1", "cut,op=UploadBlock,after=1,times=1"):
        fault(warehouse.sandbox, spec)
    fault(warehouse.sandbox, "lost,op=UploadBlock,after=3,times=1")
    fault(warehouse.sandbox, "lost,op=CommitUpload,times=1")
    identifier = services.transfers.add(str(file), "mc:hard", PARTS)
    turns.drain()
    ended(services, identifier)
    assert list(range(ROWS)) == ids(warehouse.store, path)


def test_another_runner_goes_on_where_one_stopped(
    services: Services, turns: Turns, warehouse: Warehouse, file: Path
) -> None:
    """The session is opened again by its id, and only blocks that the service lacks go again."""
    path = table(warehouse.store, "resumed", "id BIGINT, name STRING")
    identifier = services.transfers.add(str(file), "mc:resumed", PARTS)
    turns.run(lambda: len(turns.engine.done) >= 5)
    before = warehouse.sandbox.counters["UploadBlock"]
    again = Turns(services)
    again.drain()
    ended(services, identifier)
    assert "check" in again.engine.done
    assert 5 > warehouse.sandbox.counters["UploadBlock"] - before
    assert list(range(ROWS)) == ids(warehouse.store, path)


def test_a_session_that_ended_fails_its_transfer_which_can_start_anew(
    services: Services, turns: Turns, warehouse: Warehouse, file: Path
) -> None:
    """It is said, nothing was committed, and a retry begins a session of its own."""
    path = table(warehouse.store, "expired", "id BIGINT, name STRING")
    identifier = services.transfers.add(str(file), "mc:expired", PARTS)
    turns.engine.before = lambda task: warehouse.sandbox.tunnel.clock.advance(24 * 3600.0) if task.part == 3 else None
    turns.drain()
    item = services.transfers.item(identifier)
    assert (ItemState.FAILED, "SessionExpired") == (item.state, item.failure.kind if item.failure else "")
    assert [] == ids(warehouse.store, path)
    services.transfers.retry([identifier])
    Turns(services).drain()
    ended(services, identifier)
    assert list(range(ROWS)) == ids(warehouse.store, path)


def test_rows_that_do_not_fit_go_aside(services: Services, turns: Turns, warehouse: Warehouse, tmp_path: Path) -> None:
    """1.7 into BIGINT, 2**40 into INT and a text that is too long, each with line, column and reason."""
    path = table(warehouse.store, "aside", "id BIGINT, pieces INT, code VARCHAR(3)")
    source, rejects = tmp_path / "in.csv", tmp_path / "rejects.jsonl"
    source.write_text(f"id,pieces,code\n1,1,abc\n1.7,2,b\n3,{2**40},c\n4,4,abcd\n5,5,\n")
    options = TransferOptions(mode=WriteMode.APPEND, rejects=str(rejects))
    identifier = services.transfers.add(str(source), "mc:aside", options)
    turns.drain()
    item = ended(services, identifier)
    assert (3, [1, 5]) == (item.rejected, ids(warehouse.store, path))
    told = [json.loads(line) for line in rejects.read_text().splitlines()]
    assert ["code", "id", "pieces"] == sorted(one["column"] for one in told)


def test_upserts_from_a_file(services: Services, turns: Turns, warehouse: Warehouse, file: Path) -> None:
    """A table with a key takes them by default, twice with the same end."""
    keyed = 'TBLPROPERTIES ("transactional"="true")'
    path = table(warehouse.store, "keyed", "id BIGINT NOT NULL, name STRING, PRIMARY KEY (id)", keyed)
    for _ in range(2):
        identifier = services.transfers.add(str(file), "mc:keyed")
        turns.drain()
        assert "blind upsert" == ended(services, identifier).guarantee
    assert list(range(ROWS)) == ids(warehouse.store, path)


def test_copy_by_the_command_line(
    services: Services, cli: Cli, warehouse: Warehouse, file: Path, tmp_path: Path
) -> None:
    """In processes of its own: into a partition that is made, and out of it."""
    path = table(warehouse.store, "by_command", "id BIGINT, name STRING", "PARTITIONED BY (pt STRING)")
    first = cli(
        "copy", str(file), "mc:by_command", "--partition", "pt=a", "--create", "--target-option", "compress=zstd"
    )
    assert 0 == first.code, first.err
    assert list(range(ROWS)) == ids(warehouse.store, path)
    out = tmp_path / "out.jsonl"
    second = cli("copy", "mc:by_command/pt=a", str(out), "--limit", "7")
    assert 0 == second.code, second.err
    assert 7 == len(out.read_text().splitlines())


def test_a_table_with_a_key_is_made_from_a_file_of_another(
    services: Services, turns: Turns, warehouse: Warehouse, tmp_path: Path
) -> None:
    """The key and the types travel with the file, and the copy takes upserts."""
    middle = tmp_path / "orders.parquet"
    services.transfers.add("mc:orders", str(middle))
    turns.drain()
    identifier = services.transfers.add(
        str(middle), "mc:orders_made", TransferOptions(mode=WriteMode.UPSERT, is_created=True)
    )
    turns.drain()
    ended(services, identifier)
    wanted, found = (warehouse.store.describe((name,)) for name in ("orders", "orders_made"))
    assert [(one.name, one.type, one.is_key) for one in wanted.columns] == [
        (one.name, one.type, one.is_key) for one in found.columns
    ]
    rows = [sorted(map(str, read(warehouse.store, (name,)).to_pylist())) for name in ("orders", "orders_made")]
    assert rows[0] == rows[1]
