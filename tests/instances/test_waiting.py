"""Waiting for what takes time: deadlines, failures, troubles on the way, and only what changes is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.errors import NotFound, Refused, TimedOut, Unavailable
from services.instances.pacing import Pacing
from services.instances.transitions import Transitions
from services.instances.waiting import Waited, await_result, wait_for
from services.stores.instances import ActionResult, Fault, Instance, InstanceDetail

BUILDING = Instance("i1", "orders-db", "BUILD", is_changing=True)
RESULT = ActionResult("accepted", "i1", is_asynchronous=True, wait_for="ACTIVE")


class Clock:
    """A clock that goes on by what is asked of it."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 0.25
        return self.now


class Answers:
    """Gives one answer after the other to whoever waits."""

    def __init__(self, *answers: bool | Exception, detail: InstanceDetail | None = None) -> None:
        self._answers: Iterator[bool | Exception] = iter(answers)
        self._detail = detail
        self.asked = 0

    def next(self) -> bool:
        self.asked += 1
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def shown(self) -> InstanceDetail:
        if self._detail is None:
            raise NotFound("gone")
        return self._detail


class Managing:
    """As a store answers."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def is_reached(self, result: ActionResult) -> bool:
        return self._answers.next()

    def show_instance(self, identifier: str) -> InstanceDetail:
        return self._answers.shown()


class Asking:
    """As a session answers."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    async def is_reached(self, result: ActionResult) -> bool:
        return self._answers.next()

    async def show(self, identifier: str) -> InstanceDetail:
        return self._answers.shown()


async def in_a_thread(answers: Answers, pacing: Pacing, tell: Callable[[Waited], None]) -> Waited:
    """Wait as the command line does."""
    managing: Any = Managing(answers)
    return wait_for(managing, RESULT, pacing, tell=tell)


async def on_a_loop(answers: Answers, pacing: Pacing, tell: Callable[[Waited], None]) -> Waited:
    """Wait as the console does."""
    return await await_result(Asking(answers), RESULT, pacing, tell)


ways = pytest.mark.parametrize("wait", [in_a_thread, on_a_loop])


def quick(deadline_seconds: float | None = 60.0) -> Pacing:
    """No real time passes."""
    return Pacing(deadline_seconds, first_seconds=0.0, longest_seconds=0.0, clock=Clock())


@ways
async def test_it_ends_when_it_has_come_about(wait: Any) -> None:
    """Every question is told with the time it has taken, the last one as reached."""
    told: list[Waited] = []
    answers = Answers(False, False, True)
    waited = await wait(answers, quick(), told.append)
    assert [False, False, True] == [one.is_reached for one in told]
    assert waited is told[-1]
    assert sorted(one.elapsed_seconds for one in told) == [one.elapsed_seconds for one in told]


@ways
async def test_a_failure_ends_it_with_its_words(wait: Any) -> None:
    """What the store refuses is not asked again."""
    answers = Answers(False, Refused("orders-db: ERROR: no valid host"))
    with pytest.raises(Refused, match="no valid host"):
        await wait(answers, quick(), lambda waited: None)
    assert 2 == answers.asked


@ways
async def test_a_service_that_is_away_is_asked_again(wait: Any) -> None:
    """It says nothing of the instance; the trouble is told."""
    told: list[Waited] = []
    await wait(Answers(Unavailable("down"), True), quick(), told.append)
    assert ["down", ""] == [one.trouble for one in told]


@ways
async def test_the_deadline_tells_where_it_stands(wait: Any) -> None:
    """The state, since when, the last fault, and what can be done about a build."""
    instance = replace(BUILDING, updated="2026-11-21T10:00:00Z")
    detail = InstanceDetail(instance, fault=Fault("agent silent"))
    answers = Answers(*[False] * 100, detail=detail)
    with pytest.raises(TimedOut) as told:
        await wait(answers, quick(2.0), lambda waited: None)
    assert "orders-db: not ACTIVE after" in told.value.message
    assert "is BUILD since 2026-11-21T10:00:00Z; last fault: agent silent" in told.value.message
    assert "administrator" in told.value.hint


@ways
async def test_a_deadline_while_the_service_is_away(wait: Any) -> None:
    """Nothing is known but the trouble."""
    answers = Answers(*[Unavailable("down")] * 100)
    with pytest.raises(TimedOut, match="down"):
        await wait(answers, quick(2.0), lambda waited: None)


def test_pauses_grow_and_end_at_the_deadline() -> None:
    """Soon at first, then less often, never beyond the deadline."""
    clock = Clock()
    pacing = Pacing(10.0, first_seconds=1.0, longest_seconds=2.0, clock=clock)
    pauses = [pacing.pause_seconds() for _ in range(4)]
    assert [1.0, 1.3, 1.69, 2.0] == [round(pause, 4) for pause in pauses]
    clock.now = 9.75
    assert 0.25 == pacing.pause_seconds()


class Stopped:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_only_what_changes_is_asked_for() -> None:
    """An instance at rest is never due; one that changes is after a while; one that came to rest is forgotten."""
    clock = Stopped()
    seen = Transitions(2.0, clock)
    ready = Instance("i2", "calm", "ACTIVE", "HEALTHY", is_ready=True)
    seen.see([BUILDING, ready])
    assert (1, []) == (len(seen), seen.due())
    clock.now += 2.0
    assert ["i1"] == seen.due()
    seen.see([BUILDING])
    assert [] == seen.due()
    seen.see([replace(BUILDING, status="ACTIVE", is_changing=False)])
    clock.now += 2.0
    assert (0, []) == (len(seen), seen.due())
    seen.see([BUILDING])
    seen.forget("i1")
    assert None is seen.elapsed_seconds("i1")


def test_elapsed_time_starts_with_the_state() -> None:
    """At first sight it is the service's own time of the change; a new state starts anew."""
    clock, now = Stopped(), datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
    seen = Transitions(2.0, clock, lambda: now + timedelta(seconds=clock.now - 100.0))
    seen.see([replace(BUILDING, updated="2026-11-21T11:59:30Z")])
    assert 30.0 == seen.elapsed_seconds("i1")
    clock.now += 5.0
    seen.see([replace(BUILDING, updated="2026-11-21T12:00:04Z")])
    assert 35.0 == seen.elapsed_seconds("i1")
    seen.see([replace(BUILDING, status="RESIZE")])
    assert 0.0 == seen.elapsed_seconds("i1")
