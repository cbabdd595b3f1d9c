"""The catalogue: the tree, descriptions, and making and dropping what is in it."""

from __future__ import annotations

import pytest
from maxcompute_stores import TABLE, Warehouse

from services.errors import NotFound, Refused, StoredeckError, UnsupportedOperation, UsageError
from services.stores.types import CountKind, RowQuery, Statement


def facts(warehouse: Warehouse, path: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """Everything told of a node, by group."""
    return {group.title: dict(group.facts) for group in warehouse.store.describe(path).groups}


def test_the_root_has_groups_and_tables(warehouse: Warehouse) -> None:
    """Groups first; tables and views with their kinds, readable."""
    nodes = warehouse.store.list_children(()).nodes
    kinds = {node.name: node.kind for node in nodes}
    assert ["jobs", "functions", "resources", "volumes", "quotas", "projects"] == [node.name for node in nodes][:6]
    assert ("table", "view", "group") == (kinds["orders"], kinds["sales_by_region"], kinds["jobs"])
    assert all(node.is_readable for node in nodes if node.kind in ("table", "view"))
    (view,) = (node for node in nodes if node.kind == "view")
    assert not view.has_children


@pytest.mark.parametrize("group", ["functions", "resources", "volumes", "quotas", "projects"])
def test_groups_list_and_describe(warehouse: Warehouse, group: str) -> None:
    """What is in a group is described with what the service tells of it."""
    nodes = warehouse.store.list_children((f"#{group}",)).nodes
    assert nodes
    for node in nodes:
        if node.name != "restricted":
            assert warehouse.store.describe(node.path).groups
    with pytest.raises(NotFound):
        warehouse.store.describe((f"#{group}", "no_such_thing"))
    with pytest.raises(NotFound):
        warehouse.store.list_children(("#nothing",))


def test_a_table_tells_everything(warehouse: Warehouse) -> None:
    """Key, lifecycle, sizes, times, owner and the statement that makes it."""
    name = warehouse.table(
        "(id BIGINT NOT NULL, v STRING COMMENT 'some', PRIMARY KEY (id))"
        " TBLPROPERTIES ('transactional'='true') LIFECYCLE 9"
    )
    described = warehouse.store.describe((name,))
    shown = facts(warehouse, (name,))
    assert [("id", True, False), ("v", False, True)] == [
        (column.name, column.is_key, column.is_nullable) for column in described.columns
    ]
    assert ("id", "yes", "9 days") == (
        shown["Table"]["Primary key"],
        shown["Table"]["Transactional"],
        shown["Table"]["Lifecycle"],
    )
    assert "PRIMARY KEY (`id`)" in shown["DDL"][""]
    assert "UPDATE" in described.locked
    assert described.drop_asks_name
    assert shown["Times"]


def test_counts_are_told_where_they_are_kept(warehouse: Warehouse) -> None:
    """Of a plain table and of a partition; a partitioned table has no number of its own."""
    plain, part, whole = (warehouse.store.describe(path) for path in (("zoo",), ("sales", "pt=20260101"), ("sales",)))
    assert (CountKind.EXACT, 3) == (plain.count and plain.count.kind, plain.count and plain.count.rows)
    assert (50_000, None) == (part.count and part.count.rows, whole.count)
    assert "bulk" in whole.locked
    assert "statement" in warehouse.store.describe(("sales_by_region",)).locked


def test_the_statement_of_a_table_makes_it_again(warehouse: Warehouse) -> None:
    """What is shown as DDL runs, and makes a table that is described alike."""
    text = facts(warehouse, ("zoo",))["DDL"][""].replace("`zoo`", "`zoo_again`", 1)
    warehouse.run(text)
    assert warehouse.store.describe(("zoo",)).columns == warehouse.store.describe(("zoo_again",)).columns


def test_partitions_are_added_emptied_and_dropped(warehouse: Warehouse) -> None:
    """Each by its address."""
    store = warehouse.store
    store.create(("parts",), TABLE)
    path = store.parse_address("parts/pt=a b")
    store.create(path, {})
    assert ["pt=a b"] == [node.name for node in store.list_children(("parts",)).nodes]
    warehouse.run("INSERT INTO parts PARTITION (pt='a b') VALUES (1, 'x', ARRAY('t'))")
    assert sum(page.batch.num_rows for page in store.read_rows(path, RowQuery())) == 1
    store.truncate(path)
    assert sum(page.batch.num_rows for page in store.read_rows(path, RowQuery())) == 0
    with pytest.raises(StoredeckError):
        store.create(path, {})
    store.drop(path)
    assert () == store.list_children(("parts",)).nodes
    with pytest.raises(NotFound):
        store.describe(path)


def test_tables_and_views_are_emptied_and_dropped(warehouse: Warehouse) -> None:
    """A view is dropped as one, and cannot be emptied."""
    name = warehouse.table("(id BIGINT)", "(1), (2)")
    warehouse.store.truncate((name,))
    assert [{"n": 0}] == warehouse.rows(f"SELECT COUNT(*) AS n FROM {name}")
    warehouse.run(f"CREATE VIEW seen_{name} AS SELECT * FROM {name}")
    with pytest.raises(UnsupportedOperation):
        warehouse.store.truncate((f"seen_{name}",))
    warehouse.store.drop((f"seen_{name}",))
    warehouse.store.drop((name,))
    for gone in (name, f"seen_{name}"):
        with pytest.raises(NotFound):
            warehouse.store.describe((gone,))


def test_creating_twice_is_refused(warehouse: Warehouse) -> None:
    """With the service's words."""
    with pytest.raises(Refused) as caught:
        warehouse.store.create(("orders",), {"columns": [{"name": "a", "type": "INT"}]})
    assert "orders" in caught.value.message
    assert list(warehouse.store.run_sql(Statement("SELECT 1")))


def test_lifecycle_and_comment_are_changed(warehouse: Warehouse) -> None:
    """The statements are shown before; what cannot be is a reason, and nothing is sent."""
    name = warehouse.table("(id BIGINT) LIFECYCLE 5")
    store = warehouse.store
    assert {"lifecycle": 5, "comment": ""} == store.alterable((name,))
    wanted = {"options": {"lifecycle": 9, "comment": "it's", "transactional": None}}
    plan = store.plan_alter((name,), wanted)
    assert f"ALTER TABLE `{name}` SET LIFECYCLE 9;\nALTER TABLE `{name}` SET COMMENT 'it\\'s'" == plan.call.text
    assert {"lifecycle": 5, "comment": ""} == store.alterable((name,))
    assert plan == store.alter((name,), wanted)
    assert {"lifecycle": 9, "comment": "it's"} == store.alterable((name,))
    assert () == store.alter((name,), wanted).changes
    for bad in ({"lifecycle": None}, {"lifecycle": "long"}, {"comment": 5}):
        assert store.plan_alter((name,), {"options": bad}).call.reason
        with pytest.raises(UsageError):
            store.alter((name,), {"options": bad})
    with pytest.raises(UsageError):
        store.plan_alter((name,), {"options": {"shards": 4}})
    with pytest.raises(UnsupportedOperation):
        store.alterable(("sales", "pt=20260101"))


def test_a_partition_is_offered_to_be_added(warehouse: Warehouse) -> None:
    """Where a table has partitions, and nowhere else."""
    patterns = warehouse.store.describe(("visits",)).patterns
    assert [("partition", "dt=")] == [(one.kind, one.prefix) for one in patterns]
    warehouse.store.create(("visits", "dt=20300101/region=moon"), {"kind": "partition", **patterns[0].definition})
    warehouse.store.drop(("visits", "dt=20300101/region=moon"))
    assert () == warehouse.store.describe(("zoo",)).patterns
