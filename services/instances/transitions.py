"""Which instances of a list are changing, since when, and when to ask for each again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from services.stores.instances import Instance

POLL_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Transition:
    """One instance that is changing.

    Attributes:
        since: of the clock: when its present status was first seen, or when the service says that it began.
    """

    instance: Instance
    since: float
    asked: float


class Transitions:
    """Only what is changing is asked for again; what came to rest is forgotten."""

    def __init__(
        self,
        poll_seconds: float = POLL_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._poll_seconds = poll_seconds
        self._clock = clock
        self._now = now
        self._known: dict[str, Transition] = {}

    def see(self, instances: Iterable[Instance]) -> None:
        """Take in instances as they are now."""
        for instance in instances:
            if not instance.is_changing:
                self._known.pop(instance.id, None)
                continue
            known = self._known.get(instance.id)
            is_same = known is not None and _state(known.instance) == _state(instance)
            since = known.since if known is not None and is_same else self._began(instance, is_first=known is None)
            self._known[instance.id] = Transition(instance, since, self._clock())

    def _began(self, instance: Instance, *, is_first: bool) -> float:
        """For one seen for the first time the service's own time of its last change, else now."""
        told = instance.updated or instance.created
        clock = self._clock()
        if not is_first or not told:
            return clock
        try:
            then = datetime.fromisoformat(told)
        except ValueError:
            return clock
        then = then if then.tzinfo else then.replace(tzinfo=UTC)
        return clock - max((self._now() - then).total_seconds(), 0.0)

    def forget(self, identifier: str) -> None:
        """It is gone."""
        self._known.pop(identifier, None)

    def due(self) -> list[str]:
        """The instances to ask for now."""
        now = self._clock()
        return [one.instance.id for one in self._known.values() if now - one.asked >= self._poll_seconds]

    def elapsed_seconds(self, identifier: str) -> float | None:
        """Since when it is in its present state; None for one at rest."""
        known = self._known.get(identifier)
        return None if known is None else self._clock() - known.since

    def __len__(self) -> int:
        return len(self._known)


def _state(instance: Instance) -> tuple[str, str]:
    return instance.status, instance.operating_status
