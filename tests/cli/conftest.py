"""Fixtures of the command line's tests."""

from cli_runs import cli, started

__all__ = ["cli", "started"]
