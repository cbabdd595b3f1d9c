"""What happened: frozen events on one bus. The console's bridge and the event log are its subscribers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened; all texts are displayable and hold no secret.

    Attributes:
        at: seconds since 1970.
        profile: the session it belongs to, or empty.
        what: the act, such as `open`, `read`, `commit`.
        on: the thing acted on.
        result: `ok`, or the error in one line.
        seconds: how long it took, None where it has no length.
    """

    at: float = field(default_factory=time.time)
    profile: str = ""
    what: str = ""
    on: str = ""
    result: str = "ok"
    is_error: bool = False
    seconds: float | None = None
    hint: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionChanged(Event):
    """A session opened, failed, was lost or closed; `state` is the new state's word."""

    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedChanged(Event):
    """The journal of staged edits changed; `count` are staged now, over all profiles."""

    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfilesChanged(Event):
    """A profile was added, edited, renamed or removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFinished(Event):
    """A request to a store ended."""


class EventBus:
    """Publishes to subscribers in the publisher's thread; a subscriber that fails stops nobody else."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscribers: tuple[Callable[[Event], None], ...] = ()

    def subscribe(self, subscriber: Callable[[Event], None]) -> Callable[[], None]:
        """Call `subscriber` with every event from now on; returns the way to stop it."""
        with self._lock:
            self._subscribers = (*self._subscribers, subscriber)

        def unsubscribe() -> None:
            with self._lock:
                self._subscribers = tuple(other for other in self._subscribers if other is not subscriber)

        return unsubscribe

    def publish(self, event: Event) -> None:
        """Tell every subscriber."""
        for subscriber in self._subscribers:
            subscriber(event)
