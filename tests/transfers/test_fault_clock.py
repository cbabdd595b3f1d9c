"""The computer's clock is set while transfers wait or run."""

import time
from types import SimpleNamespace

import pytest
from transfer_runs import Turns, ended, passing

from services.transfers import ledger, settling
from services.transfers.lease import Lease
from services.transfers.model import TransferOptions
from services.transfers.starting import ensure_runner

DAY = 86_400.0
IN_THREES = TransferOptions(is_created=True, part_rows=3, parallel=1)


@pytest.fixture
def clock(monkeypatch) -> SimpleNamespace:
    """The runner's clock, `ahead` of the true one by some seconds."""
    made = SimpleNamespace(ahead=0.0, monotonic=time.monotonic)
    made.time = lambda: time.time() + made.ahead
    monkeypatch.setattr(ledger, "time", made)
    monkeypatch.setattr(settling, "backoff_seconds", lambda attempt: 0.05)
    return made


@pytest.mark.parametrize("ahead", [-DAY, -3600.0, 3600.0, DAY])
def test_a_clock_that_is_set_loses_no_retry(services, queue, clock, ahead):
    """Set while a transfer waits to be tried again: it is tried again, and every row is there once."""
    turns = Turns(services)
    identifier = queue.add("one:stock", "two:copied", IN_THREES)
    failed = []

    def fail(task):
        if task.part != 1 or failed:
            return None
        failed.append(task)
        return passing(task)

    def poll(seconds):
        if failed and queue.item(identifier).retry_at is not None:
            clock.ahead = ahead
        return usual(seconds)

    turns.engine.fail = fail
    usual, turns.engine.poll = turns.engine.poll, poll
    turns.drain()
    item = ended(services, identifier)
    assert (10, 1, ahead) == (item.rows_done, item.attempts, clock.ahead)


@pytest.mark.parametrize("ahead", [-DAY, DAY])
def test_a_clock_that_is_set_makes_no_second_runner(services, queue, clock, ahead):
    """However old the heartbeat looks: while one holds the lease, no other works or is started."""
    lease = Lease(services.paths)
    assert lease.take(0)
    with_beat = ledger.Ledger(services.paths.transfers)
    with with_beat.turn() as turn:
        turn.beat(1, "host", "boot", "local", clock.time())
    with_beat.close()
    clock.ahead = ahead
    queue.add("one:stock", "two:copied", IN_THREES)
    turns = Turns(services)
    turns.drain()
    assert [] == turns.engine.done
    assert not ensure_runner(services.paths)
    lease.give_back()
    turns.drain()
    assert turns.engine.done
