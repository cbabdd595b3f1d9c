"""The first frame has the places and words of the first screen, and comes before every import."""

from __future__ import annotations

import subprocess
import sys

import pytest
from app_driver import NARROW, WIDE, running, screen_lines

from services.bootstrap import Services
from tui import skeleton


def words(size: tuple[int, int]) -> list[str]:
    """The frame's lines as text."""
    return ["".join(text for text, _ in pieces).rstrip() for pieces in skeleton.frame_lines(*size)]


@pytest.mark.parametrize("size", [WIDE, NARROW, (100, 30), (60, 18), (99, 40)])
async def test_the_frame_is_the_first_screen_without_its_content(services: Services, size: tuple[int, int]) -> None:
    """Header, line of screens, rules, divider and footer stand where the real ones will."""
    async with running(services, size=size) as (app, _):
        real = screen_lines(app)
    frame = words(size)
    assert len(frame) == len(real)
    assert (frame[0], frame[1], frame[-1]) == (real[0], real[1], real[-1])
    assert frame[2].startswith("▸ Connections ─")
    assert [place for place, char in enumerate(frame[2]) if char == "┬"] == [
        place for place, char in enumerate(real[2]) if char == "┬"
    ]
    assert frame[-2].startswith("─")
    assert real[-2].startswith("─")


@pytest.mark.parametrize("size", [WIDE, NARROW, (60, 18), (99, 30)])
def test_no_line_of_the_frame_is_too_long(size: tuple[int, int]) -> None:
    """The frame fits its terminal."""
    assert [line for line in words(size) if len(line) > size[0]] == []


def test_the_frame_without_colour_has_no_colour() -> None:
    """NO_COLOR and plain terminals get the same words without one colour sequence."""
    plain = skeleton.frame(80, 24, has_color=False)
    assert "38;2" not in plain
    assert "48;2" not in plain
    assert "Storedeck" in plain


def test_nothing_is_imported_before_the_frame() -> None:
    """At the moment of painting, the interpreter has loaded nothing that it did not load for itself but the three."""
    code = (
        "import sys; before = set(sys.modules)\n"
        "import tui.skeleton as skeleton\n"
        "import tui.__main__ as entry\n"
        "skeleton.paint = lambda: print(sorted(set(sys.modules) - before)) or sys.exit(0)\n"
        "entry.has_terminal = lambda: True\n"
        "entry.main([])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == str(["__future__", "tui", "tui.__main__", "tui.skeleton"])
