"""The catalog's tree: lazy, paged, filtered in place, refreshed without losing what is open."""

from __future__ import annotations

import asyncio

from fake_session import FakeSession, FakeTable

from services.catalog.nodes import CatalogNode, Reading, RowKind
from services.catalog.tree import Catalog
from services.connections.api import SessionApi
from services.errors import ConnectFailed
from services.stores.changes import Path
from services.stores.types import Children, Column

COLUMNS = (Column("ID", "Int", is_key=True),)


def session(*names: str, page: int = 1000) -> FakeSession:
    """A session with these tables in PUBLIC."""
    return FakeSession("grid", {("PUBLIC", name): FakeTable(COLUMNS) for name in names}, page=page)


def catalog(*sessions: FakeSession, extra: tuple[str, ...] = ()) -> Catalog:
    """A catalog over these sessions and over profiles that cannot be opened."""
    by_name = {found.profile_name: found for found in sessions}

    async def open_session(name: str) -> SessionApi:
        if name not in by_name:
            raise ConnectFailed(f"{name}: no answer\nat all", hint="Start it.")
        return by_name[name]

    found = Catalog(open_session)
    found.set_profiles([*by_name, *extra])
    return found


def lines(found: Catalog, wanted: str = "") -> list[str]:
    """The rows as indented words."""
    return [
        "  " * row.depth + (row.node.shown if row.kind is RowKind.NODE else f"<{row.kind.value}>")
        for row in found.rows(wanted)
    ]


async def opened(found: Catalog, *names: str) -> CatalogNode:
    """The node reached by opening these one below the other."""
    node = next(root for root in found.roots if root.shown == names[0])
    await found.open(node)
    for name in names[1:]:
        node = next(child for child in node.children if child.shown == name)
        await found.open(node)
    return node


async def test_nothing_is_asked_until_a_node_is_opened() -> None:
    """Showing profiles costs no request; opening one lists its first level only."""
    grid = session(*(f"t{number}" for number in range(20_000)))
    found = catalog(grid, extra=("other",))
    assert (lines(found), grid.log) == (["grid", "other"], [])
    await opened(found, "grid")
    assert (lines(found), grid.log) == (["grid", "  PUBLIC", "other"], [("list", ((), None))])


async def test_children_come_a_page_at_a_time() -> None:
    """Of 2,000 tables only the pages that were asked for are listed; the rest is one row."""
    grid = session(*(f"t{number}" for number in range(2_000)), page=500)
    found = catalog(grid)
    node = await opened(found, "grid", "PUBLIC")
    assert (len(node.children), lines(found)[-1]) == (500, "    <more>")
    await found.load_more(node)
    assert (len(node.children), len(grid.log)) == (1000, 3)
    assert [child.shown for child in node.children[498:502]] == ["t498", "t499", "t500", "t501"]


async def test_a_filter_shows_what_is_listed_and_what_it_lies_in() -> None:
    """Filtering asks nothing, whatever the case, and finds what lies in a folded node."""
    grid = session("City", "Country", "capacity")
    found = catalog(grid, extra=("cite",))
    node = await opened(found, "grid", "PUBLIC")
    found.close(node)
    asked = len(grid.log)
    assert lines(found, "CIT") == ["grid", "  PUBLIC", "    City", "    capacity", "cite"]
    assert lines(found, "nothing") == []
    assert len(grid.log) == asked


async def test_a_failure_is_a_row_and_is_tried_again_when_opened() -> None:
    """A profile that does not answer says so below its name, in one displayable line."""
    found = catalog(extra=("down",))
    root = await opened(found, "down")
    assert lines(found) == ["down", "  <failed>"]
    assert (root.error, root.hint) == ("down: no answer at all", "Start it.")


async def test_refresh_keeps_what_is_open() -> None:
    """After a refresh of the profile its open schema is still open, with the tables of now."""
    grid = session("City")
    found = catalog(grid)
    await opened(found, "grid", "PUBLIC")
    grid.tables[("PUBLIC", "Country")] = FakeTable(COLUMNS)
    await found.refresh(found.roots[0])
    assert lines(found) == ["grid", "  PUBLIC", "    City", "    Country"]


async def test_an_empty_node_says_so() -> None:
    """A schema without tables is not a silent line."""
    found = catalog(FakeSession("grid"))
    await opened(found, "grid")
    assert lines(found) == ["grid", "  <empty>"]


class LateSession(FakeSession):
    """Answers the first listing only after the second."""

    def __init__(self) -> None:
        super().__init__("grid", {("OLD", "t"): FakeTable(COLUMNS)})
        self.second = asyncio.Event()

    async def list_children(self, path: Path, page_token: str | None = None) -> Children:
        """The first answer waits, and is of before."""
        found = await super().list_children(path, page_token)
        if len(self.log) == 1:
            self.tables = {("NEW", "t"): FakeTable(COLUMNS)}
            await self.second.wait()
        else:
            self.second.set()
        return found


async def test_a_late_answer_does_not_cover_a_newer_one() -> None:
    """Two refreshes at once: what shows is the newer, whichever comes last."""
    found = catalog(LateSession())
    root = found.roots[0]
    root.is_open = True
    await asyncio.gather(found.refresh(root), found.refresh(root))
    assert lines(found) == ["grid", "  NEW"]


async def test_a_stopped_reading_can_be_started_again() -> None:
    """Cancelling the wait leaves the node unread, not loading for ever."""
    slow = LateSession()
    found = catalog(slow)
    task = asyncio.create_task(found.open(found.roots[0]))
    while not slow.log:  # noqa: ASYNC110
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert found.roots[0].reading is Reading.UNREAD


async def test_known_names_are_those_listed() -> None:
    """Completion and palette know what was listed, and ask for nothing."""
    grid = session("City", "a\x1bb")
    found = catalog(grid)
    await opened(found, "grid", "PUBLIC")
    assert [(name.path, name.name) for name in found.names()] == [
        (("PUBLIC", "City"), "City"),
        (("PUBLIC", "a\x1bb"), "a␛b"),
    ]


async def test_profiles_that_stay_keep_what_is_known() -> None:
    """A new profile does not fold the others."""
    found = catalog(session("City"))
    await opened(found, "grid", "PUBLIC")
    found.set_profiles(["new", "grid"])
    assert lines(found) == ["new", "grid", "  PUBLIC", "    City"]
    found.forget("grid")
    assert lines(found) == ["new", "grid"]
