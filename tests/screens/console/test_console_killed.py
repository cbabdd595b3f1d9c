"""Drafts of a console that is killed, typed at a real terminal."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

from app_driver import services_in
from memory_session import EXTRA_KINDS
from pty_screen import PtyScreen

from services.connections.profile import Profile

CONSOLE = [sys.executable, "-c", "import sys; from tui.__main__ import main; sys.exit(main(sys.argv[1:]))"]
ENTER, ALT_N, F10 = b"\r", b"\x1bn", b"\x1b[21~"


def kept(folder: Path) -> set[tuple[str, str]]:
    """Name without its token, and text, of each draft in the file."""
    path = folder / "state" / "history.db"
    if not path.exists():
        return set()
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT name, text FROM drafts").fetchall()
    return {(name.rpartition(":")[0], text) for name, text in rows}


def console(folder: Path) -> PtyScreen:
    """A console at a terminal, its SQL screen in front."""
    screen = PtyScreen(CONSOLE, env={"STOREDECK_HOME": str(folder), "STOREDECK_EXTRA_KINDS": EXTRA_KINDS})
    screen.wait_text("mem ")
    screen.settle()
    screen.send(ENTER)
    screen.wait_text("Catalog")
    screen.settle()
    screen.send(b"3")
    return screen


def test_drafts_survive_a_kill(tmp_path: Path) -> None:
    """Two drafts typed a moment before `kill -9` are tabs of the next console, texts and profile with them."""
    services = services_in(tmp_path, Profile("mem", "memory", {}))
    services.close()
    with console(tmp_path) as first:
        first.wait_text("1 new ── mem")
        first.send(b"-- alpha")
        first.wait_text("1 alpha*")
        first.send(ALT_N)
        first.wait_text("2 new")
        first.send(b"-- beta")
        first.wait_text("2 beta*")
        deadline = time.monotonic() + 20
        while kept(tmp_path) != {("console:mem", "-- alpha"), ("console:mem", "-- beta")}:
            assert time.monotonic() < deadline, first.text
            first.read(0.05)
        os.killpg(first.process.pid, signal.SIGKILL)
    with console(tmp_path) as second:
        second.wait_text("1 alpha*  2 beta* ── mem")
        second.send(F10)
        second.wait_text("Close this draft")
        second.send(b"1")
        second.wait_text("-- alpha")
