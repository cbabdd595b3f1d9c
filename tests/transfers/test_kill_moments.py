"""`kill -9` at any moment: after the next start nothing is lost, nothing is doubled, no file is half."""

import sys

import pytest
from killed_runs import Killed

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds workers by /proc"),
    pytest.mark.timeout(110),
]


@pytest.mark.parametrize("seed", range(1))
def test_transfers_survive_being_killed(tmp_path, seed):
    """Runner and workers are killed at random moments over uploads, downloads and copies; all of them arrive whole."""
    killed = Killed(tmp_path, seed)
    killed.kill_at_moments(4)
    killed.check_end()
    killed.services.transfers.close()
