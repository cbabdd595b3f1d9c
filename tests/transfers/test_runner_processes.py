"""Runners and workers as processes: a full disk, a worker that crashes, signals, secrets from the environment."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from killed_runs import children_of
from transfer_runs import EXTRA_KINDS

from services.connections.profile import Profile
from services.connections.secret_refs import SecretRef, SecretSource
from services.secrets import Secret
from services.transfers.lease import is_held
from services.transfers.local_engine import WorkerProcess
from services.transfers.model import ItemState, TransferOptions
from services.transfers.starting import ensure_runner, folder_arguments

DEADLINE_SECONDS = 40.0
FILE_BYTES = 1_000_000


@pytest.fixture
def runner(services) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts runners that end when nothing is left to do, and with the test at the latest."""
    running: list[subprocess.Popen[bytes]] = []

    def start(**options) -> subprocess.Popen[bytes]:
        env = {**os.environ, "STOREDECK_EXTRA_KINDS": EXTRA_KINDS, **options.pop("env", {})}
        words = [sys.executable, "-m", "services.transfers.runner", "--idle=0", *folder_arguments(services.paths)]
        running.append(subprocess.Popen(words, env=env, **options))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()


def until(condition: Callable[[], object]) -> None:
    """Wait for a condition, within a deadline."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_full_disk_stops_and_a_retry_goes_on(services, queue, runner, tmp_path):
    """The transfer says what could not be written; with space again it goes on, and what was written is kept."""
    services.profiles.add(Profile("big", "memory", {"generated": "30000"}))
    file = tmp_path / "out.csv"
    identifier = queue.add("big:numbers", str(file), TransferOptions(part_rows=10_000, parallel=1))

    def little_space() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, resource.RLIM_INFINITY))

    assert 0 == runner(preexec_fn=little_space).wait(DEADLINE_SECONDS)  # no threads run here
    item = queue.item(identifier)
    assert (ItemState.FAILED, True, False) == (item.state, "cannot be written" in item.failure.message, file.exists())
    assert item.failure.hint
    queue.retry([identifier])
    assert 0 == runner().wait(DEADLINE_SECONDS)
    assert (ItemState.DONE, 30_000) == (queue.item(identifier).state, queue.item(identifier).rows_done)
    assert 30_001 == len(file.read_text().splitlines())


def test_a_worker_that_crashes_again_and_again_ends_the_transfer(services, queue, runner, storedeck_home):
    """A part that kills its process is tried a few times; then the transfer fails and says how the process ended."""
    faults = json.dumps({"write_part": {"crash": True}})
    fields = {"shared": str(storedeck_home / "shared.bin"), "faults": faults}
    services.profiles.add(Profile("crashing", "memory", fields))
    bad = queue.add("one:stock", "crashing:stock", TransferOptions(retries=1))
    good = queue.add("one:stock", "two:copied", TransferOptions(is_created=True))
    assert 0 == runner().wait(DEADLINE_SECONDS)
    item = queue.item(bad)
    assert (ItemState.FAILED, True) == (item.state, "signal 6" in item.failure.message)
    assert ItemState.DONE is queue.item(good).state


def test_a_worker_that_cannot_start_says_why(services, queue, runner, tmp_path, monkeypatch):
    """A broken installation: the transfer fails with the last words of its workers instead of their code alone."""
    broken = tmp_path / "broken" / "sitecustomize.py"
    broken.parent.mkdir()
    broken.write_text(
        "import sys\n"
        "if any('transfers.worker' in word for word in sys.orig_argv):\n"
        "    sys.stderr.write('ImportError: libarrow.so: cannot open, password=hunter2\\n')\n"
        "    import os; os._exit(3)\n"
    )
    identifier = queue.add("one:stock", "two:copied", TransferOptions(is_created=True, retries=0))
    assert 0 == runner(env={"PYTHONPATH": str(broken.parent)}).wait(DEADLINE_SECONDS)
    item = queue.item(identifier)
    words = "its worker process ended by code 3: ImportError: libarrow.so: cannot open, password=••••"
    assert (ItemState.FAILED, words) == (item.state, item.failure.message)


def test_a_runner_that_is_told_to_end_ends_cleanly(services, queue, runner):
    """SIGTERM: workers end, the lease is free, and what was going on waits for the next runner."""
    faults = json.dumps({"read_part": {"wait_file": "/nonexistent"}})
    services.profiles.add(Profile("stuck", "memory", {"faults": faults}))
    identifier = queue.add("stuck:stock", "two:copied", TransferOptions(is_created=True))
    process = runner()
    until(lambda: queue.item(identifier).parts_running)
    workers = children_of(process.pid)
    process.send_signal(signal.SIGTERM)
    assert 0 == process.wait(DEADLINE_SECONDS)
    assert not is_held(services.paths)
    assert [] == [pid for pid in workers if Path(f"/proc/{pid}").exists()]
    item = queue.item(identifier)
    assert (ItemState.QUEUED, 0) == (item.state, item.parts_running)


def test_workers_of_a_killed_runner_end(services, queue, runner):
    """Nobody ends them but the closing of their pipe, also in the middle of a part."""
    faults = json.dumps({"read_part": {"hang": 60}})
    services.profiles.add(Profile("hanging", "memory", {"faults": faults}))
    identifier = queue.add("hanging:stock", "two:copied", TransferOptions(is_created=True))
    process = runner()
    until(lambda: queue.item(identifier).parts_running)
    workers = children_of(process.pid)
    assert workers
    process.kill()
    process.wait()
    until(lambda: not [pid for pid in workers if _is_alive(pid)])


def test_a_busy_worker_that_is_told_to_leave_ends(services):
    """Told to quit in the middle of a step that does not end, and then its runner is gone: it ends all the same."""
    faults = json.dumps({"plan_read": {"hang": 60}})
    services.profiles.add(Profile("hanging", "memory", {"faults": faults}))
    worker = WorkerProcess(1, services.paths, ())
    body = {"source": "hanging:stock", "target": "two:stock", "options": TransferOptions().data()}
    worker.send({"do": "plan", "task": 1, "key": "", "plan": "", "body": body})
    worker.send({"do": "quit"})
    worker.connection.close()
    assert worker.process.wait(DEADLINE_SECONDS)
    worker.end()


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_a_pause_stops_a_part_that_does_not_end(services, queue, runner):
    """The state is `paused` when the order returns; a part that hangs is stopped after its grace time."""
    faults = json.dumps({"read_part": {"wait_file": "/nonexistent"}})
    services.profiles.add(Profile("stuck", "memory", {"faults": faults}))
    identifier = queue.add("stuck:stock", "two:copied", TransferOptions(is_created=True))
    process = runner()
    until(lambda: queue.item(identifier).parts_running)
    queue.pause([identifier])
    assert ItemState.PAUSED is queue.item(identifier).state
    assert 0 == process.wait(DEADLINE_SECONDS)
    assert (ItemState.PAUSED, 0) == (queue.item(identifier).state, queue.item(identifier).parts_running)


def test_secrets_come_from_where_the_profile_says(services, queue, runner):
    """A variable of the runner's environment; without it the item needs you, and nothing of it is in the queue."""
    refs = {"password": SecretRef(SecretSource.ENV, "THE_WORD")}
    services.profiles.add(Profile("safe", "memory", {"expects": "open sesame"}, refs))
    options = TransferOptions(is_created=True)
    identifier = queue.add("safe:stock", "two:copied", options)
    assert 0 == runner().wait(DEADLINE_SECONDS)
    assert ItemState.NEEDS_YOU is queue.item(identifier).state
    queue.resume([identifier])
    assert 0 == runner(env={"THE_WORD": "open sesame"}).wait(DEADLINE_SECONDS)
    assert ItemState.DONE is queue.item(identifier).state
    queue.close()
    assert b"open sesame" not in services.paths.transfers.read_bytes()


def test_a_typed_secret_reaches_the_workers(services, queue, storedeck_home):
    """What somebody typed goes to the runner by a pipe: the transfer is done, and nothing of it is left in a file."""
    refs = {"password": SecretRef(SecretSource.PROMPT, "")}
    services.profiles.add(Profile("asks", "memory", {"expects": "open sesame"}, refs))
    identifier = queue.add("asks:stock", "two:copied", TransferOptions(is_created=True))
    assert ensure_runner(services.paths, 0.0, typed={"asks": {"password": Secret("open sesame")}})
    until(lambda: not queue.item(identifier).state.is_active)
    assert ItemState.DONE is queue.item(identifier).state
    until(lambda: not is_held(services.paths))
    queue.close()
    files = [path for path in storedeck_home.rglob("*") if path.is_file() and path.name != "profiles.toml"]
    assert [] == [path for path in files if b"open sesame" in path.read_bytes() and path.suffix != ".json"]


def test_a_secret_is_asked_for_at_a_terminal(services, queue, monkeypatch):
    """Adding asks for what the runner cannot get by itself, once a profile; nobody is asked where nobody sits."""
    from argparse import Namespace

    from services.cli.run import Run
    from services.cli.transfers_secrets import asked_for

    refs = {"password": SecretRef(SecretSource.PROMPT, "")}
    services.profiles.add(Profile("asks", "memory", {}, refs))
    run = Run(Namespace(command="copy"))
    run.services = services
    assert {} == asked_for(run, ["asks:stock", "one:stock"])
    monkeypatch.setattr(Run, "can_ask", True)
    monkeypatch.setattr("services.cli.connecting.ask_secret", lambda what: Secret(f"for {what}"))
    addresses = ["asks:stock", "asks:people", "one:stock", "gone:x", "/tmp/a.csv"]
    assert {"asks": {"password": Secret("for password of asks")}} == asked_for(run, addresses)
