"""What becomes of calls when a session's process dies, is asked to stop, or does not listen."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from memory_session import MemorySessions
from waiting import until

from services.connections.proxy import Session
from services.errors import Refused, SessionLost
from services.stores.changes import Insert, Result
from services.stores.types import RowQuery, Statement
from services.values import Typed

OpenMemory = Callable[..., Awaitable[Session]]
PEOPLE = ("main", "people")


async def test_killed_process_fails_what_waits(memory_sessions: MemorySessions) -> None:
    """kill -9 of the process: a waiting call fails with SessionLost and advice, results say so, states too."""
    session = await memory_sessions.open(faults=json.dumps({"describe": {"delay": 60}}))
    result = await session.open_rows(PEOPLE, RowQuery())
    waiting = asyncio.create_task(session.describe(PEOPLE))
    watching = asyncio.create_task(result.changed(result.state))
    await until(lambda: session._channel._waiters)
    os.kill(session.pid, signal.SIGKILL)
    with pytest.raises(SessionLost) as caught:
        await waiting
    assert caught.value.message == "session process: it was ended by signal SIGKILL"
    assert "again" in caught.value.hint
    assert (await watching).error == caught.value.message
    assert memory_sessions.sessions.states == {"mem": "lost"}
    with pytest.raises(SessionLost):
        await session.list_children(())


async def test_lost_session_is_opened_anew(memory_sessions: MemorySessions) -> None:
    """Opening a lost session starts another process, which works; reopening a live one does, too."""
    session = await memory_sessions.open()
    os.kill(session.pid, signal.SIGKILL)
    await until(lambda: session.is_lost)
    again = await memory_sessions.sessions.open("mem")
    assert again.pid != session.pid
    assert (await again.open_rows(PEOPLE, RowQuery())).state.loaded == 100
    third = await memory_sessions.sessions.reopen("mem")
    assert third.pid != again.pid
    assert [other.pid for other in memory_sessions.sessions] == [third.pid]


async def test_crash_of_the_sdk_is_told(open_memory: OpenMemory) -> None:
    """A native crash in the store ends its process only, and the error names the signal."""
    session = await open_memory(faults=json.dumps({"describe": {"crash": True}}))
    with pytest.raises(SessionLost, match="SIGABRT"):
        await session.describe(PEOPLE)


async def test_lost_connection_keeps_the_process(open_memory: OpenMemory) -> None:
    """A connection that the store lost is an error of that call; the process goes on."""
    session = await open_memory(faults=json.dumps({"describe": {"lost": True}}))
    with pytest.raises(SessionLost, match="connection was reset"):
        await session.describe(PEOPLE)
    assert (await session.list_children(())).nodes
    assert not session.is_lost


async def test_errors_come_back_whole(open_memory: OpenMemory) -> None:
    """Message, hint and request id of an error survive the way."""
    session = await open_memory(faults=json.dumps({"describe": {"error": "no space"}}))
    with pytest.raises(Refused) as caught:
        await session.describe(PEOPLE)
    assert caught.value.lines() == [
        "error: describe: no space",
        "hint: This fault was asked for.",
        "request id: fault-1",
    ]


async def test_cancelled_statement_stops_at_the_server(open_memory: OpenMemory) -> None:
    """Cancelling the task that waits for a statement stops it in the store; the session goes on."""
    session = await open_memory()
    waiting = asyncio.create_task(session.open_sql(Statement("SELECT sleep(60)")))
    await _until_running(session, 1)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await _until_running(session, 0)
    await until(lambda: not session._channel._overdue)
    assert not session.is_lost


async def _until_running(session: Session, count: int) -> None:
    """Wait until so many statements run in the store."""
    async with asyncio.timeout(10):
        while True:
            running = await session.open_cluster("queries")
            if running.state.loaded == count:
                return


async def test_deaf_statement_ends_the_process(open_memory: OpenMemory) -> None:
    """A statement that does not obey a cancel in time is ended together with its process."""
    session = await open_memory()
    waiting = asyncio.create_task(session.open_sql(Statement("SELECT hang(60)")))
    await _until_running(session, 1)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await until(lambda: session.is_lost)
    assert "SIGKILL" in str(session._channel._end)


async def test_deaf_listing_does_not_end_the_process(open_memory: OpenMemory) -> None:
    """Calls that stores cannot stop are left alone when nobody waits any more."""
    session = await open_memory(faults=json.dumps({"list_children": {"hang": 1.0}}))
    waiting = asyncio.create_task(session.list_children(()))
    await until(lambda: session._channel._waiters)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await until(lambda: not session._channel._overdue)
    assert (await session.describe(PEOPLE)).kind == "table"


async def test_result_opened_too_late_is_closed(open_memory: OpenMemory, tmp_path: Path) -> None:
    """A result that comes when nobody waits for it any more is freed."""
    session = await open_memory()
    waiting = asyncio.create_task(session.open_rows(PEOPLE, RowQuery()))
    await until(lambda: session._channel._waiters)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await until(lambda: not session._channel._waiters)
    assert not session._results


async def test_apply_streams_and_stops(open_memory: OpenMemory, tmp_path: Path) -> None:
    """Outcomes arrive one by one; leaving early stops the rest before it is sent."""
    never = str(tmp_path / "never there")
    session = await open_memory(faults=json.dumps({"apply": {"after": 2, "wait_file": never}}))
    changes = [_insert(number) for number in range(3)]
    outcomes = session.apply(changes)
    assert [(await anext(outcomes)).result, (await anext(outcomes)).result] == [Result.APPLIED] * 2
    await outcomes.aclose()
    await until(lambda: not session._channel._overdue)
    found = await session.read_keys(("main", "stock"), [change.key for change in changes])
    assert [row is not None for row in found] == [True, True, False]


def _insert(number: int) -> Insert:
    key = {"shop": Typed("String", "east"), "item": Typed("Long", number)}
    return Insert(("main", "stock"), key, {"amount": Typed("Int", number)})


async def test_result_that_does_not_stop_ends_the_process(open_memory: OpenMemory, tmp_path: Path) -> None:
    """`stop` asks first; a page that does not come within the grace costs the session."""
    log = tmp_path / "requests"
    faults = json.dumps({"read_rows": {"after": 1, "hang": 60}})
    session = await open_memory(faults=faults, rows="1000", log=str(log))
    result = await session.open_rows(PEOPLE, RowQuery())
    await until(lambda: log.read_text().count("read_rows") == 2)
    with pytest.raises(SessionLost):
        await result.stop()
    assert result.state.error
