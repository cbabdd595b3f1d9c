"""Opening, checking and closing sessions in processes of their own."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable

import pytest
from memory_session import MemorySessions
from waiting import until

from services.connections.proxy import Session
from services.errors import SecretNeeded, SignInFailed, UsageError
from services.events import CallFinished, SessionChanged
from services.secrets import Secret
from services.stores.features import Guarantee
from services.stores.memory.store import MemoryStore
from services.stores.types import RowQuery, StepState
from services.values import Typed

OpenMemory = Callable[..., Awaitable[Session]]


async def test_session_lives_in_a_process_of_its_own(open_memory: OpenMemory) -> None:
    """The store runs in another process, which is told what it can do."""
    session = await open_memory()
    assert session.pid != os.getpid()
    assert session.features == MemoryStore.features
    assert session.limits.page_rows == 100
    assert session.dialect == "sqlite"


async def test_two_sessions_have_two_processes(open_memory: OpenMemory) -> None:
    """Each session has its own process and its own rows."""
    one = await open_memory("one", rows="3")
    two = await open_memory("two", rows="5")
    counts = [(await session.describe(("main", "people"))).count for session in (one, two)]
    assert one.pid != two.pid
    assert [count.rows for count in counts if count is not None] == [3, 5]


async def test_opening_twice_is_one_session(memory_sessions: MemorySessions) -> None:
    """A session that is open is given out again."""
    session = await memory_sessions.open()
    assert await memory_sessions.sessions.open("mem") is session
    assert memory_sessions.sessions.get("mem") is session
    assert list(memory_sessions.sessions) == [session]


async def test_closing_ends_the_process(memory_sessions: MemorySessions) -> None:
    """After a close there is neither session nor process, and a state says so."""
    session = await memory_sessions.open()
    await memory_sessions.sessions.close("mem")
    assert memory_sessions.sessions.get("mem") is None
    assert memory_sessions.sessions.states == {"mem": "closed"}
    await until(lambda: not _exists(session.pid))


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_events_tell_of_sessions_and_calls(memory_sessions: MemorySessions) -> None:
    """Opening, each call with its time, and closing are published in that order."""
    session = await memory_sessions.open()
    await session.list_children(("main",))
    with pytest.raises(Exception, match="no such table"):
        await session.describe(("main", "nothing"))
    await memory_sessions.sessions.close("mem")
    told = [
        (event.state if isinstance(event, SessionChanged) else event.what, event.on, event.is_error)
        for event in memory_sessions.events
    ]
    assert told == [
        ("opening", "mem", False),
        ("open", "mem", False),
        ("list", "main", False),
        ("describe", "main › nothing", True),
        ("closed", "mem", False),
    ]
    calls = [event for event in memory_sessions.events if isinstance(event, CallFinished)]
    assert all(event.seconds is not None and event.profile == "mem" for event in calls)


async def test_prepared_process_is_used(memory_sessions: MemorySessions) -> None:
    """A process started in advance becomes the next session's."""
    memory_sessions.sessions.prepare()
    spare = memory_sessions.sessions._spare
    assert spare is not None
    session = await memory_sessions.open()
    assert session.pid == spare.pid


async def test_secret_is_asked_for(memory_sessions: MemorySessions) -> None:
    """A secret that the profile says to ask for is needed first; given, it reaches the store."""
    from dataclasses import replace

    from services.connections.secret_refs import SecretRef

    profile = memory_sessions.profiles.add(expects="opensesame")
    memory_sessions.profiles.profiles["mem"] = replace(profile, secrets={"password": SecretRef.prompt()})
    with pytest.raises(SecretNeeded) as caught:
        await memory_sessions.sessions.open("mem")
    assert caught.value.field == "password"
    assert memory_sessions.sessions.get("mem") is None
    session = await memory_sessions.sessions.open("mem", {"password": Secret("opensesame")})
    assert not session.is_lost


async def test_wrong_password_says_so(memory_sessions: MemorySessions) -> None:
    """A refused sign-in comes back whole: message, hint and exit code."""
    with pytest.raises(SignInFailed) as caught:
        await memory_sessions.open(expects="right", secrets={"password": Secret("wrong")})
    assert caught.value.lines() == ["error: memory: wrong password", "hint: Check the password of the profile."]
    assert caught.value.exit_code == 3
    assert memory_sessions.sessions.states == {"mem": "failed"}


async def test_bad_field_is_a_usage_error(memory_sessions: MemorySessions) -> None:
    """A field that makes no sense fails the opening with advice."""
    with pytest.raises(UsageError):
        await memory_sessions.open(faults="[]")


async def test_check_runs_in_a_process_that_ends(memory_sessions: MemorySessions) -> None:
    """The steps of a check arrive one by one, for a profile that nobody opened."""
    profile = memory_sessions.profiles.add(expects="right")
    steps = [step async for step in memory_sessions.sessions.check(profile, {"password": Secret("right")})]
    assert [(step.name, step.state) for step in steps][-2:] == [("sign in", StepState.OK), ("list", StepState.OK)]
    failed = [step async for step in memory_sessions.sessions.check(profile, {"password": Secret("wrong")})]
    assert (failed[-1].state, failed[-1].hint) == (StepState.FAILED, "Check the password of the profile.")
    assert memory_sessions.sessions.get("mem") is None


async def test_every_call_crosses(open_memory: OpenMemory) -> None:
    """Each call of the contract reaches the store and its answer comes back as it was."""
    session = await open_memory(rows="5")
    path = ("main", "stock")
    key = {"shop": Typed("String", "north"), "item": Typed("Long", 1)}
    assert await session.read_keys(path, [key]) == [{**key, "amount": Typed("Int", 3)}]
    assert await session.guarantee(path) is Guarantee.CONDITIONAL
    assert await session.type_words(path, "amount") == ("Int",)
    assert await session.parse(path, "amount", "7") == Typed("Int", 7)
    assert await session.from_json(path, "amount", 8) == Typed("Int", 8)
    nodes = await session.open_cluster("nodes")
    assert (await nodes.window(0, 5, [0])).cells == (("memory-1",),)
    await session.create(("main", "made"), {"columns": [{"name": "id", "type": "Int", "key": True}]})
    assert (await session.describe(("main", "made"))).kind == "table"
    await session.drop(("main", "made"))
    result = await session.open_rows(("main", "people"), RowQuery(limit=2))
    assert result.state.loaded == 2
    await result.close()
    with pytest.raises(Exception, match="it was closed"):
        await result.window(0, 1, [0])
