"""Transfers to and from the IKV sandbox: documents of the mounted index to files and stores, and upserts of files."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ignite_sandbox import ignite_sandbox
from ikv_sandbox import fresh_ikv, profile_fields
from transfer_runs import Turns, ended, jsonl

from services.connections.profile import Profile
from services.connections.secret_refs import SecretRef, SecretSource
from services.sandbox.ikv.index import write_header
from services.secrets import Secret
from services.stores.bulk import WriteMode
from services.stores.ikv.store import IkvStore
from services.stores.types import RowQuery
from services.transfers.model import ItemState, TransferOptions, Verified
from services.values import Typed

__all__ = ["fresh_ikv", "ignite_sandbox"]

STORE = "user_profiles"


@pytest.fixture
def gateway(fresh_ikv):
    """A gateway with the sample documents whose reader writes them down when it is told."""
    return fresh_ikv(flush_seconds=None)


@pytest.fixture
def store(services, gateway, monkeypatch):
    """A connected store on the gateway, whose profile is `ikv`."""
    fields, secrets = profile_fields(gateway)
    monkeypatch.setenv("IKV_PASSKEY", secrets["account_passkey"])
    services.profiles.add(
        Profile("ikv", "ikv", fields, {"account_passkey": SecretRef(SecretSource.ENV, "IKV_PASSKEY")})
    )
    opened = IkvStore(fields, {name: Secret(text) for name, text in secrets.items()})
    opened.connect()
    yield opened
    opened.close()


def copied(services, turns: Turns, source, target, **options):
    """The item of a copy that ended well."""
    identifier = services.transfers.add(str(source), str(target), TransferOptions(**options))
    turns.drain()
    return ended(services, identifier)


def profiles(rows: int) -> pa.Table:
    """Documents with a field of each type; every third lacks its city."""
    numbers = range(rows)
    return pa.table(
        {
            "firstname": [f"bulk {number:05d}" for number in numbers],
            "city": [f"town {number}" if number % 3 else None for number in numbers],
            "age": pa.array([number % 100 for number in numbers], pa.int32()),
            "followers": pa.array([2**53 + number for number in numbers], pa.int64()),
            "rating": pa.array([number / 2 for number in numbers], pa.float32()),
            "latitude": [number / 7 for number in numbers],
            "avatar": [bytes([0, number % 256]) for number in numbers],
            "active": [number % 2 == 0 for number in numbers],
        }
    )


def test_a_file_becomes_documents_and_a_file_again(services, turns, gateway, store, tmp_path):
    """Documents are upserted in the types of the fields and read back by segments, in parts, all of them once."""
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    table = profiles(900)
    pq.write_table(table, source, row_group_size=300)
    item = copied(services, turns, source, f"ikv:{STORE}", part_rows=300, is_verified=True)
    assert (Verified.RECEIPTS, True) == (item.verified, item.message.endswith("values were not compared"))
    assert (900, 3) == (item.rows_done, item.parts_done)
    gateway.flush()
    item = copied(services, turns, f"ikv:{STORE}", target, part_rows=250, where="firstname LIKE 'bulk %'")
    assert (900, True) == (item.rows_done, item.parts_done > 3)
    found = pq.read_table(target).sort_by("firstname")
    assert table.equals(found.select(table.schema.names).cast(table.schema))


@pytest.mark.parametrize("is_swapped", [False, True])
def test_a_base_index_that_is_built_anew_is_another_source(services, turns, gateway, store, tmp_path, is_swapped):
    """Events that come while the transfer is paused are read with the rest; a new base index stops it."""
    queue = services.transfers
    identifier = queue.add(f"ikv:{STORE}", str(tmp_path / "out.jsonl"), TransferOptions(part_rows=5, parallel=1))
    turns.engine.before = lambda task: queue.pause() if task.part == 1 else None
    turns.drain()
    turns.engine.before = lambda task: None
    assert queue.item(identifier).parts_done < queue.item(identifier).parts_total
    gateway.flush()
    if is_swapped:
        write_header(Path(store._options.mount_directory) / STORE / "0", 1)
    queue.resume([identifier])
    turns.drain()
    item = queue.item(identifier)
    assert (ItemState.FAILED if is_swapped else ItemState.DONE) is item.state
    assert is_swapped == (item.failure is not None and "the base index was built anew" in item.failure.message)


def test_running_it_again_changes_nothing(services, turns, gateway, store, tmp_path):
    """The same documents written twice are there once."""
    source = tmp_path / "in.parquet"
    pq.write_table(profiles(50), source)
    counts = []
    for _ in range(2):
        copied(services, turns, source, f"ikv:{STORE}")
        gateway.flush()
        counts.append(store.describe((STORE,)).count)
    assert counts[0] == counts[1]


def test_texts_take_the_types_of_the_fields(services, turns, gateway, store, tmp_path):
    """A CSV file's texts become what the index has in each field; what cannot be kept is put aside with its column."""
    source, rejects = tmp_path / "in.csv", tmp_path / "rejects.jsonl"
    source.write_text('firstname,age,city\nann,41,007\nben,many,Rome\ncleo,42,""\n,1,Bonn\n')
    item = copied(services, turns, source, f"ikv:{STORE}", rejects=str(rejects), max_rejects=3)
    assert (1, 3) == (item.rows_done, item.rejected)
    assert {"age", "city", "firstname"} == {line["column"] for line in jsonl(rejects)}
    gateway.flush()
    (document,) = store.read_keys((STORE,), [{"firstname": Typed("STRING", "ann")}])
    assert (Typed("INT32", 41), Typed("STRING", "007")) == (document["age"], document["city"])


def test_mixed_types_go_as_json_and_come_back(services, turns, gateway, store, tmp_path):
    """A field of several types is JSON text that names each, and is of its own type again in a document."""
    for number, value in enumerate((Typed("INT32", 5), Typed("INT64", 5), Typed("STRING", "5"), Typed("FLOAT32", 0.5))):
        store.put((STORE,), {"firstname": Typed("STRING", f"mix {number}"), "odd": value})
    gateway.flush()
    target = tmp_path / "odd.parquet"
    item = copied(services, turns, f"ikv:{STORE}/odd", target, where="firstname LIKE 'mix %'")
    assert 4 == item.rows_done
    copied(services, turns, target, f"ikv:{STORE}")
    gateway.flush()
    keys = [{"firstname": Typed("STRING", f"mix {number}")} for number in range(4)]
    found = [document["odd"] for document in store.read_keys((STORE,), keys)]
    assert [Typed("INT32", 5), Typed("INT64", 5), Typed("STRING", "5"), Typed("FLOAT32", 0.5)] == found


def test_only_upserts_are_offered(services, turns, store, tmp_path):
    """Nothing is checked by the service, so that every other mode is refused before anything is sent."""
    source = tmp_path / "in.parquet"
    pq.write_table(profiles(1), source)
    assert frozenset({WriteMode.UPSERT}) == store.write_modes((STORE,))
    identifier = services.transfers.add(str(source), f"ikv:{STORE}", TransferOptions(mode=WriteMode.APPEND))
    turns.drain()
    item = services.transfers.item(identifier)
    assert (ItemState.FAILED, "Possible: upsert.") == (item.state, item.failure.hint)


def test_documents_become_rows_of_ignite(services, turns, store, ignite_sandbox):
    """From store to store: a table with the document's key and its fields as columns."""
    services.profiles.add(Profile("grid", "ignite", {"nodes": ignite_sandbox.nodes}))
    total = store.describe((STORE,)).count.rows
    item = copied(services, turns, f"ikv:{STORE}", "grid:sql:PUBLIC/from_ikv", is_created=True)
    assert (total, 0) == (item.rows_done, item.rejected)
    grid = services.profiles.get("grid")
    opened = grid.store_kind.build(grid.fields, {})
    opened.connect()
    path = ("sql", "PUBLIC", "from_ikv")
    rows = sum(page.batch.num_rows for page in opened.read_rows(path, RowQuery()))
    opened.drop(path)
    opened.close()
    assert total == rows
