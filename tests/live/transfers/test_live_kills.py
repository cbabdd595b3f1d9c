"""Two hundred kills, seeded: what `tests/transfers/test_kill_moments.py` shows at a few moments."""

from pathlib import Path

import pytest
from killed_runs import Killed
from transfer_runs import EXTRA_KINDS

MOMENTS = 5


@pytest.mark.live
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(100, 140))
def test_transfers_survive_two_hundred_kills(
    tmp_path: Path, storedeck_home: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Runner and workers are killed at random moments; every transfer ends whole, with little sent twice."""
    monkeypatch.setenv("STOREDECK_EXTRA_KINDS", EXTRA_KINDS)
    killed = Killed(tmp_path, seed)
    killed.kill_at_moments(MOMENTS)
    killed.check_end()
    killed.services.transfers.close()
