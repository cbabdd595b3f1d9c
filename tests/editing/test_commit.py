"""The commit: one outcome a change, conflicts and refusals stay, what was shown is what is sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from pathlib import Path

import pytest
from editing_rows import CITY, added, city, gone, key, recoded, renamed, text
from fake_session import FakeSession, FakeTable

from services.connections.api import SessionApi
from services.editing.commit import Settled, commit
from services.editing.journal import Journal
from services.editing.resolve import cells, current_row, rebased
from services.editing.review import NOT_OPEN, planned
from services.errors import ConnectFailed
from services.events import Event, EventBus
from services.stores.changes import Change, Delete, Insert, Outcome, Result, Update
from services.stores.features import Guarantee
from services.stores.types import Column
from services.values import Row, Typed

COLUMNS = (Column("ID", "Int", is_key=True), Column("Name", "String"), Column("Code", "String"))


def table(count: int = 12) -> FakeTable:
    """Cities 0, 1, ... all named `x`."""
    found = FakeTable(COLUMNS)
    found.add(*({**key(number), **city("x")} for number in range(count)))
    return found


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """An empty journal."""
    journal = Journal(tmp_path / "staged.db")
    yield journal
    journal.close()


def opener(*sessions: FakeSession) -> Callable[[str], Awaitable[SessionApi]]:
    """Opens these sessions by name; any other refuses to connect."""

    async def open_session(name: str) -> SessionApi:
        for session in sessions:
            if session.profile_name == name:
                return session
        raise ConnectFailed(f"{name}: no answer", hint="Start the server.")

    return open_session


async def sent(journal: Journal, *sessions: FakeSession) -> list[tuple[str, str]]:
    """Commit everything; the outcomes in order, each with the key it is of."""
    results = [item async for item in commit(journal, list(journal.snapshot), opener(*sessions))]
    return [(str(item.staged.change.key["ID"].value), item.outcome.result.value) for item in results]


async def test_refused_and_conflicting_rows_stay_the_others_are_done(journal: Journal) -> None:
    """Of ten rows the seventh is refused and the third is in conflict: eight leave, two stay with the reason."""
    session = FakeSession("grid", {CITY: table()})
    journal.stage("grid", [renamed(number, "x", "y") for number in range(10)])
    session.refusals["7"] = "name is on the black list"
    session.tables[CITY].add({**key(3), **city("theirs")})
    outcomes = await sent(journal, session)
    assert [result for _, result in outcomes].count("applied") == 8
    left = {item.change.key["ID"].value: item.outcome for item in journal.snapshot}
    assert left == {
        3: Outcome(Result.CONFLICT, "the row changed since it was read", "req-3", city("theirs")),
        7: Outcome(Result.REFUSED, "name is on the black list", "req-7"),
    }
    session.refusals.clear()
    assert await sent(journal, session) == [("3", "conflict"), ("7", "applied")]


async def test_nothing_is_sent_before_commit(journal: Journal) -> None:
    """Fifty edits, an undo, a review: no write in the request log."""
    session = FakeSession("grid", {CITY: table()})
    for number in range(50):
        journal.stage("grid", renamed(number % 12, "x", f"y{number}"))
    journal.undo()
    await planned(journal.snapshot, {"grid": session}.get)
    assert session.writes == []


async def test_what_is_shown_is_what_is_sent(journal: Journal) -> None:
    """The calls of the review are byte-equal to the log of the store, in the same order."""
    session = FakeSession("grid", {CITY: table()})
    journal.stage("grid", [renamed(1, "x", "\x1b[2J"), gone(2, "x"), added(99, "new")])
    (group,) = await planned(journal.snapshot, {"grid": session}.get)
    await sent(journal, session)
    assert [("apply", call.text) for call in group.calls] == session.writes
    assert (group.guarantee, group.problem) == (Guarantee.COMPARE_AND_REPLACE, "")


async def test_review_says_why_a_call_is_unknown(journal: Journal) -> None:
    """Without a session, or when the container is gone, the changes are still listed."""
    journal.stage("closed", renamed(1, "x", "y"))
    journal.stage("grid", renamed(1, "x", "y", ("PUBLIC", "Gone")))
    groups = await planned(journal.snapshot, {"closed": None, "grid": FakeSession("grid")}.get)
    gone_words = "PUBLIC/Gone: no such table"
    assert [(group.problem, group.guarantee) for group in groups] == [(NOT_OPEN, None), (gone_words, None)]
    assert [call.reason for group in groups for call in group.calls] == [NOT_OPEN, gone_words]


async def test_several_stores_in_one_go_one_of_them_unreachable(journal: Journal) -> None:
    """Stores are sent in the order of the review; one that does not answer keeps its changes, the rest go on."""
    one, three = FakeSession("one", {CITY: table()}), FakeSession("three", {CITY: table()})
    for name in ("one", "two", "three"):
        journal.stage(name, renamed(1, "x", "y"))
    results = [item async for item in commit(journal, list(journal.snapshot), opener(one, three))]
    assert [(item.staged.profile, item.outcome.result) for item in results] == [
        ("one", Result.APPLIED),
        ("two", Result.REFUSED),
        ("three", Result.APPLIED),
    ]
    assert [(item.profile, item.outcome.message) for item in journal.snapshot if item.outcome] == [
        ("two", "two: no answer; Start the server.")
    ]


async def test_a_lost_session_leaves_the_rest_staged_and_unsure(journal: Journal) -> None:
    """After the connection ends nobody knows about the unanswered changes, and that is said."""
    session = FakeSession("grid", {CITY: table()})
    session.failure_at = 1
    journal.stage("grid", [renamed(number, "x", "y") for number in range(3)])
    assert [result for _, result in await sent(journal, session)] == ["applied", "refused", "refused"]
    messages = {item.outcome.message for item in journal.snapshot if item.outcome}
    assert messages == {
        "grid: the connection ended; no answer came, so it may be done or not: refresh the row before sending again"
    }


class SlowSession(FakeSession):
    """Answers the first change and then waits for ever."""

    async def apply(self, changes: Sequence[Change]) -> AsyncIterator[Outcome]:
        """One outcome only."""
        async for outcome in super().apply(changes):
            yield outcome
            await asyncio.Event().wait()


async def test_a_stopped_commit_keeps_what_was_not_answered(journal: Journal) -> None:
    """Cancelling leaves answered changes done and the others staged, marked as unsure."""
    journal.stage("grid", [renamed(number, "x", "y") for number in range(3)])
    first = asyncio.Event()

    async def run() -> None:
        async for _ in commit(journal, list(journal.snapshot), opener(SlowSession("grid", {CITY: table()}))):
            first.set()

    task = asyncio.create_task(run())
    await first.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [item.change.key["ID"].value for item in journal.snapshot] == [1, 2]
    assert all(item.outcome and item.outcome.message.startswith("stopped: ") for item in journal.snapshot)


async def test_each_container_is_told_as_one_event(journal: Journal) -> None:
    """The event log says how many were applied and how many were not."""
    heard: list[Event] = []
    bus = EventBus()
    bus.subscribe(heard.append)
    session = FakeSession("grid", {CITY: table()})
    session.refusals["1"] = "no"
    journal.stage("grid", [renamed(number, "x", "y") for number in range(3)])
    async for _ in commit(journal, list(journal.snapshot), opener(session), bus):
        pass
    assert [(event.what, event.on, event.result, event.is_error) for event in heard] == [
        ("commit", "PUBLIC/City", "2 applied, 1 refused", True)
    ]


async def conflicted(journal: Journal, change: Change, theirs: Row | None) -> tuple[FakeSession, Settled]:
    """A commit of one change that meets a row changed by others."""
    session = FakeSession("grid", {CITY: table()})
    journal.stage("grid", change)
    found = session.tables[CITY]
    found.rows.clear()
    if theirs is not None:
        found.add({**key(1), **theirs})
    (settled,) = [item async for item in commit(journal, list(journal.snapshot), opener(session))]
    assert settled.outcome.result is Result.CONFLICT
    return session, settled


@pytest.mark.parametrize(
    ("change", "theirs", "mine"),
    [
        (renamed(1, "x", "y"), city("theirs", "JPN"), Update(CITY, key(1), city("theirs", "JPN"), {"Name": text("y")})),
        (renamed(1, "x", "y"), None, Insert(CITY, key(1), city("y"))),
        (renamed(1, "x", "y"), city("y", "JPN"), None),
        (gone(1, "x"), city("theirs"), Delete(CITY, key(1), city("theirs"))),
        (gone(1, "x"), None, None),
        (added(1, "mine"), city("theirs"), Update(CITY, key(1), city("theirs"), {"Name": text("mine")})),
    ],
)
async def test_take_mine(journal: Journal, change: Change, theirs: Row | None, mine: Change | None) -> None:
    """My cells over the row as it is now, with its present state as the condition; sent again, it is applied."""
    session, settled = await conflicted(journal, change, theirs)
    current = await current_row(session, settled.staged)
    based = rebased(settled.staged.change, current)
    assert based == mine
    journal.resolve(settled.staged.id, based, "take mine")
    assert [result for _, result in await sent(journal, session)] == (["applied"] if mine else [])


async def test_merge_takes_cells_from_both(journal: Journal) -> None:
    """Only the chosen cells are mine; a cell that only I changed is not disputed."""
    change = Update(CITY, key(1), city("x"), {"Name": text("mine"), "Code": text("JPN")})
    session, settled = await conflicted(journal, change, city("theirs"))
    current = await current_row(session, settled.staged)
    assert [(cell.source[0], cell.is_disputed) for cell in cells(change, current)] == [("Name", True), ("Code", False)]
    assert rebased(change, current, {("Code", "")}) == recoded(1, "theirs", text("JPN"))


def test_merge_reaches_into_object_values() -> None:
    """Fields of one object changed by two sides merge field by field."""

    def place(name: str, code: str) -> Row:
        return {"value": Typed("Place", {"Name": text(name), "Code": text(code)})}

    change = Update(CITY, key(1), place("x", "KOR"), place("mine", "KOR"))
    assert rebased(change, place("x", "theirs")) == Update(CITY, key(1), place("x", "theirs"), place("mine", "theirs"))
