"""The parser of the whole command line; `storedeck spec` describes what it is made of here."""

from __future__ import annotations

import sys
from typing import Final

from services.cli import (
    apply,
    catalog,
    cluster,
    containers,
    demo,
    doctor,
    instances,
    jobs,
    keyed,
    profiles,
    rows,
    sandbox,
    spec,
    sql,
    transfers,
    volumes,
)
from services.cli.parser import Commands, Parser, common_options

PARTS: Final = (
    demo,
    sandbox,
    profiles,
    catalog,
    containers,
    rows,
    keyed,
    apply,
    sql,
    instances,
    jobs,
    volumes,
    cluster,
    transfers,
    doctor,
    spec,
)
"""What adds commands, in the order of the help."""


def build_parser() -> Parser:
    """The whole parser."""
    common = common_options()
    parser = Parser(
        prog="storedeck",
        description="A terminal administration console over data stores. Without a command: the console.",
        epilog="Exit codes: 0 done, 1 refused, 2 usage, 3 could not connect, 4 timed out, 5 conflict, "
        "6 finished with rejected records, 130 interrupted.",
        parents=[common],
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=_version())
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=Parser)
    commands = Commands(parser, subparsers, common, common_options(has_format=False))
    for part in PARTS:
        part.add(commands)
    return parser


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"storedeck {version('storedeck')} (Python {sys.version.split()[0]})"
    except PackageNotFoundError:
        return "storedeck"
