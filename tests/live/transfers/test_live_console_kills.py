"""A console on a real terminal that is killed while the transfer that it queued runs."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from killed_consoles import KilledConsole
from transfer_runs import EXTRA_KINDS

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs a pseudo terminal and /proc")


@pytest.fixture
def killed(request, tmp_path: Path, storedeck_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KilledConsole]:
    """A home, and consoles that are killed at moments of a seed's."""
    monkeypatch.setenv("STOREDECK_EXTRA_KINDS", EXTRA_KINDS)
    made = KilledConsole(tmp_path, storedeck_home, request.param)
    yield made
    made.close()


@pytest.mark.parametrize("killed", range(4), indirect=True)
def test_a_killed_console_costs_no_transfer(killed: KilledConsole) -> None:
    """`kill -9` at some moment after the transfer was queued: it ends whole, and the next console shows it done."""
    console = killed.console()
    killed.queue_by_keys(console)
    killed.kill(console)
    with killed.console() as after:
        killed.check_end(after)
        after.wait_text("part 1 of 1 acknowledged")
        assert "numbers" in after.text
        assert "out.csv" in after.text
