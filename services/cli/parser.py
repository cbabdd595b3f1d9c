"""What commands are added with, and the options that all of them take."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any, Final, NoReturn

from services.cli.output.writers import Format
from services.errors import UsageError
from services.stores.registry import KINDS
from services.text import one_line

DASHED_VALUES: Final = frozenset({"--order", "--where", "--key", "--param", "--if"})
"""Options whose value may begin with a dash."""

OPTIONAL_VALUE: Final = "--secret-stdin"
"""The option whose value, the name of a secret, may be left out."""


class Parser(argparse.ArgumentParser):
    """Raises our error in place of ending the process."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong in our words."""
        usage = " ".join(self.format_usage().removeprefix("usage: ").split())
        raise UsageError(f"{self.prog}: {one_line(message)}", hint=f"Usage: {usage}")


class Commands:
    """Adds commands that all take the common options.

    Attributes:
        whole: the parser that holds them all.
    """

    def __init__(
        self, whole: Parser, subparsers: Any, common: argparse.ArgumentParser, formatless: argparse.ArgumentParser
    ) -> None:
        self.whole = whole
        self._subparsers = subparsers
        self._common = common
        self._formatless = formatless

    def add(
        self,
        name: str,
        text: str,
        run: Callable[[Any], int | None] | None = None,
        details: str = "",
        *,
        has_format: bool = True,
    ) -> Parser:
        """A command that `run` carries out; without `has_format` its `--format` is its own."""
        parser: Parser = self._subparsers.add_parser(
            name,
            help=text,
            description=text + (f" {details}" if details else ""),
            parents=[self._common if has_format else self._formatless],
            allow_abbrev=False,
        )
        if run is not None:
            parser.set_defaults(run=run)
        return parser

    def below(self, parser: Parser, *, is_required: bool = True) -> Commands:
        """Commands below a command; which one is the argument `action`. Where none is required, it runs itself."""
        subparsers = parser.add_subparsers(dest="action", metavar="ACTION", required=is_required, parser_class=Parser)
        return Commands(self.whole, subparsers, self._common, self._formatless)


def common_options(*, has_format: bool = True) -> argparse.ArgumentParser:
    """The options that every command takes."""
    common = Parser(add_help=False, argument_default=argparse.SUPPRESS)
    group = common.add_argument_group("common options")
    if has_format:
        group.add_argument(
            "--format",
            choices=[kind.value for kind in Format],
            help="of the data; a table on a terminal and jsonl elsewhere unless said",
        )
    group.add_argument("-o", "--output", metavar="FILE", help="write the data to FILE, named so only when whole")
    group.add_argument(
        "--stats", action="store_true", help="print rows, bytes and seconds as JSON on stderr at the end"
    )
    group.add_argument("--json-numbers", action="store_true", help="int64 and decimal as bare JSON numbers")
    group.add_argument("--read-only", action="store_true", help="refuse every write before a request is sent")
    group.add_argument("--quiet", action="store_true", help="no notes on stderr, only errors")
    group.add_argument("--verbose", action="store_true", help="tell on stderr what is done")
    group.add_argument("--log", metavar="FILE", help="append a log to FILE, secrets masked")
    return common


def prepared(words: Sequence[str]) -> list[str]:
    """The words so that argparse takes them as they are meant.

    A value left out is made empty, and a value with a leading `-`, as in `--order -size`, is joined to its option.
    """
    names = {field.name for kind in KINDS for field in kind.fields if field.is_secret}
    result: list[str] = []
    for place, word in enumerate(words):
        following = words[place + 1] if place + 1 < len(words) else ""
        if word == OPTIONAL_VALUE and following not in names:
            result.append(f"{word}=")
        elif result and result[-1] in DASHED_VALUES and word.startswith("-"):
            result[-1] += f"={word}"
        else:
            result.append(word)
    return result
