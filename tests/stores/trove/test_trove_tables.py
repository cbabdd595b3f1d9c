"""Tables of the service as rows: columns, limits, pages, addresses, and what they refuse."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from trove_sandbox_access import access_to

from services.errors import NotFound, UnsupportedOperation, UsageError
from services.sandbox.trove.server import TroveSandbox
from services.stores.trove.configuration_diff import plain
from services.stores.trove.store import TroveStore
from services.stores.types import RowQuery

FLAVORS = ("@flavors",)


@pytest.fixture
def store(trove_sandbox: TroveSandbox) -> Iterator[TroveStore]:
    """A member, reading the samples."""
    with access_to(trove_sandbox).opened() as opened:
        yield opened


def test_limit_columns_and_pages_hold(store: TroveStore) -> None:
    """No more rows than asked for, only those columns in that order, pages of the size."""
    pages = list(store.read_rows(FLAVORS, RowQuery(columns=("ram", "name"), limit=3, page_rows=2)))
    assert [2, 1] == [page.batch.num_rows for page in pages]
    assert {("ram", "name")} == {tuple(page.batch.schema.names) for page in pages}
    with pytest.raises(NotFound, match="nowhere"):
        list(store.read_rows(FLAVORS, RowQuery(columns=("nowhere",))))


def test_reading_can_end_early(store: TroveStore) -> None:
    """Closing a read leaves the store usable."""
    with closing(store.read_rows(FLAVORS, RowQuery(page_rows=1))) as pages:  # type: ignore[type-var]
        next(pages)
    assert 5 == next(iter(store.read_rows(FLAVORS, RowQuery()))).count.rows


def test_an_empty_table_has_its_columns(store: TroveStore) -> None:
    """One page without rows."""
    instance = next(one for page in store.list_instances() for one in page if one.name == "notes-db")
    (page,) = store.read_rows(("@instances", instance.id, "configuration"), RowQuery())
    assert (0, True) == (page.batch.num_rows, "restart_needed" in page.batch.schema.names)


def test_filters_are_refused(store: TroveStore) -> None:
    """The service has none, and the store does not pretend."""
    for query in (RowQuery(where="ram > 1"), RowQuery(order=("ram",))):
        with pytest.raises(UnsupportedOperation):
            list(store.read_rows(FLAVORS, query))


def test_addresses(store: TroveStore) -> None:
    """An instance by id or name, tables with a mark; what is neither is told."""
    for text, path in (
        ("orders-db", ("@instances", "orders-db")),
        ("with/slash", ("@instances", "with/slash")),
        ("@backups", ("@backups",)),
        ("@instances/i1/users", ("@instances", "i1", "users")),
    ):
        assert path == store.parse_address(text)
        assert text == store.format_address(path)
    for text in ("@backups/b1", "@instances//users", "@instances/a/b/c"):
        with pytest.raises(UsageError):
            store.parse_address(text)


def test_children_come_in_pages(store: TroveStore) -> None:
    """Twenty instances a page, by the marker of the link; below each its tables."""
    first = store.list_children(("@instances",))
    second = store.list_children(("@instances",), first.next_token)
    assert (20, 10, None) == (len(first.nodes), len(second.nodes), second.next_token)
    assert 30 == len({node.path for node in (*first.nodes, *second.nodes)})
    assert "users" in {node.name for node in store.list_children(first.nodes[0].path).nodes}


def test_an_instance_is_described(store: TroveStore) -> None:
    """By its name: state, database, replicas and what connects to it; a missing one is not found."""
    found = store.describe(("@instances", "orders-db"))
    groups = {group.title: dict(group.facts) for group in found.groups}
    assert ("instance", "orders-db", "ACTIVE") == (found.kind, found.name, groups["State"]["status"])
    assert groups["Connections"]["URL"].endswith(":3306")
    assert "replica" in groups["Replication"]
    with pytest.raises(NotFound):
        store.describe(("@instances", "nowhere"))


@pytest.mark.parametrize(
    ("default", "of_group", "is_same"),
    [
        ("600M", 629_145_600, True),
        ("64MB", "65536kB", True),
        ("ON", True, True),
        (0, "off", True),
        ("'iso, mdy'", "iso, mdy", True),
        ([80, "a comment x its value"], 80, True),
        ("2.0", 2, True),
        ("192K", 192, False),
        ("utf8", "utf8mb4", False),
        (10, 100, False),
    ],
)
def test_values_are_compared_by_what_they_mean(default: object, of_group: object, is_same: bool) -> None:
    """Templates write sizes with units, switches as words and texts in quotes; a group's values come as they are."""
    assert is_same == (plain(default) == plain(of_group))
