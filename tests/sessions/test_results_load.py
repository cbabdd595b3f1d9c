"""How results load in a session's process: ahead, on demand, stopped, failed, read-only."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from memory_session import MemorySessions
from waiting import until

from services.connections.proxy import Session
from services.errors import ReadOnlyRefused, StatementRefused
from services.results.budget import Budget
from services.stores.changes import Delete, Result
from services.stores.types import Count, RowQuery, Statement
from services.values import Typed

OpenMemory = Callable[..., Awaitable[Session]]
PEOPLE = ("main", "people")
NUMBERS = ("main", "numbers")


async def test_rows_come_a_page_at_a_time(open_memory: OpenMemory) -> None:
    """The first page is there at once, one more is read ahead, and no further without being asked."""
    session = await open_memory(rows="1000")
    result = await session.open_rows(PEOPLE, RowQuery())
    assert result.state.loaded >= 100
    assert result.state.count == Count.exact(1000)
    await until(lambda: result.state.loaded == 200 and not result.state.is_loading)
    state = await result.load_more(450)
    assert state.loaded >= 451
    await until(lambda: not result.state.is_loading)
    assert result.state.loaded <= 700
    assert not result.state.is_complete


async def test_load_more_reaches_the_end(open_memory: OpenMemory) -> None:
    """Asking beyond the end loads all and says that it is complete."""
    session = await open_memory(rows="250")
    result = await session.open_rows(PEOPLE, RowQuery())
    state = await result.load_more(10_000)
    assert (state.loaded, state.count, state.is_complete) == (250, Count.exact(250), True)


async def test_window_is_cut_at_the_end(open_memory: OpenMemory) -> None:
    """A window has the rows there are; before the first and after the last there are none."""
    session = await open_memory(rows="50")
    result = await session.open_rows(PEOPLE, RowQuery())
    assert (await result.window(45, 20, [0])).cells == (("46", "47", "48", "49", "50"),)
    assert (await result.window(50, 20, [0])).row_count == 0
    assert (await result.window(0, 3, [])).keys[0] == '[["id",{"$type":"Int","value":1}]]'


async def test_statement_loads_ahead_to_its_budget(memory_sessions: MemorySessions) -> None:
    """A statement goes on by itself until its budget of rows, then waits to be asked."""
    memory_sessions.sessions._budget = Budget(ahead_rows=3_000)
    session = await memory_sessions.open(page_rows="500")
    result = await session.open_sql(Statement("SELECT id FROM numbers"))
    assert result.state.loaded >= 500
    await until(lambda: not result.state.is_loading)
    assert 3_000 <= result.state.loaded <= 4_000
    assert not result.state.is_complete
    assert (await result.load_more(6_000)).loaded > 6_000
    await result.stop()
    assert result.state.note == "stopped"


async def test_budget_of_bytes_spills_and_stops(memory_sessions: MemorySessions) -> None:
    """Rows beyond the budget of memory are in files that leave no name, and windows read them all the same."""
    memory_sessions.sessions._budget = Budget(memory_mb=0.5, ahead_mb=3)
    session = await memory_sessions.open(page_rows="2000")
    result = await session.open_rows(NUMBERS, RowQuery())
    await result.load_more(50_000)
    assert (await result.window(3, 2, [0, 1])).cells == (("3", "4"), ("row number 3", "row number 4"))
    assert (await result.window(49_999, 1, [0])).cells == (("49999",),)
    folder = Path(memory_sessions.sessions._paths.cache) / "results"  # type: ignore[union-attr]
    assert folder.exists()
    assert list(folder.iterdir()) == []


async def test_full_files_stop_the_loading(memory_sessions: MemorySessions) -> None:
    """When the mapped files of a session reach their budget, loading ends with advice, and the rows stay."""
    memory_sessions.sessions._budget = Budget(memory_mb=0.5, spill_mb=2)
    session = await memory_sessions.open(page_rows="2000")
    result = await session.open_rows(NUMBERS, RowQuery())
    state = await result.load_more(100_000)
    assert state.error == "rows: the results of this session fill their 2 MB of files"
    assert "spill_budget_mb" in state.hint
    assert (await result.window(state.loaded - 1, 1, [0])).cells == ((str(state.loaded - 1),),)


async def test_statement_that_changes_tells_how_many(open_memory: OpenMemory) -> None:
    """A statement that changes rows has no columns but the number of rows."""
    session = await open_memory(rows="9")
    result = await session.open_sql(Statement("DELETE FROM people WHERE id > ?", (6,)))
    assert (result.state.affected, result.state.loaded, result.state.is_complete) == (3, 0, True)
    left = await session.open_rows(PEOPLE, RowQuery())
    assert left.state.count == Count.exact(6)


async def test_refused_statement_has_the_servers_words(open_memory: OpenMemory) -> None:
    """A statement that cannot run raises, with what the server said."""
    session = await open_memory()
    with pytest.raises(StatementRefused, match="no such table: nowhere"):
        await session.open_sql(Statement("SELECT * FROM nowhere"))


async def test_failed_page_keeps_the_rows(open_memory: OpenMemory) -> None:
    """An error after the first pages is in the state; what was loaded stays."""
    session = await open_memory(rows="1000", faults=json.dumps({"read_rows": {"after": 2, "error": "broken"}}))
    result = await session.open_rows(PEOPLE, RowQuery())
    state = await result.load_more(900)
    assert (state.loaded, state.error, state.hint) == (200, "read_rows: broken", "This fault was asked for.")
    assert not state.is_loading
    assert (await result.window(199, 1, [0])).cells == (("200",),)


async def test_windows_do_not_wait_for_the_store(open_memory: OpenMemory, tmp_path: Path) -> None:
    """While a page hangs in the store, windows of loaded rows are answered."""
    gate = tmp_path / "gate"
    faults = json.dumps({"read_rows": {"after": 1, "wait_file": str(gate)}})
    session = await open_memory(rows="1000", faults=faults)
    result = await session.open_rows(PEOPLE, RowQuery())
    assert result.state.is_loading
    for first in range(0, 90, 10):
        assert (await result.window(first, 10, [0])).row_count == 10
    assert result.state.loaded == 100
    gate.touch()
    await until(lambda: result.state.loaded > 100)


async def test_arranged_rows_take_in_later_ones(open_memory: OpenMemory) -> None:
    """A sort covers the loaded rows and says so; rows loaded on demand join the order."""
    session = await open_memory(rows="1000")
    result = await session.open_rows(PEOPLE, RowQuery())
    await until(lambda: not result.state.is_loading)
    state = await result.arrange("id", is_descending=True)
    assert state.note == "sorted by id ↓: loaded rows only (200)"
    assert (await result.window(0, 2, [0])).cells == (("200", "199"),)
    state = await result.load_more(999)
    assert state.note == "sorted by id ↓: loaded rows only (1,000)"
    assert (await result.window(0, 2, [0])).cells == (("1000", "999"),)
    assert (await result.arrange()).note == ""


async def test_find_and_filter(open_memory: OpenMemory) -> None:
    """Finding looks forward and backward from a row; a filter shows the rows that hold the text."""
    session = await open_memory(rows="100", page_rows="100")
    result = await session.open_rows(PEOPLE, RowQuery())
    rows = [row for row in range(100) if "京子" in (await result.window(row, 1, [1])).cells[0][0]]
    assert await result.find("京子", 0) == rows[0]
    assert await result.find("京子", rows[0] + 1) == rows[1]
    assert await result.find("京子", 99, is_backward=True) == rows[-1]
    assert await result.find("nobody", 0) is None
    assert (await result.arrange(contains="京子")).loaded == len(rows)


async def test_read_only_sends_nothing(memory_sessions: MemorySessions, tmp_path: Path) -> None:
    """On a read-only profile every change is refused before the store hears of it; reads go on."""
    log = tmp_path / "requests"
    session = await memory_sessions.open(is_read_only=True, log=str(log))
    key = {"shop": Typed("String", "north"), "item": Typed("Long", 1)}
    for text in ("DELETE FROM people", "SELECT 1; DELETE FROM people", "WITH x AS (SELECT 1) DELETE FROM people"):
        with pytest.raises(ReadOnlyRefused):
            await session.open_sql(Statement(text))
    with pytest.raises(ReadOnlyRefused):
        _ = [outcome async for outcome in session.apply([Delete(("main", "stock"), key, {})])]
    for call in (session.drop(PEOPLE), session.create(("main", "x"), {}), session.kill("query", "q1")):
        with pytest.raises(ReadOnlyRefused):
            await call
    assert log.read_text().split() == ["connect"]
    assert (await session.open_sql(Statement("SELECT count(*) FROM people"))).state.loaded == 1
    result = await session.open_rows(PEOPLE, RowQuery())
    assert result.state.locked == "the profile is read-only"
    assert await session.read_keys(("main", "stock"), [key]) != [None]


async def test_conflict_comes_back_with_the_row(open_memory: OpenMemory) -> None:
    """A change of a row that is not as it was read is a conflict that shows the row as it is."""
    session = await open_memory()
    key = {"shop": Typed("String", "north"), "item": Typed("Long", 1)}
    stale = {"amount": Typed("Int", 999)}
    (outcome,) = [outcome async for outcome in session.apply([Delete(("main", "stock"), key, stale)])]
    assert outcome.result is Result.CONFLICT
    assert outcome.current == {**key, "amount": Typed("Int", 3)}
