"""How each profile's session stands, as heard from the services' events."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from services.events import Event, SessionChanged

if TYPE_CHECKING:
    from services.stores.types import CheckStep

OPEN: Final = "open"
OPENING: Final = "opening"
FAILED: Final = ("failed", "lost")


@dataclass(frozen=True, slots=True)
class SessionState:
    """One profile's session.

    Attributes:
        word: as the services say it; empty before the first connection.
        at: seconds since 1970 of the last change.
        problem: why it failed, in one line.
    """

    word: str = ""
    at: float = 0.0
    problem: str = ""

    @property
    def mark(self) -> str:
        """`●` connected, `◐` on its way, `✗` failed, `○` not connected."""
        if self.word == OPEN:
            return "●"
        if self.word == OPENING:
            return "◐"
        return "✗" if self.word in FAILED else "○"

    @property
    def style(self) -> str:
        """The style of the mark and its words."""
        return {"●": "ok", "◐": "warning", "✗": "error"}.get(self.mark, "dim")


@dataclass(frozen=True, slots=True)
class CheckReport:
    """A check of a connection: when it began, its steps so far, whether it still runs, why it ended early."""

    at: float
    steps: tuple[CheckStep, ...] = ()
    is_running: bool = True
    error: str = ""
    hint: str = ""

    def with_step(self, step: CheckStep) -> CheckReport:
        """One more step."""
        return replace(self, steps=(*self.steps, step))


class SessionStates:
    """The state by profile name."""

    def __init__(self) -> None:
        self._states: dict[str, SessionState] = {}
        self.checks: dict[str, CheckReport] = {}

    def heard(self, event: Event) -> bool:
        """Take in an event; whether it changed anything."""
        if not isinstance(event, SessionChanged) or not event.state:
            return False
        problem = event.result if event.is_error else ""
        self._states[event.profile] = SessionState(event.state, event.at, problem)
        return True

    def get(self, name: str) -> SessionState:
        """The state of a profile."""
        return self._states.get(name, SessionState())

    @property
    def open_names(self) -> list[str]:
        """The profiles with an open session."""
        return [name for name, state in self._states.items() if state.word == OPEN]
