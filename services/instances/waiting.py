"""Waiting until an action has come about, with a deadline; for threads, and for an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Protocol

from services.cancel import NEVER, CancelToken
from services.errors import SessionLost, StoredeckError, TimedOut, Unavailable
from services.instances.pacing import Pacing
from services.stores.instances import ActionResult, InstanceDetail, ManagesInstances

PASSING: Final = (Unavailable, SessionLost)
"""What says nothing of the thing waited for: it is asked again until the deadline."""


@dataclass(frozen=True, slots=True)
class Waited:
    """How a wait stands.

    Attributes:
        trouble: why the last question was not answered, empty when it was.
    """

    result: ActionResult
    elapsed_seconds: float
    is_reached: bool = False
    trouble: str = ""


Tell = Callable[[Waited], None]


class Asks(Protocol):
    """What an event loop waits with: the instances of an open session."""

    async def is_reached(self, result: ActionResult) -> bool:
        """Whether what an action promised has come about."""
        ...

    async def show(self, identifier: str) -> InstanceDetail:
        """Everything about one."""
        ...


def _nothing(waited: Waited) -> None:
    """Tell nobody."""


def wait_for(
    managing: ManagesInstances,
    result: ActionResult,
    pacing: Pacing | None = None,
    cancel: CancelToken = NEVER,
    tell: Tell = _nothing,
) -> Waited:
    """Wait in this thread until it has come about, telling after every question how it stands.

    Raises:
        Refused: it failed.
        TimedOut: the deadline passed; the words say in which state it is.
        Cancelled: asked to stop; what was begun goes on at the service.
    """
    pacing = pacing or Pacing()
    while True:
        cancel.check()
        waited = _asked(lambda: managing.is_reached(result), result, pacing)
        tell(waited)
        if waited.is_reached:
            return waited
        if pacing.is_over:
            raise late(result, waited, _state(managing, result))
        cancel.wait(pacing.pause_seconds())


async def await_result(asks: Asks, result: ActionResult, pacing: Pacing | None = None, tell: Tell = _nothing) -> Waited:
    """The same on an event loop; cancelling the task ends the wait, not what was begun."""
    pacing = pacing or Pacing()
    while True:
        waited = await _answered(asks.is_reached(result), result, pacing)
        tell(waited)
        if waited.is_reached:
            return waited
        if pacing.is_over:
            raise late(result, waited, await _state_of(asks, result))
        await asyncio.sleep(pacing.pause_seconds())


def _asked(ask: Callable[[], bool], result: ActionResult, pacing: Pacing) -> Waited:
    try:
        return Waited(result, pacing.elapsed_seconds, ask())
    except PASSING as error:
        return Waited(result, pacing.elapsed_seconds, trouble=error.message)


async def _answered(asking: Awaitable[bool], result: ActionResult, pacing: Pacing) -> Waited:
    try:
        return Waited(result, pacing.elapsed_seconds, await asking)
    except PASSING as error:
        return Waited(result, pacing.elapsed_seconds, trouble=error.message)


def late(result: ActionResult, waited: Waited, detail: InstanceDetail | None) -> TimedOut:
    """The error of a deadline that passed: what it is in, since when, and what went wrong last."""
    what = detail.instance.name if detail is not None else result.instance_id or result.subject
    told = f"{what}: not {result.wait_for} after {waited.elapsed_seconds:.0f} s"
    if waited.trouble:
        return TimedOut(f"{told}: {waited.trouble}", hint="It may have come about meanwhile: look at it.")
    if detail is None:
        return TimedOut(told, hint="It goes on at the service: wait again, or look at it.")
    instance = detail.instance
    state = " ".join(filter(None, (instance.status, instance.operating_status)))
    fault = f"; last fault: {detail.fault.message}" if detail.fault is not None else ""
    since = f" since {instance.updated or instance.created}" if instance.updated or instance.created else ""
    hint = "It goes on at the service: wait again."
    if instance.status == "BUILD":
        hint += " An instance that stays in BUILD can only be deleted once an administrator has reset its status."
    return TimedOut(f"{told}: is {state}{since}{fault}", hint=hint)


def _state(managing: ManagesInstances, result: ActionResult) -> InstanceDetail | None:
    try:
        return managing.show_instance(result.instance_id) if result.instance_id else None
    except StoredeckError:
        return None


async def _state_of(asks: Asks, result: ActionResult) -> InstanceDetail | None:
    try:
        return await asks.show(result.instance_id) if result.instance_id else None
    except StoredeckError:
        return None
