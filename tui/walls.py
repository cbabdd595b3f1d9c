"""The second wall against hostile text: nothing a terminal would act on leaves the console.

The first wall is `services.text.displayable`, where remote text enters. This one stands at the exit: a line filter
over every rendered segment, one function for window titles and one for the clipboard.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from rich.cells import set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.filter import LineFilter

from services.text import CONTROL_SYMBOLS, displayable, is_safe

if TYPE_CHECKING:
    from textual.color import Color

TITLE_LIMIT: Final = 120
_CLIPBOARD_KEEPS: Final = (0x09, 0x0A)
_CLIPBOARD_SYMBOLS: Final = {code: symbol for code, symbol in CONTROL_SYMBOLS.items() if code not in _CLIPBOARD_KEEPS}


class WallFilter(LineFilter):
    """Replaces control, bidirectional and hidden characters in rendered lines, and drops terminal links."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same segments where they are safe; a replaced one keeps its width."""
        if all(_is_plain(text) and (style is None or style.link is None) for text, style, _ in segments):
            return segments
        return [_walled(segment) for segment in segments]


def _is_plain(text: str) -> bool:
    return (text.isascii() and text.isprintable()) or is_safe(text)


def _walled(segment: Segment) -> Segment:
    text, style, control = segment
    if style is not None and style.link is not None:
        style = _without_link(style)
    if not _is_plain(text):
        text = set_cell_size(displayable(text), segment.cell_length)
    return Segment(text, style, control)


@lru_cache(256)
def _without_link(style: Style) -> Style:
    return style.update_link(None)


def window_title(text: str) -> str:
    """Text that may become a window's title: one short displayable line."""
    return displayable(text, TITLE_LIMIT)


def clipboard_text(text: str) -> str:
    """Text that may go to the clipboard: line breaks and tabs stay, what a shell or terminal would act on does not."""
    return text.replace("\r\n", "\n").encode("utf-8", "replace").decode("utf-8").translate(_CLIPBOARD_SYMBOLS)
