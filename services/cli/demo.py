"""`demo`: the console, or a check of everything, over the sandbox servers; nothing of it stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.errors import Refused

if TYPE_CHECKING:
    from services.cli.parser import Commands
    from services.cli.run import Run


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add("demo", "The console over sandbox servers with sample data, offline.", run_demo)
    command.add_argument("--check", action="store_true", help="no console: try everything and print a row a step")


def run_demo(run: Run) -> int | None:
    """`demo --check`; the console itself is started before the command line is reached."""
    if run.args.check:
        from services.cli.demo_check import check

        return check(run)
    raise Refused("demo: no terminal for the console", hint="Use `storedeck demo` in a terminal, or demo --check.")
