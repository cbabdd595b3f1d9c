"""Tables through the vendor's SDK: create, describe, update, delete, and what is refused."""

from __future__ import annotations

import pytest
from tablestore import (
    PK_AUTO_INCR,
    CapacityUnit,
    OTSClient,
    ReservedThroughput,
    Row,
    SecondaryIndexMeta,
    SecondaryIndexType,
    TableOptions,
)
from tablestore_sandbox import make, refusal


def test_each_type_of_key_is_kept(writer: OTSClient) -> None:
    """Integer, text, binary and auto-increment keys come back as they were defined."""
    key = [("a", "INTEGER"), ("b", "STRING"), ("c", "BINARY"), ("d", "INTEGER", PK_AUTO_INCR)]
    defined = [("v", "INTEGER"), ("w", "DOUBLE"), ("x", "BOOLEAN"), ("y", "STRING"), ("z", "BINARY")]
    make(writer, "kinds", key, defined, time_to_live=86400, max_version=5, max_time_deviation=7200)
    found = writer.describe_table("kinds")
    assert found.table_meta.schema_of_primary_key == key
    assert found.table_meta.defined_columns == defined
    options = found.table_options
    assert (options.time_to_live, options.max_version, options.max_time_deviation) == (86400, 5, 7200)
    assert "kinds" in writer.list_table()


def test_the_server_numbers_an_auto_increment_key(writer: OTSClient) -> None:
    """The key that was made comes back when it is asked for, and rises."""
    make(writer, "auto", [("p", "STRING"), ("n", "INTEGER", PK_AUTO_INCR)])
    made = []
    for _ in range(3):
        _, row = writer.put_row("auto", Row([("p", "x"), ("n", PK_AUTO_INCR)], [("v", 1)]), return_type="RT_PK")
        made.append(row.primary_key)
    numbers = [key[1][1] for key in made]
    assert numbers == sorted(set(numbers))
    assert writer.get_row("auto", made[0])[1].attribute_columns[0][:2] == ("v", 1)


def test_options_and_throughput_change(writer: OTSClient) -> None:
    """What an update sets is described; the rest stays."""
    make(writer, "t", max_version=2)
    writer.update_table("t", TableOptions(None, 4, None, None), ReservedThroughput(CapacityUnit(3, 5)))
    found = writer.describe_table("t")
    unit = found.reserved_throughput_details.capacity_unit
    assert (found.table_options.max_version, found.table_options.time_to_live) == (4, -1)
    assert (unit.read, unit.write) == (3, 5)


def test_a_deleted_table_is_gone(writer: OTSClient) -> None:
    """Its rows and indexes go with it."""
    make(writer, "t")
    writer.delete_table("t")
    assert refusal(writer.describe_table, "t") == ("OTSObjectNotExist", 404)
    assert refusal(writer.get_row, "t", [("k", 1)]) == ("OTSObjectNotExist", 404)


def test_a_table_is_made_once(writer: OTSClient) -> None:
    """The second time it is there."""
    make(writer, "t")
    assert refusal(make, writer, "t") == ("OTSObjectAlreadyExist", 409)


@pytest.mark.parametrize(
    ("key", "options"),
    [
        ((("bad name", "INTEGER"),), {}),
        ((("a", "INTEGER"),) * 2, {}),
        (tuple((f"k{n}", "INTEGER") for n in range(5)), {}),
        ((("n", "INTEGER", PK_AUTO_INCR),), {}),
        ((("k", "INTEGER"),), {"time_to_live": 5}),
        ((("k", "INTEGER"),), {"max_version": 0}),
        ((("k", "INTEGER"),), {"max_time_deviation": 0}),
    ],
)
def test_a_table_that_cannot_be_is_refused(writer: OTSClient, key, options) -> None:
    """Names, number of keys, auto-increment as partition key, options out of range."""
    assert refusal(make, writer, "t", key, **options) == ("OTSParameterInvalid", 400)


def test_a_secondary_index_follows_its_table(writer: OTSClient) -> None:
    """Rows appear, move and leave with their main row; a row without the column is not in it."""
    index = SecondaryIndexMeta("by_v", ["v"], ["w"])
    make(writer, "t", defined=[("v", "INTEGER"), ("w", "STRING")], indexes=[index])
    writer.put_row("t", Row([("k", 1)], [("v", 10), ("w", "one")]))
    writer.put_row("t", Row([("k", 2)], [("w", "no v")]))
    writer.put_row("t", Row([("k", 3)], [("v", "another type"), ("w", "x")]))
    assert writer.get_row("by_v", [("v", 10), ("k", 1)])[1].attribute_columns[0][:2] == ("w", "one")
    writer.update_row("t", Row([("k", 1)], {"put": [("v", 11)]}), None)
    assert writer.get_row("by_v", [("v", 10), ("k", 1)])[1] is None
    assert writer.get_row("by_v", [("v", 11), ("k", 1)])[1] is not None
    writer.delete_row("t", [("k", 1)])
    assert writer.get_row("by_v", [("v", 11), ("k", 1)])[1] is None
    assert refusal(writer.put_row, "by_v", Row([("v", 1), ("k", 1)], [])) == ("OTSUnsupportOperation", 400)


@pytest.mark.parametrize(("include_base_data", "wanted"), [(True, True), (False, False)])
def test_an_index_is_added_with_the_rows_or_without(writer: OTSClient, include_base_data: bool, wanted: bool) -> None:
    """The rows that are there join it when asked for; it can be dropped again."""
    make(writer, "t", defined=[("v", "INTEGER")])
    writer.put_row("t", Row([("k", 1)], [("v", 10)]))
    writer.create_secondary_index("t", SecondaryIndexMeta("by_v", ["v"], []), include_base_data)
    assert (writer.get_row("by_v", [("v", 10), ("k", 1)])[1] is not None) is wanted
    writer.delete_secondary_index("t", "by_v")
    assert refusal(writer.describe_table, "by_v") == ("OTSObjectNotExist", 404)


def test_a_local_index_starts_with_the_partition_key(writer: OTSClient) -> None:
    """One that does is described as local; another is refused."""
    make(writer, "t", [("p", "STRING"), ("k", "INTEGER")], [("v", "INTEGER")])
    writer.create_secondary_index("t", SecondaryIndexMeta("ok", ["p", "v"], [], SecondaryIndexType.LOCAL_INDEX), True)
    assert writer.describe_table("t").secondary_indexes[0].index_type == SecondaryIndexType.LOCAL_INDEX
    wrong = SecondaryIndexMeta("wrong", ["v"], [], SecondaryIndexType.LOCAL_INDEX)
    assert refusal(writer.create_secondary_index, "t", wrong, True) == ("OTSParameterInvalid", 400)
    unknown = SecondaryIndexMeta("unknown", ["nothing"], [])
    assert refusal(writer.create_secondary_index, "t", unknown, True) == ("OTSParameterInvalid", 400)
