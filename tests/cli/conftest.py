"""Fixtures of the command line's tests."""

from cli_runs import cli

__all__ = ["cli"]
