"""The first frame: the words of the first screen where they will stand, painted before anything heavy is imported.

Imports nothing but what every interpreter has loaded; the real widgets take their words from here.
"""

from __future__ import annotations

import os

TITLE = "Storedeck"
MODES = (
    ("connections", "Connections"),
    ("browser", "Browser"),
    ("console", "Console"),
    ("instances", "Instances"),
    ("transfers", "Transfers"),
    ("events", "Events"),
)
FIRST_FOOTER = (
    ("enter", "Open"),
    ("t", "Test"),
    ("n", "New"),
    ("e", "Edit"),
    ("y", "Copy"),
    ("D", "Remove"),
)
MORE = ("?", "more")
WIDE_COLUMNS = 100
"""From here on the line of screens shows every name and the footer seven entries instead of five."""

SMALLEST = (60, 18)
GROUND, TEXT, DIM, ACCENT, LINE = "#171c23", "#e8e3d9", "#9aa4b0", "#e5a84b", "#3a4552"
"""Colours of our own dark theme; a test holds them to its file."""

STDOUT = 1
ENTER_ALTERNATE = "\x1b[?1049h"
LEAVE_ALTERNATE = "\x1b[?1049l\x1b[?25h"


def mode_words(width: int, current: str) -> list[tuple[str, bool]]:
    """The line of screens: every word, and whether it is the screen shown."""
    words = []
    for digit, (mode, name) in enumerate(MODES, start=1):
        is_named = width >= WIDE_COLUMNS or mode == current
        words.append((f"{digit} {name}" if is_named else str(digit), mode == current))
    return words


def footer_limit(width: int) -> int:
    """Entries that a footer of this width shows at most."""
    return 7 if width >= WIDE_COLUMNS else 5


def footer_words(entries: list[tuple[str, str]], width: int, last: tuple[str, str] = MORE) -> list[tuple[str, str]]:
    """As many whole entries as fit, and the last one, which leads to all others."""
    shown: list[tuple[str, str]] = []
    left = width - 1 - _entry_width(last)
    for entry in entries[: footer_limit(width) - 1]:
        left -= _entry_width(entry)
        if left < 0:
            break
        shown.append(entry)
    return [*shown, last]


def _entry_width(entry: tuple[str, str]) -> int:
    return len(entry[0]) + len(entry[1]) + 3


def split_column(width: int) -> int:
    """Where the divider between the list of connections and the detail stands; 0 where there is only the list."""
    return max(width // 2, 1) if width >= WIDE_COLUMNS else 0


def frame_lines(width: int, height: int) -> list[list[tuple[str, str]]]:
    """Every line of the frame as pieces of text and colour."""
    modes: list[tuple[str, str]] = []
    for text, is_current in mode_words(width, "connections"):
        modes += [(" ", DIM), (text, ACCENT if is_current else DIM), (" ", DIM)]
    footer = [(" ", DIM)]
    for key, word in footer_words(list(FIRST_FOOTER), width):
        footer += [(key, ACCENT), (f" {word}  ", DIM)]
    split = split_column(width)
    title = "▸ Connections "
    left = (split or width) - len(title)
    pane = [(title, ACCENT), ("─" * left, LINE)]
    if split:
        pane += [("┬" + "─" * (width - split - 1), LINE)]
    middle = [[(" " * split + "│", LINE)] if split else [] for _ in range(height - 5)]
    return [[(f" {TITLE}", TEXT)], modes, pane, *middle, [("─" * width, LINE)], footer]


def frame(width: int, height: int, *, has_color: bool) -> str:
    """The bytes that paint the frame on the alternate screen."""
    parts = [ENTER_ALTERNATE, "\x1b[?25l"]
    if has_color:
        parts.append(f"\x1b[48;2;{_rgb(GROUND)}m")
    parts.append("\x1b[2J\x1b[H")
    for row, pieces in enumerate(frame_lines(width, height), start=1):
        parts.append(f"\x1b[{row};1H")
        for text, color in pieces:
            parts.append(f"\x1b[38;2;{_rgb(color)}m{text}" if has_color else text)
    parts.append("\x1b[0m")
    return "".join(parts)


def _rgb(color: str) -> str:
    return ";".join(str(int(color[index : index + 2], 16)) for index in (1, 3, 5))


def paint() -> bool:
    """Paint the first frame on standard output; False where the terminal is too small or will not say its size."""
    try:
        width, height = os.get_terminal_size(STDOUT)
    except OSError:
        return False
    if width < SMALLEST[0] or height < SMALLEST[1]:
        return False
    has_color = not os.environ.get("NO_COLOR") and os.environ.get("COLORTERM", "") in ("truecolor", "24bit")
    os.write(STDOUT, frame(width, height, has_color=has_color).encode("utf-8"))
    return True


def wipe() -> None:
    """Give the terminal back when the console could not start."""
    try:
        os.write(STDOUT, LEAVE_ALTERNATE.encode("ascii"))
    except OSError:  # it is gone
        return
