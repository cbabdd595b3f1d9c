"""The commands that the README shows are commands of this version."""

import shlex
from pathlib import Path

import pytest

from services.cli.grammar import build_parser
from services.cli.parser import prepared

README = Path(__file__).parents[2] / "README.md"
LINES = [line for line in README.read_text("utf-8").splitlines() if line.startswith("storedeck ")]


@pytest.mark.parametrize("line", LINES)
def test_a_line_of_the_readme_is_understood(line: str) -> None:
    """Its command, options and values are taken; nothing is run."""
    _, command, *rest = shlex.split(line, comments=True)
    assert command == build_parser().parse_args(prepared([command, *rest])).command


def test_the_readme_shows_commands() -> None:
    """There are lines to look at."""
    assert len(LINES) > 10
