"""The list of profiles: tag, name, environment word, state, last use."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style

from tui.ages import age, clock
from tui.places import tag_of
from tui.session_states import SessionStates
from tui.widgets.header import tag_style
from tui.widgets.line_list import LineList
from tui.widgets.rule import cells, clean

if TYPE_CHECKING:
    from services.connections.profile import Profile
    from tui.profile_book import ProfileBook

_ENVIRONMENT_CELLS = 6
_STATE_CELLS = 24


class ProfileList(LineList):
    """One line a profile; an entry that cannot be used is listed with what is wrong."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"profile-list--{name}" for name in ("dim", "ok", "warning", "error", "prod")
    }
    DEFAULT_CSS = """
    ProfileList {
    }
    """

    def __init__(self, book: ProfileBook, states: SessionStates, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._states = states
        self._book = book
        self._broken = list(book.problems)

    @property
    def count(self) -> int:
        """Profiles and broken entries."""
        return len(self._book.profiles) + len(self._broken)

    @property
    def current(self) -> Profile | None:
        """The profile under the cursor."""
        profiles = self._book.profiles
        return profiles[self.cursor] if self.cursor < len(profiles) else None

    @property
    def current_broken(self) -> str:
        """The name of the broken entry under the cursor, or empty."""
        index = self.cursor - len(self._book.profiles)
        return self._broken[index] if 0 <= index < len(self._broken) else ""

    def show(self, book: ProfileBook) -> None:
        """Show another reading of the profiles; the cursor stays on its profile where it is still there."""
        name = current.name if (current := self.current) else ""
        self._book, self._broken = book, list(book.problems)
        if name in book.names:
            self.cursor = book.names.index(name)
        self.lines_changed()

    def select(self, name: str) -> None:
        """Stand on a profile."""
        if name in self._book.names:
            self.cursor = self._book.names.index(name)

    def draw(self, index: int, width: int, style: Style) -> list[Segment]:
        """One profile."""
        if index >= len(self._book.profiles):
            return self._draw_broken(self._broken[index - len(self._book.profiles)], width, style)
        profile = self._book.profiles[index]
        state_room = _STATE_CELLS if width >= 54 else 14
        name_room = max(width - 5 - _ENVIRONMENT_CELLS - state_room, 8)
        state, state_style = self._state_words(profile.name)
        name = clean(profile.name, name_room - 1)
        environment = profile.environment.value
        environment_style = self._on("prod" if environment == "prod" else "dim", style)
        word = environment.upper() if environment == "prod" else environment
        return [
            Segment(f" {tag_of(profile)} ", tag_style(self, profile.kind)),
            Segment(" " + name + " " * (name_room - cells(name)), style),
            Segment(word.ljust(_ENVIRONMENT_CELLS), environment_style),
            Segment(clean(state, state_room), self._on(state_style, style)),
        ]

    def _draw_broken(self, name: str, width: int, style: Style) -> list[Segment]:
        words = clean(f"{name}  {self._book.problems[name]}", width - 4)
        return [Segment(" ✗  ", self._on("error", style)), Segment(words, style)]

    def _on(self, name: str, style: Style) -> Style:
        """A style's colour on the ground of the line; the cursor line keeps its own colour."""
        own = self.look("error bold" if name == "prod" else name)
        return style if style.bgcolor != self.ground.bgcolor else style + Style(color=own.color, bold=own.bold)

    def _state_words(self, name: str) -> tuple[str, str]:
        state = self._states.get(name)
        if state.mark == "●":
            return f"● connected  {age(time.time() - state.at)}", "ok"
        if state.mark == "◐":
            return f"◐ {state.word}", "warning"
        if state.mark == "✗":
            return f"✗ {clock(state.at)} {state.problem}", "error"
        used = self._book.last_uses.get(name)
        return f"○ {age(time.time() - used)} ago" if used else "○ never", "dim"
