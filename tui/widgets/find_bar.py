"""One line below a text: words to find, and others to put in their place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from services.text import displayable
from tui.keys import key


class FindField(Input):
    """One of its fields; the keys work in both."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("down", "next(1)", "Next", id="find.next", tooltip="The next place; enter does it, too.", weight=120),
        key("up", "next(-1)", "Before", id="find.before", tooltip="The place before.", weight=118),
        key("ctrl+r", "all", "Replace all", id="find.all", tooltip="Replace in all places at once.", weight=116),
        key("escape", "leave", "Back", id="find.leave", tooltip="Back to the text.", weight=114),
    ]

    @property
    def bar(self) -> FindBar:
        """Whose field it is."""
        bar = self.parent
        assert isinstance(bar, FindBar)
        return bar

    def action_next(self, by: int) -> None:
        """Go to another place."""
        self.bar.step(by)

    def action_all(self) -> None:
        """Replace all."""
        self.bar.replace_all()

    def action_leave(self) -> None:
        """Close."""
        self.bar.leave()


class FindBar(Horizontal):
    """There only while it is used; what is asked of it is told by messages."""

    DEFAULT_CSS = """
    FindBar {
        height: 1;
        display: none;
        background: $raised;
        &.-open { display: block; }
        Static { width: auto; padding: 0 1; color: $dim; background: $raised; }
        Input { width: 1fr; height: 1; border: none; padding: 0; background: $ground; }
        Input:focus { border: none; background: $cursor; color: $on-cursor; background-tint: transparent; }
    }
    """

    class Wanted(Message):
        """Words were written: the first place from where the search began."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    class Stepped(Message):
        """Another place is wanted, so many on."""

        def __init__(self, words: str, by: int) -> None:
            super().__init__()
            self.words = words
            self.by = by

    class Replaced(Message):
        """The place that is marked, or all of them, is to have other words."""

        def __init__(self, words: str, new: str, is_all: bool) -> None:
            super().__init__()
            self.words = words
            self.new = new
            self.is_all = is_all

    class Left(Message):
        """It is not needed any more."""

    def compose(self) -> Iterable[Widget]:
        """Two fields and a count."""
        yield Static(Content("Find"))
        yield FindField(id="find-words", compact=True)
        yield Static(Content("Replace by"))
        yield FindField(id="find-new", compact=True)
        yield Static(Content(""), id="find-count")

    @property
    def words(self) -> str:
        """What is looked for."""
        return self.query_one("#find-words", Input).value

    def open(self, words: str) -> None:
        """Begin, with these words unless there are none."""
        self.add_class("-open")
        field = self.query_one("#find-words", Input)
        if words:
            field.value = words
        field.select_on_focus = True
        field.focus()

    def say(self, words: str) -> None:
        """Which place of how many."""
        self.query_one("#find-count", Static).update(Content(displayable(words)))

    @on(Input.Changed, "#find-words")
    def _words_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.has_class("-open"):
            self.post_message(self.Wanted(event.value))

    @on(Input.Submitted, "#find-words")
    def _words_given(self, event: Input.Submitted) -> None:
        event.stop()
        self.step(1)

    @on(Input.Submitted, "#find-new")
    def _new_given(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Replaced(self.words, event.value, is_all=False))

    def step(self, by: int) -> None:
        """Go to another place."""
        self.post_message(self.Stepped(self.words, by))

    def replace_all(self) -> None:
        """Replace all."""
        self.post_message(self.Replaced(self.words, self.query_one("#find-new", Input).value, is_all=True))

    def leave(self) -> None:
        """Close."""
        self.remove_class("-open")
        self.post_message(self.Left())
