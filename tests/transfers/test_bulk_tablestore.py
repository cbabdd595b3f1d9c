"""Transfers to and from the Tablestore sandbox: tables without a schema, mixed types, modes, files, other stores."""

from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ignite_sandbox import ignite_sandbox
from tablestore_harness import opened
from tablestore_sandbox import tablestore_sandbox
from transfer_runs import Turns, ended, jsonl

from services.connections.profile import Profile
from services.connections.secret_refs import SecretRef, SecretSource
from services.stores.bulk import Faults, WriteMode, WriteWish
from services.stores.changes import Insert
from services.stores.tablestore import bulk_reading
from services.stores.types import RowQuery
from services.transfers.model import ItemState, TransferOptions
from services.values import Typed

__all__ = ["ignite_sandbox", "tablestore_sandbox"]

KEY = [{"name": "id", "type": "Integer", "key": True}]


@pytest.fixture
def ots(services, tablestore_sandbox, monkeypatch):
    """A connected store on the sandbox, whose profile is `ots`; what a test makes is dropped after it."""
    profile = dict(tablestore_sandbox.profile)
    (secret, text), *_ = profile.pop("secrets").items()
    monkeypatch.setenv("OTS_SECRET", text)
    fields = {name: str(value) for name, value in profile.items()}
    services.profiles.add(Profile("ots", "tablestore", fields, {secret: SecretRef(SecretSource.ENV, "OTS_SECRET")}))
    store = opened(tablestore_sandbox.profile)
    before = set(_tables(store))
    yield store
    for name in set(_tables(store)) - before:
        store.drop((name,))
    store.close()


def _tables(store):
    return [node.name for node in store.list_children(()).nodes]


def copied(services, turns: Turns, source, target, **options):
    """The item of a copy that ended well."""
    identifier = services.transfers.add(str(source), str(target), TransferOptions(**options))
    turns.drain()
    return ended(services, identifier)


def rows_of(store, name):
    """All rows as exact values by key."""
    rows = {}
    for page in store.read_rows((name,), RowQuery()):
        for record in page.batch.to_pylist():
            rows[record["id"]] = {key: value for key, value in record.items() if value is not None}
    return rows


def test_a_file_becomes_a_table_and_a_file_again(services, turns, ots, tmp_path):
    """A table made from a Parquet file holds its rows; a row without a column lacks it, and so does the new file."""
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    table = pa.table(
        {
            "id": pa.array(range(1000), pa.int64()),
            "flag": [number % 2 == 0 for number in range(1000)],
            "ratio": [number / 7 for number in range(1000)],
            "raw": [bytes([number % 256]) for number in range(1000)],
            "text": [f"ä {number}" if number % 3 else None for number in range(1000)],
        }
    )
    pq.write_table(table, source, row_group_size=300)
    item = copied(services, turns, source, "ots:copied", is_created=True, part_rows=300)
    assert (1000, 4) == (item.rows_done, item.parts_done)
    assert {"id", "flag", "ratio", "raw"} == rows_of(ots, "copied")[0].keys()
    item = copied(services, turns, "ots:copied", target, is_verified=True)
    assert 1000 == item.rows_done
    assert table.equals(pq.read_table(target).sort_by("id").cast(table.schema))
    pq.write_table(table.slice(990), source)
    item = copied(services, turns, source, "ots:copied", mode=WriteMode.UPSERT, is_verified=True)
    assert "10 rows verified by key and checksum" == item.message


def test_mixed_types_go_as_json_and_come_back(services, turns, ots, tmp_path):
    """A column of several types is JSON text with a note, and each value is of its own type again in a table."""
    values = [Typed("Integer", 2**60), Typed("String", "1"), Typed("Double", 1.0), Typed("Binary", b"\0"), None]
    ots.create(("mixed",), {"columns": KEY})
    list(
        ots.apply(
            [
                Insert(("mixed",), {"id": Typed("Integer", place)}, {} if value is None else {"v": value})
                for place, value in enumerate(values)
            ]
        )
    )
    plan = ots.plan_read(("mixed",), RowQuery(), None)
    assert ["v: of several types, so as JSON text"] == list(plan.notes)
    copied(services, turns, "ots:mixed", tmp_path / "mixed.parquet")
    copied(services, turns, tmp_path / "mixed.parquet", "ots:back", is_created=True)
    keys = [{"id": Typed("Integer", place)} for place in range(len(values))]
    assert ots.read_keys(("mixed",), keys) == ots.read_keys(("back",), keys)


def test_what_the_sample_had_not_is_a_fault(services, turns, ots, tmp_path, monkeypatch):
    """A later row with another column or type is put aside with its raw form."""
    monkeypatch.setattr(bulk_reading, "PAGE_ROWS", 2)
    ots.create(("odd",), {"columns": KEY})
    rows = [
        {"v": Typed("Integer", 1)},
        {"v": Typed("Integer", 2)},
        {"v": Typed("String", "x")},
        {"w": Typed("Double", 1.5)},
    ]
    list(ots.apply([Insert(("odd",), {"id": Typed("Integer", place)}, row) for place, row in enumerate(rows)]))
    rejects = tmp_path / "rejects.jsonl"
    item = copied(services, turns, "ots:odd", tmp_path / "out.jsonl", rejects=str(rejects), max_rejects=2)
    assert (2, 2) == (item.rows_done, item.rejected)
    found = [(line["column"], line["values"]["$raw"]) for line in jsonl(rejects)]
    assert [("v", '{"id":2,"v":"x"}'), ("w", '{"id":3,"w":1.5}')] == found


def test_append_rejects_other_values_and_takes_the_same(services, turns, ots, tmp_path):
    """A row that is there with the same values counts as written; one with others is put aside, and stays."""
    first, second, rejects = tmp_path / "a.jsonl", tmp_path / "b.jsonl", tmp_path / "rejects.jsonl"
    first.write_text('{"id":1,"v":"one"}\n{"id":2,"v":"two"}\n')
    second.write_text('{"id":1,"v":"one"}\n{"id":2,"v":"other"}\n{"id":3,"v":"three"}\n{"id":3,"v":"again"}\n')
    copied(services, turns, first, "ots:taken", is_created=True)
    item = copied(services, turns, second, "ots:taken", rejects=str(rejects), max_rejects=2)
    assert (2, 2) == (item.rows_done, item.rejected)
    assert [("2", "other"), ("3", "again")] == [
        (str(line["values"]["id"]), line["values"]["v"]) for line in jsonl(rejects)
    ]
    assert ["one", "two", "three"] == [row["v"] for _, row in sorted(rows_of(ots, "taken").items())]


def test_a_row_that_the_service_would_refuse_is_put_aside(services, turns, ots, tmp_path):
    """A key that is too long is told with its column; all other rows are written."""
    source, rejects = tmp_path / "in.parquet", tmp_path / "rejects.jsonl"
    pq.write_table(pa.table({"id": ["a", "x" * 1025, "c"], "v": [1, 2, 3]}), source)
    item = copied(services, turns, source, "ots:long", is_created=True, rejects=str(rejects), max_rejects=1)
    assert (2, 1) == (item.rows_done, item.rejected)
    assert ["id"] == [line["column"] for line in jsonl(rejects)]


def test_a_numbered_key_is_refused_with_the_reason(services, turns, ots, tmp_path):
    """The service numbers rows itself, so a part that is run again would double them."""
    definition = {"columns": [*KEY, {"name": "n", "type": "Integer", "key": True}], "options": {"auto_increment": "n"}}
    ots.create(("numbered",), definition)
    file = tmp_path / "in.jsonl"
    file.write_text('{"id":1}\n')
    identifier = services.transfers.add(str(file), "ots:numbered", TransferOptions())
    turns.drain()
    item = services.transfers.item(identifier)
    assert (ItemState.FAILED, True) == (item.state, "auto-increment" in item.failure.message)


def test_parts_are_the_splits(ots):
    """A table of several splits is read in as many parts, every row once."""
    ots.create(("split",), {"columns": KEY})
    batch = pa.RecordBatch.from_pydict({"id": pa.array(range(3000), pa.int64()), "v": ["x" * 1000] * 3000})
    plan = ots.begin_write(ots.plan_write(("split",), batch.schema, WriteWish(WriteMode.UPSERT)))
    rows = pa.RecordBatch.from_arrays(batch.columns, schema=plan.schema)
    assert 3000 == ots.write_part(plan, 0, iter([rows])).rows
    read = ots.plan_read(("split",), RowQuery(), 1000)
    assert len(read.parts) > 1
    found = [one for part in read.parts for one in ots.read_part(read, part)]
    assert [] == [one for one in found if isinstance(one, Faults)]
    assert list(range(3000)) == [number for one in found for number in one.column("id").to_pylist()]


def test_an_ignite_table_becomes_one_of_tablestore(services, turns, ots, ignite_sandbox, tmp_path):
    """From store to store: numbers stay numbers, decimals and times become text without losing a digit."""
    services.profiles.add(Profile("grid", "ignite", {"nodes": ignite_sandbox.nodes}))
    source = tmp_path / "in.parquet"
    table = pa.table(
        {
            "id": pa.array(range(500), pa.int64()),
            "price": pa.array([Decimal(number).scaleb(-2) for number in range(500)], pa.decimal128(12, 2)),
            "name": [f"n{number}" for number in range(500)],
        }
    )
    pq.write_table(table, source)
    copied(services, turns, source, "grid:sql:PUBLIC/to_tablestore", is_created=True, mode=WriteMode.OVERWRITE)
    item = copied(services, turns, "grid:sql:PUBLIC/to_tablestore", "ots:from_ignite", is_created=True, part_rows=200)
    assert (500, 3) == (item.rows_done, item.parts_done)
    assert {"id": 123, "price": "1.23", "name": "n123"} == rows_of(ots, "from_ignite")[123]
    item = copied(services, turns, "ots:from_ignite", "grid:sql:PUBLIC/to_tablestore", mode=WriteMode.UPSERT)
    assert (500, 0) == (item.rows_done, item.rejected)


def test_filters_limits_and_indexes_are_read(services, turns, ots, tmp_path):
    """A secondary index is read like a table; the service filters, and a limit takes the first rows by the key."""
    ots.create(
        ("indexed",),
        {
            "columns": [*KEY, {"name": "v", "type": "Integer"}],
            "options": {"indexes": [{"name": "by_v", "key": ["v", "id"], "columns": []}]},
        },
    )
    source, target, some = (tmp_path / f"{name}.jsonl" for name in ("in", "out", "some"))
    source.write_text("".join(f'{{"id":{number},"v":{-number}}}\n' for number in range(50)))
    copied(services, turns, source, "ots:indexed")
    copied(services, turns, "ots:indexed/@by_v", target)
    assert [{"v": -number, "id": number} for number in reversed(range(50))] == jsonl(target)
    copied(services, turns, "ots:indexed", some, where="v < -10", limit=3)
    assert [11, 12, 13] == [row["id"] for row in jsonl(some)]
