"""Fixtures of the command line's tests."""

from collections.abc import Iterator

import pytest
from cli_runs import cli, started

from services.sandbox.ignite.server import IgniteSandbox

__all__ = ["cli", "started"]


@pytest.fixture(scope="module")
def cluster() -> Iterator[IgniteSandbox]:
    """A cluster of two nodes that a module's tests may change."""
    with IgniteSandbox(nodes=2, users={"ignite": "S3CRET"}) as sandbox:
        yield sandbox


@pytest.fixture
def grid(cli, cluster, monkeypatch):
    """Commands, with a profile `grid` of that cluster."""
    monkeypatch.setenv("GRID_PASSWORD", "S3CRET")
    words = ("--set", f"nodes={cluster.nodes}", "--set", "username=ignite", "--secret-env", "GRID_PASSWORD")
    assert cli("profiles", "add", "ignite", "grid", *words).code == 0
    return cli
