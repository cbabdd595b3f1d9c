"""`sandbox`: the sandbox servers in the foreground."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.cli.parser import Commands
    from services.cli.run import Run


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add(
        "sandbox",
        "Run servers that speak the stores' wire protocols, with sample data, on loopback.",
        run_servers,
        "They end on Ctrl+C, SIGTERM, or when standard input was a pipe that closes.",
    )
    command.add_argument("--json", action="store_true", help="print one JSON line, ready for profiles import --from")
    command.add_argument("--only", metavar="NAME,...", help="only these servers")
    command.add_argument("--data", metavar="DIR", help="keep the servers' files in DIR")
    command.add_argument("--rows", metavar="N", help="rows of an extra table and an extra cache")
    command.add_argument("--fault", metavar="SPEC", action="append", default=[], help="such as ignite:delay=200ms")


def run_servers(run: Run) -> int | None:
    """`sandbox`."""
    from services.sandbox.foreground import main

    args = run.args
    words = ["--json"] if args.json else []
    for name in ("only", "data", "rows"):
        value = getattr(args, name)
        words += [f"--{name}", value] if value is not None else []
    for fault in args.fault:
        words += ["--fault", fault]
    return main(words)
