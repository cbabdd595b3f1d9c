"""The commit: container by container in the order of the review, one outcome a change, each on the disk at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass

from services.connections.api import SessionApi
from services.editing.journal import Journal
from services.editing.review import grouped
from services.editing.staged import Container, Staged
from services.errors import Cancelled, Conflict, SessionLost, StoredeckError, TimedOut
from services.events import Event, EventBus
from services.stores.changes import Outcome, Result
from services.text import displayable, one_line

UNSURE = "no answer came, so it may be done or not: refresh the row before sending again"


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one change."""

    staged: Staged
    outcome: Outcome


async def commit(
    journal: Journal,
    changes: Sequence[Staged],
    open_session: Callable[[str], Awaitable[SessionApi]],
    events: EventBus | None = None,
    joined: Collection[Container] = (),
) -> AsyncIterator[Settled]:
    """Send staged changes; yields each outcome once the journal holds it.

    Applied changes leave the journal; conflicts and refusals stay staged with the reason, and end nothing. A
    container whose session cannot be had, or is lost on the way, leaves its unanswered changes staged.

    Args:
        joined: containers whose changes are sent all or none.
    """
    for items in grouped(changes):
        start, counts = time.monotonic(), dict.fromkeys(Result, 0)
        is_joined = items[0].container in joined
        async for settled in _container(journal, items, open_session, is_joined=is_joined):
            counts[settled.outcome.result] += 1
            yield settled
        if events is not None:
            events.publish(_event(items, counts, time.monotonic() - start))


async def _container(
    journal: Journal,
    items: Sequence[Staged],
    open_session: Callable[[str], Awaitable[SessionApi]],
    *,
    is_joined: bool,
) -> AsyncIterator[Settled]:
    waiting = list(items)
    try:
        session = await open_session(items[0].profile)
        wanted = [staged.change for staged in items]
        async for outcome in session.apply_together(wanted) if is_joined else session.apply(wanted):
            yield await _settled(journal, waiting.pop(0), outcome)
            if not waiting:
                break
        failure = Outcome(Result.REFUSED, "the store gave no answer for this change")
    except StoredeckError as error:
        failure = _failure(error)
    except asyncio.CancelledError:
        for staged in waiting:
            await _settled(journal, staged, Outcome(Result.REFUSED, f"stopped: {UNSURE}"))
        raise
    for staged in waiting:
        yield await _settled(journal, staged, failure)


async def _settled(journal: Journal, staged: Staged, outcome: Outcome) -> Settled:
    await asyncio.to_thread(journal.settle, staged, outcome)
    return Settled(staged, outcome)


def _failure(error: StoredeckError) -> Outcome:
    """The outcome of changes that an error left without one of their own."""
    result = Result.CONFLICT if isinstance(error, Conflict) else Result.REFUSED
    words = [error.message]
    if isinstance(error, SessionLost | TimedOut | Cancelled):
        words.append(UNSURE)
    elif error.hint:
        words.append(error.hint)
    return Outcome(result, "; ".join(words), error.request_id, error=error)


def _event(items: Sequence[Staged], counts: dict[Result, int], seconds: float) -> Event:
    profile, path = items[0].container
    words = [f"{count:,} {result.value}" for result, count in counts.items() if count]
    failed = len(items) - counts[Result.APPLIED]
    return Event(
        profile=displayable(profile),
        what="commit",
        on=one_line("/".join(path)),
        result=", ".join(words),
        is_error=failed > 0,
        seconds=seconds,
        hint="What was not applied is still staged: c shows it." if failed else "",
    )
