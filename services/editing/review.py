"""The review: staged changes by container, each with the exact call that will be sent and what a write promises."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from services.connections.api import SessionApi
from services.editing.staged import Staged
from services.errors import StoredeckError
from services.stores.changes import Call, Path
from services.stores.features import Guarantee

NOT_OPEN = "the session is not open; the call is shown once it is"


@dataclass(frozen=True, slots=True)
class ReviewGroup:
    """The staged changes of one container.

    Attributes:
        guarantee: what a write promises; None while unknown.
        calls: one a change, as the store will send it.
        problem: why guarantee and calls are unknown, or empty.
    """

    profile: str
    path: Path
    items: tuple[Staged, ...]
    calls: tuple[Call, ...]
    guarantee: Guarantee | None = None
    problem: str = ""


def grouped(changes: Iterable[Staged]) -> list[tuple[Staged, ...]]:
    """The changes by container, in the order they will be sent."""
    groups: dict[tuple[str, Path], list[Staged]] = {}
    for staged in changes:
        groups.setdefault(staged.container, []).append(staged)
    return [tuple(items) for items in groups.values()]


async def planned(changes: Iterable[Staged], session_of: Callable[[str], SessionApi | None]) -> list[ReviewGroup]:
    """The review of these changes; sends nothing, opens nothing.

    Args:
        session_of: the open session of a profile, or None.
    """
    return [await _planned_group(items, session_of(items[0].profile)) for items in grouped(changes)]


async def _planned_group(items: tuple[Staged, ...], session: SessionApi | None) -> ReviewGroup:
    profile, path = items[0].container
    if session is None:
        return _unplanned(items, NOT_OPEN)
    try:
        guarantee = await session.guarantee(path)
        calls: Sequence[Call] = await session.plan([staged.change for staged in items])
    except StoredeckError as error:
        return _unplanned(items, error.message)
    return ReviewGroup(profile, path, items, tuple(calls), guarantee)


def _unplanned(items: tuple[Staged, ...], why: str) -> ReviewGroup:
    profile, path = items[0].container
    return ReviewGroup(profile, path, items, tuple(Call("", why) for _ in items), None, why)
