"""The lease: one holder, whoever asks, however it ends."""

import os
import subprocess
import sys

import pytest

from services.errors import TimedOut
from services.transfers import lease as leases
from services.transfers.lease import Lease, is_held
from services.transfers.starting import ensure_runner


def test_one_holder(services):
    """A second one does not get it; after it was given back it does."""
    first, second = Lease(services.paths), Lease(services.paths)
    assert first.take(0)
    assert not second.take(0)
    assert is_held(services.paths)
    first.give_back()
    first.give_back()
    assert second.take(0)
    second.give_back()
    assert not is_held(services.paths)


def test_asking_is_no_holding(services):
    """Two who ask at once each hear that nobody holds it, and a runner that starts meanwhile waits for them."""
    with os.fdopen(leases._open(leases.lock_path(services.paths)), "wb") as other:
        assert leases.try_lock(other.fileno(), is_shared=True)
        assert not is_held(services.paths)
        assert not Lease(services.paths).take(0)
    taken = Lease(services.paths)
    assert taken.take(0)
    taken.give_back()


def test_a_dead_holder_holds_nothing(services):
    """Whatever its process left undone, the lease ended with it; no clock is asked."""
    program = (
        "import os, sys; from pathlib import Path; from services.paths import Paths;"
        "from services.transfers.lease import Lease; folder = Path(sys.argv[1]);"
        "paths = Paths(folder / 'config', folder / 'state', folder / 'cache');"
        "print(Lease(paths).take(0), flush=True); os.kill(os.getpid(), 9)"
    )
    folder = services.paths.state.parent
    done = subprocess.run([sys.executable, "-c", program, str(folder)], capture_output=True, text=True, check=False)
    assert ("True", -9) == (done.stdout.strip(), done.returncode)
    mine = Lease(services.paths)
    assert mine.take(0)
    mine.give_back()


def test_workers_that_live_on_keep_the_next_runner_waiting(services, monkeypatch):
    """A worker holds what it inherited: the next runner does not start beside it, and says why."""
    first = Lease(services.paths)
    assert first.take(0)
    words = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    worker = subprocess.Popen(words, stdin=subprocess.PIPE, pass_fds=(first.descriptor,))
    first.give_back()
    monkeypatch.setattr(leases, "WORKER_SECONDS", 0.0)
    second = Lease(services.paths)
    with pytest.raises(TimedOut) as caught:
        second.take(0)
    assert "worker" in caught.value.message
    assert not is_held(services.paths)
    worker.communicate()
    assert second.take(0)
    second.give_back()


def test_no_second_runner_is_started(services):
    """Where one works, none is started."""
    mine = Lease(services.paths)
    assert mine.take(0)
    assert not ensure_runner(services.paths)
    mine.give_back()
