"""The containers visited, to walk back and forth."""

from __future__ import annotations

from typing import Final

from services.editing.staged import Container

MOST: Final = 20


class Visits:
    """The last containers on show, oldest first, and where one stands among them."""

    def __init__(self) -> None:
        self._places: list[Container] = []
        self._at = -1

    def add(self, place: Container) -> None:
        """A container came on show: by walking here, or anew, which forgets what lay ahead."""
        if 0 <= self._at < len(self._places) and self._places[self._at] == place:
            return
        self._places = [*self._places[: self._at + 1], place][-MOST:]
        self._at = len(self._places) - 1

    def walk(self, by: int) -> Container | None:
        """Go back or on; None at the ends."""
        if not 0 <= self._at + by < len(self._places):
            return None
        self._at += by
        return self._places[self._at]
