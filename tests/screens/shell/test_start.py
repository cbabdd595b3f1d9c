"""How the command starts and ends: which words open the console, what it has loaded, how a crash leaves the shell."""

from __future__ import annotations

import json
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from app_driver import ignite_profile, services_in
from pty_screen import PtyScreen

from tui.__main__ import is_for_console

STOREDECK = [sys.executable, "-c", "import sys; from tui.__main__ import main; sys.exit(main(sys.argv[1:]))"]
HEAVY = (
    "pyarrow",
    "numpy",
    "keyring",
    "pyignite",
    "sqlglot",
    "tree_sitter",
    "tomlkit",
    "requests",
    "sqlite3",
    "rich.markdown",
    "rich.syntax",
    "pygments",
    "services.cli",
)
AT_FIRST_SCREEN = """
import json, os, sys
import tui.app
def on_ready(self):
    with open(os.environ["LOADED"], "w") as file:
        json.dump(sorted(sys.modules), file)
    self.exit()
tui.app.StoredeckApp.on_ready = on_ready
from tui.__main__ import main
sys.exit(main([]))
"""
CRASHING = """
import sys
import tui.screens.connections as connections
def action_new(self):
    password = "S3CRET"
    raise RuntimeError("forced password=S3CRET")
connections.ConnectionsScreen.action_new = action_new
from tui.__main__ import main
sys.exit(main([]))
"""


@pytest.mark.parametrize("words", [[], ["demo"], ["grid-prod"]])
def test_these_words_open_the_console(words: list[str]) -> None:
    """No word, `demo` alone, or the name of a profile."""
    assert is_for_console(words)


@pytest.mark.parametrize(
    "words", [["demo", "--check"], ["ls", "a:"], ["--help"], ["--version"], ["a", "b"], ["volumes"]]
)
def test_these_words_are_commands(words: list[str]) -> None:
    """Commands, options and anything of several words go to the command line."""
    assert not is_for_console(words)


def test_commands_do_not_import_the_toolkit() -> None:
    """A command runs without Textual and without any module of the console but its entry."""
    code = (
        "import sys\n"
        "from tui.__main__ import main\n"
        "code = main(['profiles', 'list'])\n"
        "bad = [name for name in sys.modules if name.split('.')[0] == 'textual' or name.startswith('tui.')]\n"
        "sys.stderr.write(repr((code, bad)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr.endswith("(0, ['tui.__main__'])")


def test_without_a_terminal_it_says_what_to_use() -> None:
    """No TTY: exit 2, one line that names commands."""
    done = subprocess.run(STOREDECK, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "storedeck demo --check" in done.stderr


def test_a_dumb_terminal_is_refused() -> None:
    """TERM=dumb: exit 2 and not one escape sequence."""
    with PtyScreen(STOREDECK, env={"TERM": "dumb"}) as terminal:
        assert terminal.wait_end() == 2
        assert b"\x1b" not in terminal.raw
        assert b"storedeck demo --check" in terminal.raw


def test_the_first_screen_needs_nothing_heavy(storedeck_home: Path, tmp_path: Path) -> None:
    """When keys work for the first time, no SDK, Arrow, keyring, SQL parser or highlighter is loaded."""
    services_in(storedeck_home, ignite_profile("lab"))
    loaded = tmp_path / "loaded.json"
    with PtyScreen([sys.executable, "-c", AT_FIRST_SCREEN], env={"LOADED": str(loaded)}) as terminal:
        assert terminal.wait_end() == 0
    modules = json.loads(loaded.read_text("utf-8"))
    assert "textual.app" in modules
    found = [name for name in modules if any(name == heavy or name.startswith(f"{heavy}.") for heavy in HEAVY)]
    assert found == []


def test_what_was_left_out_can_be_imported_later() -> None:
    """Textual starts without its palette and without TLS; both are the real ones when imported afterwards."""
    code = (
        "import sys\n"
        "from tui.lean_imports import import_textual\n"
        "import_textual()\n"
        "assert 'ssl' not in sys.modules and 'textual.command' not in sys.modules\n"
        "import tui.app, ssl, textual.command\n"
        "assert ssl.create_default_context().check_hostname\n"
        "assert textual.command.CommandPalette.is_open\n"
        "assert not tui.app.StoredeckApp.ENABLE_COMMAND_PALETTE\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=60)


def test_it_starts_shows_profiles_and_leaves_the_shell_as_it_was(storedeck_home: Path) -> None:
    """On a real terminal: one alternate screen in, one out, keys typed at once are heard, the modes come back."""
    services_in(storedeck_home, ignite_profile("lab"), ignite_profile("grid-prod"))
    with PtyScreen(STOREDECK, size=(100, 30)) as terminal:
        before = terminal.local_flags
        terminal.wait_raw(b"Storedeck")
        terminal.send(b"j")
        terminal.wait_text("▸ IG  grid-prod")
        terminal.send(b"\x11")
        assert terminal.wait_end() == 0
        assert terminal.raw.count(b"\x1b[?1049h") == 1
        assert terminal.raw.count(b"\x1b[?1049l") == 1
        assert terminal.local_flags == before
        assert before & termios.ECHO


def test_a_crash_leaves_a_sane_shell_and_a_report(storedeck_home: Path) -> None:
    """A forced exception: the terminal is restored, one line says where the report is, the report has no secret."""
    services_in(storedeck_home, ignite_profile("lab"))
    with PtyScreen([sys.executable, "-c", CRASHING], size=(100, 30)) as terminal:
        before = terminal.local_flags
        terminal.wait_text("IG  lab")
        terminal.settle(0.3)
        terminal.send(b"n")
        assert terminal.wait_end() == 1
        assert terminal.local_flags == before
        after = bytes(terminal.raw).rsplit(b"\x1b[?1049l", 1)[1]
    assert b"Traceback" not in after
    assert b"RuntimeError" in after
    (report,) = (storedeck_home / "state" / "crashes").glob("crash-*.txt")
    assert str(report).encode() in after.replace(b"\r\n", b"").replace(b"\n", b"")
    text = report.read_text("utf-8")
    assert "action_new" in text
    assert "S3CRET" not in text.replace('password = "S3CRET"', "")
    assert report.stat().st_mode & 0o077 == 0


def test_it_draws_where_standard_error_is_a_file(storedeck_home: Path, tmp_path: Path) -> None:
    """`storedeck 2>FILE` shows the console, and nothing of the screen goes to the file."""
    services_in(storedeck_home, ignite_profile("lab"))
    file = tmp_path / "errors.txt"
    with file.open("wb") as errors, PtyScreen(STOREDECK, size=(100, 30), errors=errors) as terminal:
        terminal.wait_text("IG  lab")
        terminal.send(b"\x11")
        assert terminal.wait_end() == 0
    assert file.read_bytes() == b""


def test_it_ends_when_its_terminal_is_gone(storedeck_home: Path, tmp_path: Path) -> None:
    """A terminal that closes without a signal ends the console in order, without a report or a word of Python's."""
    services_in(storedeck_home, ignite_profile("lab"))
    file = tmp_path / "errors.txt"
    with file.open("wb") as errors, PtyScreen(STOREDECK, size=(100, 30), errors=errors) as terminal:
        terminal.wait_text("IG  lab")
        terminal.hang_up()
        assert terminal.process.wait(20) == 1
    assert file.read_bytes() == b""
    assert not (storedeck_home / "state" / "crashes").exists()


def test_an_unknown_profile_is_told_on_the_screen(storedeck_home: Path) -> None:
    """`storedeck NAME` without such a profile opens the console and says so."""
    services_in(storedeck_home, ignite_profile("lab"))
    with PtyScreen([*STOREDECK, "nobody"], size=(100, 30)) as terminal:
        terminal.wait_text("nobody")
        terminal.send(b"\x11")
        assert terminal.wait_end() == 0


def test_another_package_of_our_name_is_noticed(tmp_path: Path) -> None:
    """A `services` of another program in front of ours is named, not run."""
    (tmp_path / "services").mkdir()
    (tmp_path / "services" / "__init__.py").write_text("", "utf-8")
    code = "import sys; from tui.__main__ import main; sys.exit(main(['profiles', 'list']))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False, timeout=60
    )
    assert done.returncode == 1
    assert str(tmp_path / "services") in done.stderr
