"""The sample data, read with the vendor's SDK."""

from __future__ import annotations

from tablestore import INF_MAX, INF_MIN, OTSClient

ORDERS_START = [("region", INF_MIN), ("id", INF_MIN)]
ORDERS_END = [("region", INF_MAX), ("id", INF_MAX)]


def test_the_tables_are_there(client: OTSClient) -> None:
    """Three tables by name, indexes are none of them."""
    assert client.list_table() == ("events", "orders", "users")


def test_orders_have_a_composite_key_and_an_index(client: OTSClient) -> None:
    """Key, defined columns and the secondary index are described."""
    found = client.describe_table("orders")
    assert found.table_meta.schema_of_primary_key == [("region", "STRING"), ("id", "INTEGER")]
    assert found.table_meta.defined_columns[0] == ("customer", "STRING")
    assert [index.index_name for index in found.secondary_indexes] == ["orders_by_customer"]
    assert (found.table_options.time_to_live, found.table_options.max_version) == (-1, 1)


def test_orders_mix_types_and_know_absent_from_empty(client: OTSClient) -> None:
    """One column holds several types; a note is missing, empty or text."""
    rows = client.get_range("orders", "FORWARD", ORDERS_START, ORDERS_END)[2]
    seen = [{name: value for name, value, _ in row.attribute_columns} for row in rows]
    assert len(rows) == 240
    assert {type(row["amount"]) for row in seen} == {float, int, str}
    assert {type(row["extra"]) for row in seen if "extra" in row} == {int, str, float, bool, bytearray}
    notes = [row.get("note") for row in seen]
    assert (notes.count(None), notes.count("")) == (180, 30)
    assert {row["receipt"] == b"" for row in seen if "receipt" in row} == {True, False}


def test_the_order_is_that_of_the_composite_key(client: OTSClient) -> None:
    """First by region in the order of its UTF-8 bytes, then by id."""
    rows = client.get_range("orders", "FORWARD", ORDERS_START, ORDERS_END)[2]
    keys = [(region.encode(), number) for (_, region), (_, number) in (row.primary_key for row in rows)]
    assert keys == sorted(keys)
    assert {region.decode() for region, _ in keys} == {"amer-east", "apac", "emea", "zürich"}


def test_the_secondary_index_is_a_table_of_its_own(client: OTSClient) -> None:
    """It is read by its own key and describes itself."""
    meta = client.describe_table("orders_by_customer").table_meta
    assert [name for name, _ in meta.schema_of_primary_key] == ["customer", "region", "id"]
    start = [("customer", "chen"), ("region", INF_MIN), ("id", INF_MIN)]
    end = [("customer", "chen"), ("region", INF_MAX), ("id", INF_MAX)]
    rows = client.get_range("orders_by_customer", "FORWARD", start, end)[2]
    assert len(rows) == 30
    assert {name for row in rows for name, _, _ in row.attribute_columns} == {"amount", "paid"}


def test_users_have_three_kinds_of_keys_and_versions(client: OTSClient) -> None:
    """Text, bytes and an auto-increment number; up to three versions, newest first."""
    start = [("team", INF_MIN), ("badge", INF_MIN), ("seq", INF_MIN)]
    end = [("team", INF_MAX), ("badge", INF_MAX), ("seq", INF_MAX)]
    rows = client.get_range("users", "FORWARD", start, end, max_version=3)[2]
    assert [type(value) for _, value in rows[0].primary_key] == [str, bytearray, int]
    logins = [[(value, time) for name, value, time in row.attribute_columns if name == "logins"] for row in rows]
    assert {len(versions) for versions in logins} == {1, 2, 3}
    assert all(versions == sorted(versions, reverse=True) for versions in logins)
