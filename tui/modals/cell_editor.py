"""Edits one value as text; the store reads the text before anything is staged, and says what is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import ClassVar, Final

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from services.editing.edit_text import edit_text, is_nested
from services.editing.wording import value_words
from services.errors import StoredeckError, ValueRefused
from services.text import displayable
from services.values import Typed, Value
from tui.keys import key
from tui.modals.base import DeckModal
from tui.modals.menu import MenuEntry, MenuModal
from tui.working import start_work

LONG_CHARACTERS: Final = 120
"""From here on a text is edited over several lines."""

Parse = Callable[[str, str], Awaitable[Typed]]
"""Reads a text as a value of a type."""


TEXT_TYPES: Final = ("string", "char", "text")
"""Words in the names of types whose values are texts, in every store."""


class CellEditor(DeckModal[Typed]):
    """Gives the new value, None where nothing is to change."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("ctrl+s", "take", "Stage", id="cell.stage", tooltip="Stage this value; nothing is sent yet.", weight=20),
        key("ctrl+t", "choose_type", "Type", id="cell.type", tooltip="Choose the type of the value.", weight=10),
        key("f3", "lengthen", "Long form", id="cell.long", tooltip="Edit over several lines.", weight=8),
        key("f4", "take_file", "From file", id="cell.file", tooltip="Take the bytes of a file as the value.", weight=6),
        key("escape", "cancel", "Close", id="cell.close", tooltip="Close without staging.", weight=1),
    ]
    DEFAULT_CSS = """
    CellEditor {
        #cell-was, #cell-type { height: 1; color: $dim; }
        #cell-error { height: auto; color: $error; }
        #cell-text { border: none; height: 12; padding: 0; background: $ground; }
        .-off { display: none; }
    }
    """

    def __init__(
        self, title: str, value: Value, parse: Parse, *, type_word: str, type_words: Sequence[str] = (), hint: str = ""
    ) -> None:
        """An editor.

        Args:
            type_word: the type that the text is read as at first.
            type_words: the types to choose from; one or none where there is no choice.
        """
        super().__init__()
        self._title = title
        self._value = value
        self._parse = parse
        self._type_word = self._first_word = type_word
        self._type_words = list(type_words)
        self._hint = hint
        self._start = edit_text(value)
        self._is_long = is_nested(value) or len(self._start) > LONG_CHARACTERS or not _fits_line(self._start)

    @property
    def title_words(self) -> str:
        """The cell."""
        return self._title

    def compose_body(self) -> Iterable[Widget]:
        """What it was, the type, the field, and what is wrong."""
        yield Static(Content(f"was   {value_words(self._value)}"), id="cell-was")
        yield Static(id="cell-type")
        line_classes = "deck-input -off" if self._is_long else "deck-input"
        yield Input("" if self._is_long else self._start, id="cell-line", classes=line_classes)
        yield TextArea(self._start if self._is_long else "", id="cell-text", classes="" if self._is_long else "-off")
        yield Static(id="cell-error")

    def on_mount(self) -> None:
        """Put the cursor where typing starts."""
        self._say_type()
        field = self._field
        self.set_focus(field)
        if self._is_long and self._text != self._start:
            self._say("its line breaks are of several kinds; staging writes plain ones")

    @property
    def _field(self) -> Input | TextArea:
        return self.query_one("#cell-text", TextArea) if self._is_long else self.query_one("#cell-line", Input)

    @property
    def _text(self) -> str:
        field = self._field
        return field.value if isinstance(field, Input) else field.text

    def why_off(self, action: str) -> str:
        """What makes no sense for this cell."""
        if action == "choose_type" and len(self._type_words) < 2:
            return f"the column holds {displayable(self._type_word)} only"
        if action == "lengthen" and self._is_long:
            return "it is long already"
        return ""

    def _say(self, words: str) -> None:
        self.query_one("#cell-error", Static).update(Content(displayable(words)))

    def _say_type(self) -> None:
        is_text = any(word in self._type_word.casefold() for word in TEXT_TYPES)
        hint = (
            self._hint or ("empty text is a text; " if is_text else "") + "what cannot be typed is in the set menu (=)"
        )
        self.query_one("#cell-type", Static).update(Content(f"type  {displayable(self._type_word)}   {hint}"))

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.action_take()

    def action_take(self) -> None:
        """Let the store read the text, then close."""
        if self._text == self._start and self._type_word == self._first_word:
            self.dismiss(None)
            return
        start_work(self, "take", self._take, self._text)

    async def _take(self, text: str) -> None:
        try:
            value = await self._parse(text, self._type_word)
        except StoredeckError as error:
            self._say(f"{error.message}. {error.hint}" if error.hint else error.message)
            return
        self.dismiss(value)

    def action_choose_type(self) -> None:
        """Choose among the types the column can take."""
        entries = [MenuEntry(word, word) for word in self._type_words]
        self.app.push_screen(MenuModal("Type", entries, current=self._type_word), self._type_chosen)

    def _type_chosen(self, word: str | None) -> None:
        if word:
            self._type_word = word
            self._say_type()
            self._say("")

    def action_lengthen(self) -> None:
        """Go on over several lines."""
        text = self._text
        self._is_long = True
        self.query_one("#cell-line").add_class("-off")
        area = self.query_one("#cell-text", TextArea)
        area.remove_class("-off")
        area.load_text(text)
        self.set_focus(area)
        self.refresh_bindings()

    def action_take_file(self) -> None:
        """Ask for the file whose bytes are the value."""
        from tui.modals.text_prompt import TextPrompt

        prompt = TextPrompt("Bytes of a file", "The file's path; its bytes become the value.")
        self.app.push_screen(prompt, self._file_named)

    def _file_named(self, name: str | None) -> None:
        if name:
            start_work(self, "take", self._take_file, name)

    async def _take_file(self, name: str) -> None:
        try:
            data = await asyncio.to_thread(_read_file, name)
        except ValueRefused as error:
            self._say(error.message)
            return
        await self._take(f"0x{data.hex()}")


MOST_BYTES: Final = 16 << 20


def _read_file(name: str) -> bytes:
    path = Path(name).expanduser()
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueRefused(f"{name}: larger than {MOST_BYTES >> 20} MB")
        return path.read_bytes()
    except OSError as error:
        raise ValueRefused(f"{name}: cannot be read: {error.strerror}") from error


def _fits_line(text: str) -> bool:
    """Whether a text can be edited on one line without loss."""
    return len(text.splitlines()) < 2 and text.isprintable()
