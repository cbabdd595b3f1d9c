"""The grid in a real terminal over a real session process: what it writes a key, what it never imports."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pty_app import PtyApp, python_app

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "tests" / "benchmarks" / "grid_programs.py"
HEAVY = ("pyarrow", "numpy", "keyring", "pyignite", "tree_sitter", "sqlglot", "tomlkit", "requests")


@pytest.fixture(scope="module")
def console() -> Iterator[PtyApp]:
    """The grid over ten thousand rows in another process, on 160x48."""
    with python_app(str(PROGRAM), "10000") as app:
        app.wait_for("row number 0 ", 50)
        app.settle(0.5)
        yield app


def test_a_cursor_key_writes_little(console: PtyApp) -> None:
    """Two lines of 160 cells and their styles: a few hundred bytes, every time."""
    sizes = [console.press("down")[1] for _ in range(5)]
    assert [size for size in sizes if not 100 < size < 1500] == []


def test_a_page_writes_one_screen_once(console: PtyApp) -> None:
    """47 lines of 160 cells and little more: no second paint, no placeholder first."""
    sizes = [console.press("page_down")[1] for _ in range(5)]
    assert [size for size in sizes if not 47 * 100 < size < 47 * 160 * 2] == []


def test_no_raw_control_byte_is_written(console: PtyApp) -> None:
    """Apart from whole terminal sequences the output holds printable characters and line ends only."""
    console.press("end")
    odd = {character for character in console.plain_output if not character.isprintable()}
    assert odd <= {"\r", "\n"}


def test_grid_and_console_import_nothing_heavy() -> None:
    """Neither Arrow nor an SDK, a keyring, a parser or a highlighter comes with the screens that show rows."""
    import subprocess

    code = (
        "import sys; import tui.screens.console, tui.modals.statement_history, tui.modals.arguments;"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
