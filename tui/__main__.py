"""The `storedeck` command: decides between the console and the commands, and paints before it imports."""

from __future__ import annotations

import os
import sys

NO_TERMINAL = (
    "error: storedeck: the console needs a terminal; without one use a command: "
    "storedeck demo --check, profiles, ls, describe, rows, get, put, delete, sql, cluster, doctor (storedeck --help)"
)
SWITCH_SECONDS = 0.0005
"""How long another thread may keep a key waiting; at Python's own 5 ms a busy thread makes keys 17 times slower."""


def main(argv: list[str] | None = None) -> int:
    """Run the command line's words, or the console."""
    words = sys.argv[1:] if argv is None else argv
    if words and (stranger := strange_services()):
        return _refuse(stranger)
    if not is_for_console(words):
        from services.cli.main import main as run_command
        from services.lean_imports import keep_pandas_out

        if argv is None:
            keep_pandas_out()
        return run_command(words)
    if not has_terminal():
        sys.stderr.write(NO_TERMINAL + "\n")
        return 2
    return _console(words[0] if words else "")


def strange_services() -> str:
    """Where the package `services` of another program lies that hides ours, or empty."""
    import services

    ours = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    found = os.path.abspath(services.__file__ or "")
    return "" if os.path.dirname(os.path.dirname(found)) == ours else found


def _refuse(stranger: str) -> int:
    sys.stderr.write(f"error: storedeck: the package `services` of another program hides ours: {stranger}\n")
    sys.stderr.write("hint: Install Storedeck in an environment of its own: uv tool install storedeck\n")
    return 1


def is_for_console(words: list[str]) -> bool:
    """Whether the words ask for the console: none, `demo` alone, or one that may be a profile."""
    if not words or words == ["demo"]:
        return True
    from services.cli.names import COMMANDS

    return len(words) == 1 and not words[0].startswith("-") and words[0] not in COMMANDS


def has_terminal() -> bool:
    """Whether a full screen can be shown."""
    if os.environ.get("TEXTUAL_DRIVER"):
        return True
    is_dumb = os.name == "posix" and os.environ.get("TERM", "") in ("", "dumb", "unknown")
    return not is_dumb and os.isatty(0) and os.isatty(1)


def _console(word: str) -> int:
    from tui import skeleton

    is_painted = not os.environ.get("TEXTUAL_DRIVER") and skeleton.paint()
    if stranger := strange_services():
        skeleton.wipe()
        return _refuse(stranger)
    import gc

    gc.disable()
    sys.setswitchinterval(SWITCH_SECONDS)
    from tui.starting import run_console

    return run_console(word, is_painted=is_painted)


if __name__ == "__main__":
    sys.exit(main())
