"""Names are read from a session's catalog once, whatever is typed, and stay when the session is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest
from fake_session import FakeSession, FakeTable

from services.errors import Refused, StoredeckError
from services.queries.completion import complete
from services.queries.completion_names import KnownNames
from services.queries.completion_reading import NameReading, changes_names
from services.stores.changes import Path
from services.stores.types import Children, Column, Node

COLUMNS = (Column("id", "Int", is_key=True), Column("name", "String"))


def reading_of(session: FakeSession | None) -> NameReading:
    """Nothing is read yet."""
    return NameReading("grid", KnownNames(), lambda: session if session and not session.is_lost else None)


def tables(count: int) -> dict[Path, FakeTable]:
    """So many tables of one schema."""
    return {("PUBLIC", f"T{number:05d}"): FakeTable(COLUMNS) for number in range(count)}


def listed(session: FakeSession) -> list[Path]:
    """The paths that were listed, once for each page."""
    return [detail[0] for verb, detail in session.log if verb == "list"]


class Tree(FakeSession):
    """Nodes of every kind that a store may list."""

    nodes: Mapping[Path, tuple[Node, ...]] = {
        (): (
            Node(("#jobs",), "jobs", "group", has_children=True, is_long=True),
            Node(("#quotas",), "quotas", "group", has_children=True),
            Node(("#functions",), "functions", "group", has_children=True),
            Node(("caches",), "caches", "group", has_children=True),
            Node(("s.",), "s", "schema", has_children=True),
            Node(("orders",), "orders", "table", has_children=True, is_readable=True),
        ),
        ("#functions",): (Node(("#functions", "my_udf"), "my_udf", "function"),),
        ("caches",): (Node(("caches", "c1"), "c1", "cache", is_readable=True),),
        ("s.",): (
            Node(("s.", "#functions"), "functions", "group", has_children=True),
            Node(("s.", "sales"), "sales", "table", has_children=True, is_readable=True, is_long=True),
        ),
        ("s.", "#functions"): (Node(("s.", "#functions", "in_s"), "in_s", "function"),),
    }

    async def list_children(self, path: Path, page_token: str | None = None) -> Children:
        """What the tree says."""
        self._note("list", (path, page_token))
        return Children(self.nodes[path])


async def test_pages_are_read_to_the_end_and_once() -> None:
    """2,500 tables in pages of 1,000: one listing of the root, three of the schema, no more however often it is due."""
    session = FakeSession(tables=tables(2500))
    reading = reading_of(session)
    assert reading.is_due
    await reading.read()
    assert len(reading.names.tables) == 2500
    assert listed(session) == [(), *[("PUBLIC",)] * 3]
    assert not reading.is_due


async def test_what_is_there_can_be_used_while_more_is_read() -> None:
    """Each page tells of a change; names of the first are found before the last came."""
    session = FakeSession(tables=tables(2500))
    names = KnownNames()
    counts: list[int] = []
    await NameReading("grid", names, lambda: session, lambda: counts.append(len(names.tables))).read()
    assert counts == [1000, 2000, 2500]


async def test_a_store_of_very_many_schemas_is_not_listed_whole() -> None:
    """Of 600 schemas 499 are listed, beside the root; what they hold is known."""
    session = FakeSession(tables={(f"S{number:03d}", "T"): FakeTable(COLUMNS) for number in range(600)})
    reading = reading_of(session)
    await reading.read()
    assert (len(listed(session)), len(reading.names.tables), reading.is_due) == (500, 499, False)


async def test_only_groups_with_names_for_statements_are_listed() -> None:
    """Schemas, caches and functions; neither what lies in tables nor jobs, quotas and their like."""
    session = Tree()
    reading = reading_of(session)
    await reading.read()
    assert listed(session) == [(), ("#functions",), ("caches",), ("s.",), ("s.", "#functions")]
    found = sorted((table.schema, table.kind, table.name) for table in reading.names.tables)
    assert found == [
        ("", "cache", "c1"),
        ("", "function", "my_udf"),
        ("", "table", "orders"),
        ("s", "function", "in_s"),
        ("s", "table", "sales"),
    ]
    assert reading.names.schemas == ["s"]


async def test_columns_are_described_once() -> None:
    """Two statements that name a table cost one request; a table that cannot be described is not asked again."""
    session = FakeSession(tables=tables(2))
    reading = reading_of(session)
    await reading.read()
    wanted = reading.names.tables
    await asyncio.gather(reading.read_columns(wanted), reading.read_columns(wanted))
    assert [verb for verb, _ in session.log].count("describe") == 2
    assert reading.names.columns(wanted[0].path) == COLUMNS
    session.failures["describe"] = Refused("no")
    again = reading_of(session)
    await again.read()
    await again.read_columns(wanted)
    await again.read_columns(wanted)
    assert [verb for verb, _ in session.log].count("describe") == 4
    assert again.names.columns(wanted[0].path) == ()


@pytest.mark.parametrize("error", [Refused("no right to list"), StoredeckError("the server is gone")])
async def test_a_refused_listing_is_not_asked_again_at_once(error: StoredeckError) -> None:
    """What cannot be listed leaves the words, and the next letter asks nothing."""
    session = FakeSession(tables=tables(1))
    session.failures["list"] = error
    reading = reading_of(session)
    await reading.read()
    assert (reading.names.tables, reading.is_due, len(session.log)) == ([], False, 1)
    found = complete("sel", 3, reading.names)
    assert found is not None
    assert [candidate.text for candidate in found.candidates] == ["select"]


async def test_names_stay_when_the_session_is_gone() -> None:
    """Tables and columns read before are offered offline; nothing is asked, nothing is due."""
    session = FakeSession(tables=tables(3))
    reading = reading_of(session)
    await reading.read()
    await reading.read_columns(reading.names.tables)
    session.is_lost = True
    asked = len(session.log)
    await reading.read()
    await reading.read_columns(reading.names.tables)
    found = complete("SELECT n FROM t00001", 8, reading.names)
    assert found is not None
    assert [candidate.text for candidate in found.candidates][:1] == ["name"]
    assert (len(session.log), reading.is_due, len(reading.names.tables)) == (asked, False, 3)


async def test_a_new_session_is_read_and_old_names_serve_until_then() -> None:
    """What was read of a session before is replaced when all of the new one is here, not page by page."""
    sessions = [FakeSession(tables=tables(3)), FakeSession(tables=tables(2500))]
    names = KnownNames()
    counts: list[int] = []
    reading = NameReading("grid", names, lambda: sessions[0], lambda: counts.append(len(names.tables)))
    await reading.read()
    del sessions[0]
    assert reading.is_due
    await reading.read()
    assert counts == [3, 2500]


@pytest.mark.parametrize(
    ("statement", "is_change"),
    [
        ("create table t (a int)", True),
        ("SET x=1; ALTER TABLE t ADD COLUMN b int", True),
        ("DROP MAPPING TABLE t", True),
        ("SELECT 'create' AS c, \"drop\" FROM t -- alter", False),
        ("INSERT INTO created VALUES (1)", False),
    ],
)
async def test_statements_that_change_names_make_them_due(statement: str, is_change: bool) -> None:
    """After a change of definitions they are read again; quotes and comments do not count."""
    assert changes_names(statement) is is_change
    reading = reading_of(FakeSession(tables=tables(1)))
    await reading.read()
    reading.outdate()
    assert reading.is_due
