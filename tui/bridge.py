"""The one subscriber of the services' events: turns them into messages of the console, many at once."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.message import Message

from services.events import Event

if TYPE_CHECKING:
    from textual.message_pump import MessagePump

    from services.events import EventBus


class EventPublished(Message):
    """Something happened; sent to the app and then to every main screen.

    A newer event of the same kind about the same thing takes the place of one that was not handled yet.
    """

    def __init__(self, event: Event) -> None:
        super().__init__()
        self.event = event

    def can_replace(self, message: Message) -> bool:
        """Whether this one says all that the other says."""
        if not isinstance(message, EventPublished):
            return False
        one, other = self.event, message.event
        return (type(one), one.profile, one.what, one.on) == (type(other), other.profile, other.what, other.on)


class EventsWaiting(Message):
    """Events wait in the bridge; one such message stands for any number of them."""


class Bridge:
    """Collects events from any thread and wakes the app once for all that came meanwhile."""

    def __init__(self, events: EventBus, app: MessagePump) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._waiting: deque[Event] = deque()
        self._unsubscribe: Callable[[], None] = events.subscribe(self._heard)

    def _heard(self, event: Event) -> None:
        with self._lock:
            is_first = not self._waiting
            self._waiting.append(event)
        if is_first:
            self._app.post_message(EventsWaiting())

    def drain(self) -> list[Event]:
        """All events that came since the last call, in order."""
        with self._lock:
            events = list(self._waiting)
            self._waiting.clear()
        return events

    def close(self) -> None:
        """Hear no more."""
        self._unsubscribe()
