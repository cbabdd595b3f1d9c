"""Tables made for rows from elsewhere: types that lose nothing, keys where rows are upserted."""

from __future__ import annotations

import pyarrow as pa
import pytest
from maxcompute_stores import Warehouse

from services.errors import ValueRefused
from services.stores.bulk import WriteMode, WriteWish
from services.stores.maxcompute.new_tables import type_text
from services.stores.types import KEY_METADATA, TYPE_METADATA

MOMENT = pa.timestamp("us", "UTC")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (pa.int8(), "TINYINT"),
        (pa.uint8(), "SMALLINT"),
        (pa.uint64(), "DECIMAL(20,0)"),
        (pa.float16(), "FLOAT"),
        (pa.float64(), "DOUBLE"),
        (pa.bool_(), "BOOLEAN"),
        (pa.large_string(), "STRING"),
        (pa.dictionary(pa.int32(), pa.string()), "STRING"),
        (pa.binary(5), "BINARY"),
        (pa.decimal128(12, 2), "DECIMAL(12,2)"),
        (pa.decimal256(38, 18), "DECIMAL(38,18)"),
        (pa.date64(), "DATE"),
        (pa.timestamp("ms", "UTC"), "DATETIME"),
        (MOMENT, "TIMESTAMP"),
        (pa.timestamp("ms"), "TIMESTAMP_NTZ"),
        (pa.time64("us"), "STRING"),
        (pa.null(), "STRING"),
        (pa.list_(pa.map_(pa.string(), MOMENT)), "ARRAY<MAP<STRING,TIMESTAMP>>"),
        (pa.struct([("a", pa.int32()), ("b", pa.list_(pa.int64()))]), "STRUCT<a:INT,b:ARRAY<BIGINT>>"),
    ],
)
def test_each_type_of_arrow_has_one_of_the_service(kind: pa.DataType, text: str) -> None:
    """One that holds every value of it."""
    assert text == type_text(pa.field("column", kind))


def test_a_types_own_word_is_kept_where_it_has_this_form() -> None:
    """A VARCHAR stays one; the word of another system, or of another form, is none of ours."""
    words = {"VARCHAR(9)": "VARCHAR(9)", "Int": "STRING", "BIGINT": "STRING", "nonsense": "STRING"}
    for word, text in words.items():
        assert text == type_text(pa.field("column", pa.string(), metadata={TYPE_METADATA: word.encode()}))


def test_what_no_type_holds_is_refused_by_its_column() -> None:
    """With advice."""
    for kind in (pa.decimal256(60, 2), pa.duration("s")):
        with pytest.raises(ValueRefused) as caught:
            type_text(pa.field("odd", kind))
        assert "odd" in caught.value.message
        assert caught.value.hint


def test_a_key_is_made_for_upserts_alone(warehouse: Warehouse) -> None:
    """The marked columns, else the first; a table that takes appended rows has none."""
    marked = pa.field("b", pa.string(), metadata={KEY_METADATA: b"1"})
    plain, keyed = pa.schema([("a", pa.int64())]), pa.schema([("a", pa.int64()), marked])
    plan = warehouse.store.plan_write
    assert "key b" in plan(("new",), keyed, WriteWish(WriteMode.UPSERT, is_created=True)).notes[0]
    assert "key a" in plan(("new",), plain, WriteWish(WriteMode.UPSERT, is_created=True)).notes[0]
    assert ("table new is created",) == plan(("new",), keyed, WriteWish(WriteMode.APPEND, is_created=True)).notes


def test_a_partition_of_a_new_table_makes_it_partitioned(warehouse: Warehouse) -> None:
    """By the names that it is given."""
    schema = pa.schema([("id", pa.int64()), ("name", pa.string())])
    plan = warehouse.store.plan_write(("fresh", "pt=a/hour=1"), schema, WriteWish(WriteMode.APPEND, is_created=True))
    plan = warehouse.store.begin_write(plan)
    batch = pa.RecordBatch.from_arrays([pa.array([1]), pa.array(["x"])], schema=plan.schema)
    warehouse.store.commit_write(plan, [warehouse.store.write_part(plan, 0, iter([batch]))])
    assert [{"id": 1, "name": "x", "pt": "a", "hour": "1"}] == warehouse.rows("SELECT * FROM fresh")
