"""A page of text to read: lines made of styled pieces, broken to the width, scrolled by key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from rich.segment import Segment
from textual.binding import BindingType
from textual.strip import Strip

from services.text import displayable
from tui.keys import key
from tui.widgets.rule import cells
from tui.widgets.scrolled import ScrolledWidget


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text in one of the styles `text`, `dim`, `bright`, `ok`, `warning`, `error`, `staged`."""

    text: str
    style: str = "text"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of pieces; where it is too long it goes on below, `indent` cells in."""

    pieces: tuple[Piece, ...] = ()
    indent: int = 0

    @classmethod
    def of(cls, *pieces: str | Piece, indent: int = 0) -> Line:
        """A line of pieces; a plain string is in the style of text."""
        return cls(tuple(Piece(part) if isinstance(part, str) else part for part in pieces), indent)


MOST_CHARACTERS: Final = 20_000
"""Of one piece; what is longer belongs into a viewer that reads it in parts."""

LOOKS: Final = {name: name for name in ("text", "dim", "ok", "warning", "error", "staged")} | {"bright": "accent bold"}


class Lines(ScrolledWidget):
    """Shows lines; all their texts are made displayable here."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("up,k", "scroll_by(-1)", "Up", id="lines.up", tooltip="Scroll a line up."),
        key("down,j", "scroll_by(1)", "Down", id="lines.down", tooltip="Scroll a line down."),
        key("pageup,ctrl+u", "page(-1)", "Page up", id="lines.page_up", tooltip="A page up."),
        key("pagedown,ctrl+d", "page(1)", "Page down", id="lines.page_down", tooltip="A page down."),
        key("home,g", "scroll_by(-1000000)", "First", id="lines.first", tooltip="To the beginning."),
        key("end,G", "scroll_by(1000000)", "Last", id="lines.last", tooltip="To the end."),
    ]
    DEFAULT_CSS = """
    Lines {
        width: 1fr;
        height: 1fr;
        padding: 0 1;
    }
    """

    def __init__(self, lines: Sequence[Line] = (), *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines = list(lines)
        self._laid_out: list[list[Piece]] = []
        self._width = -1

    def show(self, lines: Sequence[Line], *, keep_place: bool = False) -> None:
        """Show other lines, from the first one unless the place is kept."""
        self._lines = list(lines)
        self._width = -1
        if not keep_place:
            self.top = 0
        self.refresh(layout=self.styles.is_auto_height)

    @property
    def text(self) -> str:
        """All lines as text, unbroken."""
        return "\n".join(
            "".join(displayable(piece.text, MOST_CHARACTERS) for piece in line.pieces) for line in self._lines
        )

    @property
    def is_at_end(self) -> bool:
        """Whether the last line is on the screen."""
        return self.top >= self.count - self.size.height

    @property
    def count(self) -> int:
        """Rows that the lines take as they are broken now."""
        return len(self._rows(self.size.width))

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """Rows that the lines take at this width."""
        return len(self._rows(width))

    def render_line(self, y: int) -> Strip:
        """One row."""
        width = self.size.width
        rows = self._rows(width)
        index = self.top + y
        if index >= len(rows):
            return Strip.blank(width, self.ground)
        segments = [Segment(piece.text, self.look(LOOKS[piece.style])) for piece in rows[index]]
        return Strip(segments).crop_extend(0, width, self.ground)

    def _rows(self, width: int) -> list[list[Piece]]:
        if width != self._width and width > 0:
            self._width = width
            self._laid_out = [row for line in self._lines for row in broken(line, width)]
        return self._laid_out

    def action_scroll_by(self, by: int) -> None:
        """Scroll by lines."""
        self.top += by

    def action_page(self, by: int) -> None:
        """Scroll by pages."""
        self.top += by * self.page_lines


def broken(line: Line, width: int) -> list[list[Piece]]:
    """The rows of a line, broken at blanks; a word longer than a row is cut into rows."""
    shown = [Piece(displayable(piece.text, MOST_CHARACTERS), piece.style) for piece in line.pieces if piece.text]
    if sum(cells(piece.text) for piece in shown) <= width:
        return [shown]
    rows: list[list[Piece]] = [[]]
    used = 0
    for piece in shown:
        for word in _words(piece.text):
            while word:
                room = width - used
                if cells(word.rstrip(" ")) <= room:
                    _append(rows[-1], Piece(word if cells(word) <= room else word.rstrip(" "), piece.style))
                    used += cells(word)
                    break
                if used > line.indent:
                    indent = min(line.indent, width // 2)
                    rows.append([Piece(" " * indent)] if indent else [])
                    used = indent
                    word = word.lstrip(" ")
                    continue
                head = _head(word, room)
                rows[-1].append(Piece(head, piece.style))
                word = word[len(head) :]
                used = width
    return rows


def _append(row: list[Piece], piece: Piece) -> None:
    """Add a piece, as part of the one before where both look the same."""
    if row and row[-1].style == piece.style:
        row[-1] = Piece(row[-1].text + piece.text, piece.style)
    else:
        row.append(piece)


def _words(text: str) -> list[str]:
    """The text in words, each with the blanks after it."""
    words: list[str] = []
    start = 0
    for place in range(1, len(text)):
        if text[place - 1] == " " and text[place] != " ":
            words.append(text[start:place])
            start = place
    return [*words, text[start:]] if text else []


def _head(word: str, room: int) -> str:
    """As many first characters as fit, at least one."""
    end = 1
    while end < len(word) and cells(word[: end + 1]) <= room:
        end += 1
    return word[:end]
