"""Where the editor's names come from: those of the profile that its statements run in, read in the background."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from textual.widget import Widget

from services.queries.completion import Completion, complete
from services.queries.completion_names import KnownNames
from services.queries.completion_reading import NameReading, changes_names
from tui.working import start_work

if TYPE_CHECKING:
    from tui.app import StoredeckApp


class CompletionSource:
    """What is known of each profile; what was read stays for as long as the console runs, in memory alone.

    Args:
        editor: the work of reading ends with it.
        on_change: called when more names of the present profile are known.
    """

    def __init__(self, editor: Widget, on_change: Callable[[], None]) -> None:
        self._editor = editor
        self._on_change = on_change
        self._readings: dict[str, NameReading] = {}
        self._profile = ""

    @property
    def _deck(self) -> StoredeckApp:
        return cast("StoredeckApp", self._editor.app)

    def turn_to(self, profile: str) -> None:
        """The statements run in this profile from now on; nothing is asked of its session before a name is typed."""
        self._profile = profile

    @property
    def opens_by_itself(self) -> bool:
        """Whether the list opens while one types, by the user's settings."""
        return not self._profile or self._deck.services.settings.completion

    def _reading(self) -> NameReading | None:
        """What is read of the present profile; None for an editor without one."""
        profile = self._profile
        if profile and profile not in self._readings:
            found = self._deck.book.get(profile)
            names = KnownNames(found.fields.get("schema", "") if found is not None else "")
            self._readings[profile] = NameReading(
                profile, names, lambda: self._deck.session(profile), lambda: self._changed(profile)
            )
        return self._readings.get(profile)

    def _changed(self, profile: str) -> None:
        if profile == self._profile:
            self._on_change()

    def complete(self, text: str, offset: int, dialect: str) -> Completion | None:
        """What could be written there; begins to read what is not known yet, once."""
        found = complete(text, offset, self.names, dialect)
        reading = self._reading()
        if reading is None:
            return found
        if reading.is_due:
            start_work(self._editor, f"names:{self._profile}", reading.read)
        wanted = [table for table in (found.tables if found else ()) if reading.lacks_columns(table)]
        if wanted:
            start_work(self._editor, "columns", reading.read_columns, wanted, is_exclusive=False)
        return found

    def read_again(self) -> None:
        """Names may have changed: read them anew, the old ones serve until then."""
        reading = self._reading()
        if reading is not None and not reading.is_reading:
            start_work(self._editor, f"names:{self._profile}", reading.read)

    def statement_ran(self, profile: str, text: str, dialect: str) -> None:
        """A statement ran in a profile: after one that changes names they are read again, at the next letter typed."""
        if profile in self._readings and changes_names(text, dialect):
            self._readings[profile].outdate()

    @property
    def names(self) -> KnownNames:
        """What is known of the present profile."""
        reading = self._reading()
        return reading.names if reading is not None else KnownNames()

    @property
    def is_reading(self) -> bool:
        """Whether more names are on their way."""
        reading = self._readings.get(self._profile)
        return reading is not None and reading.is_reading
