"""The review: staged changes by container, each with the exact call that will be sent and what a write promises."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from services.connections.api import SessionApi
from services.editing.staged import Container, Staged
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
        is_joined: all or none of the changes shall be sent.
    """

    profile: str
    path: Path
    items: tuple[Staged, ...]
    calls: tuple[Call, ...]
    guarantee: Guarantee | None = None
    problem: str = ""
    is_joined: bool = False


def grouped(changes: Iterable[Staged]) -> list[tuple[Staged, ...]]:
    """The changes by container, in the order they will be sent."""
    groups: dict[tuple[str, Path], list[Staged]] = {}
    for staged in changes:
        groups.setdefault(staged.container, []).append(staged)
    return [tuple(items) for items in groups.values()]


async def planned(
    changes: Iterable[Staged],
    session_of: Callable[[str], SessionApi | None],
    joined: Collection[Container] = (),
) -> list[ReviewGroup]:
    """The review of these changes; sends nothing, opens nothing.

    Args:
        session_of: the open session of a profile, or None.
        joined: containers whose changes shall be sent all or none.
    """
    return [
        await _planned_group(items, session_of(items[0].profile), is_joined=items[0].container in joined)
        for items in grouped(changes)
    ]


async def _planned_group(items: tuple[Staged, ...], session: SessionApi | None, *, is_joined: bool) -> ReviewGroup:
    profile, path = items[0].container
    if session is None:
        return _unplanned(items, NOT_OPEN)
    try:
        wanted = [staged.change for staged in items]
        guarantee = Guarantee.TRANSACTION if is_joined else await session.guarantee(path)
        calls: Sequence[Call] = await (session.plan_together(wanted) if is_joined else session.plan(wanted))
    except StoredeckError as error:
        return _unplanned(items, error.message)
    return ReviewGroup(profile, path, items, tuple(calls), guarantee, is_joined=is_joined)


def _unplanned(items: tuple[Staged, ...], why: str) -> ReviewGroup:
    profile, path = items[0].container
    return ReviewGroup(profile, path, items, tuple(Call("", why) for _ in items), None, why)
