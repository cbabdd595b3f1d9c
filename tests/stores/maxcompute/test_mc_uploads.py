"""Uploads: parts as blocks, committed as one; what does not fit is refused and nothing is changed on the way."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from maxcompute_bulk import begun, ids, in_plan, numbered, read, table, wish, write, written
from maxcompute_stores import Warehouse, opened

from services.errors import NotFound, Refused, UnsupportedOperation, UsageError, ValueRefused
from services.stores.bulk import WriteMode, WriteWish
from services.stores.features import Guarantee
from services.stores.maxcompute.write_wishes import FORMS
from services.stores.types import RowQuery

APPEND, OVERWRITE, FAIL, UPSERT = WriteMode.APPEND, WriteMode.OVERWRITE, WriteMode.FAIL, WriteMode.UPSERT
PEOPLE = "id BIGINT NOT NULL, name STRING"


def test_every_type_goes_up_and_comes_down_as_it_was(warehouse: Warehouse) -> None:
    """The table with a column of each type is read and written again; each packing and form keeps it."""
    store = warehouse.store
    before = read(store, ("zoo",))
    for word, form in ((word, form) for word in ("none", "zlib", "zstd", "lz4", "snappy") for form in FORMS):
        made, options = (f"zoo_{word}_{form}",), {"compress": word, "form": form}
        plan = store.plan_write(made, before.schema, WriteWish(APPEND, is_created=True, options=options))
        assert plan.schema.equals(before.schema)
        plan = store.begin_write(plan)
        store.commit_write(plan, written(store, plan, before.combine_chunks().to_batches()))
        assert str(before.to_pylist()) == str(read(store, made).to_pylist())


def test_moments_in_nested_values_of_slices_stay(warehouse: Warehouse) -> None:
    """Offsets, NULLs and zones of nested columns survive both ways, in a slice too."""
    store = warehouse.store
    path = table(store, "nested", "a ARRAY<DATETIME>, m MAP<STRING,TIMESTAMP>, s STRUCT<t:DATETIME,n:INT>")
    plan = begun(store, path, pa.schema([(name, pa.null()) for name in "ams"]), APPEND)
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    rows = [
        {"a": [moment], "m": [("gone", moment)], "s": {"t": moment, "n": 1}},
        {"a": [moment, None], "m": [("x", None), ("y", moment)], "s": {"t": None, "n": 2}},
        {"a": None, "m": None, "s": None},
        {"a": [], "m": [], "s": {"t": moment, "n": None}},
    ]
    batch = pa.Table.from_pylist(rows, plan.schema).combine_chunks().to_batches()[0].slice(1)
    store.commit_write(plan, [store.write_part(plan, 0, iter([batch]))])
    assert str(batch.to_pylist()) == str(read(store, path).to_pylist())


def test_only_the_commit_shows_rows(warehouse: Warehouse) -> None:
    """Before it nobody sees a block; appended and overwritten rows are those that were sent."""
    store = warehouse.store
    path = table(store, "commits", PEOPLE)
    write(store, path, APPEND, numbered(0, 5), numbered(5, 5))
    plan = begun(store, path, numbered(0, 1).schema, OVERWRITE)
    assert (Guarantee.TRANSACTION, 20_000) == (plan.guarantee, plan.max_parts)
    receipts = written(store, plan, [numbered(100, 3)])
    assert list(range(10)) == ids(store, path)
    assert plan.expires_at is not None
    store.commit_write(plan, receipts)
    assert [100, 101, 102] == ids(store, path)


def test_a_source_without_rows_empties_what_it_overwrites_and_nothing_else(warehouse: Warehouse) -> None:
    """An empty list of blocks is committed by an overwrite alone; an empty block is a block."""
    store = warehouse.store
    path = table(store, "empties", PEOPLE)
    write(store, path, APPEND, numbered(0, 3))
    plan = begun(store, path, numbered(0, 1).schema, APPEND)
    assert "no rows" in store.commit_write(plan, []).message
    assert [0, 1, 2] == ids(store, path)
    write(store, path, APPEND, numbered(0, 0), numbered(3, 1))
    assert [0, 1, 2, 3] == ids(store, path)
    plan = begun(store, path, numbered(0, 1).schema, OVERWRITE)
    store.commit_write(plan, [])
    assert [] == ids(store, path)


@pytest.mark.parametrize(
    ("kind", "values", "given", "row"),
    [
        ("BIGINT", [1.0, 1.7], pa.float64(), "row 2"),
        ("INT", [1, 2, 2**40], pa.int64(), "row 3"),
        ("TINYINT", [300], pa.int32(), "row 1"),
        ("DECIMAL(5,2)", ["1.25", "1.255"], pa.string(), "row 2"),
        ("DATETIME", ["2026-01-01T00:00:00Z", "soon"], pa.string(), "row 2"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_its_row_and_column(
    warehouse: Warehouse, kind: str, values: list[object], given: pa.DataType, row: str
) -> None:
    """Nothing is rounded, cut or wrapped, and the server keeps no block of it."""
    store = warehouse.store
    name = f"strict_{kind.partition('(')[0].lower()}"
    path = table(store, name, f"value {kind}")
    batch = pa.record_batch({"value": pa.array(values, given)})
    plan = begun(store, path, batch.schema, APPEND)
    with pytest.raises(ValueRefused) as caught:
        store.write_part(plan, 0, iter([batch]))
    assert row in caught.value.message
    assert "column value" in caught.value.message
    assert frozenset() == store.acknowledged(plan)


def test_rows_that_the_table_refuses_are_named_and_the_others_go(warehouse: Warehouse) -> None:
    """Texts that are too long and NULL where there is none are rejects, by their place among the rows of the part."""
    store = warehouse.store
    path = table(store, "picky", "id BIGINT NOT NULL, code VARCHAR(3)")
    first = pa.record_batch({"id": pa.array([1, None], pa.int64()), "code": ["abc", "x"]})
    second = pa.record_batch({"id": pa.array([3, 4], pa.int64()), "code": ["äöü", "abcd"]})
    schema = pa.schema([pa.field("id", pa.int64()), ("code", pa.string())])
    plan = begun(store, path, schema, APPEND)
    batches = (pa.RecordBatch.from_arrays(one.columns, names=["id", "code"]) for one in (first, second))
    receipt = store.write_part(plan, 0, batches)
    assert [(1, "id"), (3, "code")] == [(reject.row, reject.column) for reject in receipt.rejects]
    assert "3 characters" in receipt.rejects[1].reason
    store.commit_write(plan, [receipt])
    assert [1, 3] == ids(store, path)


def test_columns_that_are_missing_are_null_and_strange_ones_are_not_planned(warehouse: Warehouse) -> None:
    """Columns go by name in any order; one that the table lacks is left out of the plan, for the caller to see."""
    store = warehouse.store
    path = table(store, "columns", "id BIGINT, name STRING, more DOUBLE")
    batch = pa.record_batch({"name": ["a"], "strange": [1], "id": pa.array([7], pa.int64())})
    plan = begun(store, path, batch.schema, APPEND)
    assert ["id", "name"] == plan.schema.names
    store.commit_write(plan, [store.write_part(plan, 0, in_plan(plan, batch))])
    assert [{"id": 7, "name": "a", "more": None}] == read(store, path).to_pylist()


def test_batches_of_other_columns_than_planned_are_refused(warehouse: Warehouse) -> None:
    """Extra and missing columns are named."""
    store = warehouse.store
    path = table(store, "misfits", "id BIGINT, name STRING")
    plan = begun(store, path, numbered(0, 1).schema, APPEND)
    for batch, word in ((numbered(0, 1).select(["id"]), "name"), (pa.record_batch({"x": [1]}), "id")):
        with pytest.raises(ValueRefused) as caught:
            store.write_part(plan, 0, iter([batch]))
        assert caught.value.message.count(word)


def test_partitions_are_found_made_and_asked_for(warehouse: Warehouse) -> None:
    """A partition is named by the address or beside it, made when that was asked for; overwriting spares others."""
    store = warehouse.store
    path = table(store, "parted", "id BIGINT, name STRING", "PARTITIONED BY (pt STRING, hour INT)")
    schema = numbered(0, 1).schema
    with pytest.raises(UsageError) as unnamed:
        store.plan_write(path, schema, wish(APPEND))
    assert "pt=" in unnamed.value.hint
    first = (*path, "pt=a/hour=1")
    with pytest.raises(NotFound):
        store.plan_write(first, schema, wish(APPEND))
    write(store, first, APPEND, numbered(0, 2), create_partition="true")
    plan = store.plan_write(path, schema, WriteWish(APPEND, "pt=b/hour=2", is_created=True))
    plan = store.begin_write(plan)
    store.commit_write(plan, written(store, plan, [numbered(10, 2)]))
    write(store, first, OVERWRITE, numbered(5, 1))
    assert [5, 10, 11] == ids(store, path)
    with pytest.raises(UsageError):
        store.plan_write(first, schema, WriteWish(APPEND, "pt=b/hour=2"))


def test_fail_takes_an_empty_target_alone(warehouse: Warehouse) -> None:
    """Rows that are there, or come while the blocks go, end it without a change."""
    store = warehouse.store
    path = table(store, "untouched", PEOPLE)
    plan = begun(store, path, numbered(0, 1).schema, FAIL)
    receipts = written(store, plan, [numbered(0, 2)])
    write(store, path, APPEND, numbered(50, 1))
    with pytest.raises(Refused) as late:
        store.commit_write(plan, receipts)
    assert "meanwhile" in late.value.message
    with pytest.raises(Refused):
        store.plan_write(path, numbered(0, 1).schema, wish(FAIL))
    assert [50] == ids(store, path)


def test_a_list_of_blocks_that_is_not_whole_is_not_committed(warehouse: Warehouse) -> None:
    """Planned, acknowledged and held have to be the same; the blocks that differ are named."""
    store = warehouse.store
    path = table(store, "partial", PEOPLE)
    plan = begun(store, path, numbered(0, 1).schema, APPEND)
    receipts = written(store, plan, [numbered(0, 2), numbered(2, 2), numbered(4, 2)])
    for given, word in ((receipts[:2], "2"), ([receipts[0], receipts[2]], "block 1"), ([], "0, 1, 2")):
        with pytest.raises(Refused) as caught:
            store.commit_write(plan, given)
        assert word in caught.value.message
    assert [] == ids(store, path)
    store.commit_write(plan, receipts)
    assert list(range(6)) == ids(store, path)


def test_what_cannot_be_written_is_said_before(warehouse: Warehouse) -> None:
    """Views, jobs, absent tables, unknown options, modes that the table does not take."""
    store, schema = warehouse.store, numbered(0, 1).schema
    table(store, "seen", PEOPLE)
    warehouse.run("CREATE VIEW looks AS SELECT id FROM seen")
    assert frozenset() == store.write_modes(("looks",))
    assert frozenset() == store.write_modes(("job:x",))
    with pytest.raises(UnsupportedOperation):
        store.plan_write(("looks",), schema, wish(APPEND))
    with pytest.raises(NotFound):
        store.plan_write(("absent",), schema, wish(APPEND))
    for options in (
        {"compres": "lz4"},
        {"compress": "rar"},
        {"block_size": "0"},
        {"stream": "maybe"},
        {"zorder": "id"},
    ):
        with pytest.raises(UsageError):
            store.plan_write(("seen",), schema, wish(APPEND, **options))
    with pytest.raises(UsageError):
        store.plan_write(("seen",), schema, wish(UPSERT))
    with pytest.raises(UsageError):
        store.plan_write(("orders",), schema, wish(APPEND))


def test_planning_changes_nothing(warehouse: Warehouse) -> None:
    """No table, no partition, no session is made before the write begins."""
    store = warehouse.store
    sessions = warehouse.sandbox.tunnel.count()
    plan = store.plan_write(("later",), numbered(0, 1).schema, WriteWish(APPEND, is_created=True))
    assert ("table later is created",) == plan.notes
    assert sessions == warehouse.sandbox.tunnel.count()
    with pytest.raises(NotFound):
        store.plan_read(("later",), RowQuery(), None)


def test_tables_in_schemas_are_made_written_and_read(warehouse: Warehouse) -> None:
    """By blocks, upserts and streams alike, in the schema that the address names."""
    with closing(opened(warehouse.sandbox.profile, project="lab")) as store:
        for name, mode, options in (
            ("blocks", APPEND, {}),
            ("keyed", UPSERT, {}),
            ("flow", APPEND, {"stream": "true"}),
        ):
            path = ("staging.", name)
            plan = store.plan_write(path, numbered(0, 1).schema, WriteWish(mode, is_created=True, options=options))
            plan = store.begin_write(plan)
            store.commit_write(plan, written(store, plan, [numbered(0, 3), numbered(3, 2)]))
            assert [0, 1, 2, 3, 4] == ids(store, path)
        assert 5 == read(store, ("staging.", "blocks"), where="id >= 0").num_rows
