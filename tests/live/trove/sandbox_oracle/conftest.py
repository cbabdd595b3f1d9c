"""The sandbox in the place of the real servers, for the tests of this folder and the oracle that they ask."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from sandbox_trove import SandboxTrove, served
from trove_fixtures import *  # noqa: F403

from services.sandbox.trove.server import TroveSandbox

SPEED = 40


@pytest.fixture(scope="session")
def real_trove() -> Iterator[SandboxTrove]:
    """A sandbox without sample instances whose states change fast."""
    with TroveSandbox(samples=False, speed=SPEED) as sandbox:
        yield served(sandbox)
