"""What the Trove store promises, on the sandbox."""

from collections.abc import Iterator

import pytest
from trove_contract import *  # noqa: F403 - the tests are taken whole
from trove_sandbox_access import access_to
from trove_stores import TroveAccess

from services.sandbox.trove.server import TroveSandbox

SPEED = 20.0
"""A build that takes seconds takes tenths of one, and can still be seen."""


@pytest.fixture(scope="module")
def access() -> Iterator[TroveAccess]:
    """A cloud without instances whose states change twenty times as fast."""
    with TroveSandbox(samples=False, speed=SPEED) as sandbox:
        yield access_to(sandbox)
