"""The SYS schema: every view answers, and says what is true."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pyignite import Client

from services.sandbox.ignite.server import IgniteSandbox
from services.sandbox.ignite.sys_columns import all_views


def rows(client: Client, sql: str) -> list[dict[str, object]]:
    """The rows of a query by column name."""
    with client.sql(sql, include_field_names=True) as cursor:
        names, *found = cursor
        return [dict(zip(names, row, strict=True)) for row in found]


@pytest.mark.parametrize("name", sorted(all_views()))
def test_every_view_answers_with_its_columns(client: Client, name: str) -> None:
    """All 49 views can be selected; the names are those of a real node, in order."""
    with client.sql(f"SELECT * FROM SYS.{name} LIMIT 20", include_field_names=True) as cursor:
        assert next(cursor) == [output.name for output, _ in all_views()[name]]
        assert all(len(row) == len(all_views()[name]) for row in cursor)


def test_the_views_are_as_wide_as_on_a_real_node() -> None:
    """49 views; CACHES has 63 columns, NODES 8, SQL_QUERIES 9."""
    views = all_views()
    assert [len(views), len(views["CACHES"]), len(views["NODES"]), len(views["SQL_QUERIES"])] == [49, 63, 8, 9]


def test_nodes_show_the_cluster_and_who_answers(ignite_sandbox: IgniteSandbox, connect: Callable) -> None:
    """Both nodes see both; each calls itself local."""
    for index, address in enumerate(ignite_sandbox.addresses):
        found = rows(connect(ignite_sandbox, address), "SELECT NODE_ID, IS_LOCAL FROM SYS.NODES ORDER BY NODE_ORDER")
        assert [row["NODE_ID"] for row in found] == [node.node_id for node in ignite_sandbox.cluster.nodes]
        assert [row["IS_LOCAL"] for row in found] == [index == 0, index == 1]


def test_attributes_name_the_zone(client: Client) -> None:
    """user.timezone is there for each node."""
    found = rows(client, "SELECT VALUE FROM SYS.NODE_ATTRIBUTES WHERE NAME = 'user.timezone'")
    assert found == [{"VALUE": "UTC"}, {"VALUE": "UTC"}]


def test_metrics_are_those_of_the_process(client: Client) -> None:
    """Uptime, memory and processors are more than nothing."""
    for row in rows(client, "SELECT UPTIME, HEAP_MEMORY_USED, TOTAL_CPU, CUR_THREAD_COUNT FROM SYS.NODE_METRICS"):
        assert all(value > 0 for value in row.values())


def test_connections_are_listed_by_their_node(ignite_sandbox: IgniteSandbox, connect: Callable) -> None:
    """A connection is seen on its own node with its port, not on the other."""
    here, there = (connect(ignite_sandbox, address) for address in ignite_sandbox.addresses)
    port = here._nodes[0]._socket.getsockname()[1]
    query = f"SELECT TYPE, VERSION FROM SYS.CLIENT_CONNECTIONS WHERE REMOTE_ADDRESS LIKE '%:{port}'"
    assert (rows(here, query), rows(there, query)) == ([{"TYPE": "THIN", "VERSION": "1.7.0"}], [])


def test_tables_columns_and_indexes_describe_the_city(client: Client) -> None:
    """The catalog views agree with the table's definition."""
    table = rows(client, "SELECT CACHE_NAME, AFFINITY_KEY_COLUMN, KEY_ALIAS FROM SYS.TABLES WHERE TABLE_NAME = 'CITY'")
    assert table == [{"CACHE_NAME": "SQL_PUBLIC_CITY", "AFFINITY_KEY_COLUMN": "COUNTRYCODE", "KEY_ALIAS": None}]
    columns = rows(
        client,
        "SELECT COLUMN_NAME, PK, PRECISION, TYPE FROM SYS.TABLE_COLUMNS "
        "WHERE TABLE_NAME = 'CITY' AND COLUMN_NAME NOT IN ('_KEY', '_VAL')",
    )
    assert [tuple(row.values()) for row in columns] == [
        ("ID", True, -1, "java.lang.Integer"),
        ("NAME", False, -1, "java.lang.String"),
        ("COUNTRYCODE", True, 3, "java.lang.String"),
        ("DISTRICT", False, -1, "java.lang.String"),
        ("POPULATION", False, -1, "java.lang.Integer"),
    ]
    indexes = rows(client, "SELECT INDEX_NAME, COLUMNS, IS_PK FROM SYS.INDEXES WHERE TABLE_NAME = 'CITY' ORDER BY 1")
    assert [tuple(row.values()) for row in indexes] == [
        ("AFFINITY_KEY", '"COUNTRYCODE" ASC, "ID" ASC', False),
        ("IDX_COUNTRY_CODE", '"COUNTRYCODE" ASC, "ID" ASC, "COUNTRYCODE" ASC', False),
        ("_key_PK", '"ID" ASC, "COUNTRYCODE" ASC', True),
    ]


def test_caches_and_groups_show_their_settings(client: Client) -> None:
    """A cache in a group appears with its mode, backups and group."""
    cache = client.create_cache({0: "grouped", 1: 2, 2: 0, 3: 1, 400: "the group"})
    query = "SELECT CACHE_MODE, ATOMICITY_MODE, BACKUPS, CACHE_GROUP_NAME FROM SYS.CACHES WHERE CACHE_NAME = 'grouped'"
    assert [tuple(row.values()) for row in rows(client, query)] == [("PARTITIONED", "TRANSACTIONAL", 1, "the group")]
    group = rows(client, "SELECT CACHE_COUNT, IS_SHARED FROM SYS.CACHE_GROUPS WHERE CACHE_GROUP_NAME = 'the group'")
    assert group == [{"CACHE_COUNT": 1, "IS_SHARED": True}]
    cache.destroy()


def test_partition_states_give_each_partition_one_primary(client: Client) -> None:
    """1024 primaries for a partitioned cache, backups beside them."""
    query = (
        "SELECT IS_PRIMARY, COUNT(*) AS N FROM SYS.PARTITION_STATES p JOIN SYS.CACHES c "
        "ON c.CACHE_GROUP_ID = p.CACHE_GROUP_ID WHERE c.CACHE_NAME = 'Orders' GROUP BY IS_PRIMARY ORDER BY 1"
    )
    assert rows(client, query) == [{"IS_PRIMARY": False, "N": 1024}, {"IS_PRIMARY": True, "N": 1024}]


def test_open_scans_are_listed(client: Client) -> None:
    """A scan appears with its cache while it is open."""
    query = "SELECT CACHE_NAME, PAGE_SIZE FROM SYS.SCAN_QUERIES"
    with client.get_cache("Accounts").scan(page_size=10) as cursor:
        next(cursor)
        assert {"CACHE_NAME": "Accounts", "PAGE_SIZE": 10} in rows(client, query)
    assert {"CACHE_NAME": "Accounts", "PAGE_SIZE": 10} not in rows(client, query)


def test_views_and_their_columns_are_listed(client: Client) -> None:
    """The views of SYS describe themselves."""
    assert rows(client, "SELECT COUNT(*) AS N FROM SYS.VIEWS WHERE SCHEMA = 'SYS'") == [{"N": 49}]
    query = "SELECT COLUMN_NAME FROM SYS.VIEW_COLUMNS WHERE VIEW_NAME = 'BASELINE_NODES'"
    assert rows(client, query) == [{"COLUMN_NAME": "CONSISTENT_ID"}, {"COLUMN_NAME": "ONLINE"}]


def test_binary_metadata_lists_fields_and_schemas(client: Client) -> None:
    """Sample types are there with their fields."""
    found = rows(client, "SELECT FIELDS, FIELDS_COUNT, IS_ENUM FROM SYS.BINARY_METADATA WHERE TYPE_NAME = 'demo.Point'")
    assert found == [{"FIELDS": "[x, y]", "FIELDS_COUNT": 2, "IS_ENUM": False}]
