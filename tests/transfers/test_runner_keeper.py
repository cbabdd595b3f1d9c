"""Who waits for transfers keeps a runner at work: a dead one is replaced, one that cannot live is given up."""

import itertools
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator

import pytest
from app_driver import running, screen_text, until

from services.connections.profile import Profile
from services.transfers import keeping, starting
from services.transfers.keeping import LATER_SECONDS, LIVED_SECONDS, SILENT_SECONDS, STARTS, RunnerKeeper
from services.transfers.lease import Lease
from services.transfers.ledger import Ledger
from services.transfers.model import ItemState, TransferOptions
from services.transfers.starting import end_runners, ensure_runner, is_running, log_path

WAITS = TransferOptions(is_created=True)


class Clock:
    """A clock that a test moves."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Starts:
    """Stands for runners that end at once."""

    count = 0

    def __call__(self, paths) -> bool:
        self.count += 1
        return True


@pytest.fixture(autouse=True)
def no_runner_left(services) -> Iterator[None]:
    """Whatever a test started ends with it."""
    yield
    end_runners(services.paths)


@pytest.fixture
def clock() -> Clock:
    """A clock of the test's."""
    return Clock()


@pytest.fixture
def starts() -> Starts:
    """Counts starts."""
    return Starts()


@pytest.fixture
def keeper(services, queue, starts, clock) -> RunnerKeeper:
    """A keeper whose runners end at once."""
    return RunnerKeeper(services.paths, queue, starts, clock)


def beat(services, **values) -> None:
    """A runner says that it lives."""
    ledger = Ledger(services.paths.transfers)
    with ledger.turn() as turn:
        turn.beat(4711, "host", "boot", "local", values.pop("started", 1.0), **values)
    ledger.close()


def test_nothing_to_do_needs_no_runner(queue, keeper, starts):
    """An empty queue, ended and paused transfers, and those that wait while transfers are drained start nobody."""
    keeper.look()
    queue.pause([queue.add("one:stock", "two:a")])
    keeper.look()
    queue.add("one:stock", "two:b")
    queue.change_settings(is_draining=True)
    keeper.look()
    assert (0, "") == (starts.count, keeper.problem)
    queue.change_settings(is_draining=False)
    keeper.look()
    assert 1 == starts.count


def test_what_is_to_be_cleaned_needs_a_runner(services, queue, keeper, starts):
    """A transfer that was cancelled in the middle leaves something to drop, also while transfers are drained."""
    identifier = queue.add("one:stock", "two:a")
    ledger = Ledger(services.paths.transfers)
    with ledger.turn() as turn:
        turn.set(identifier, phase="writing")
    ledger.close()
    queue.cancel([identifier])
    queue.change_settings(is_draining=True)
    keeper.look()
    assert 1 == starts.count


def test_runners_that_end_at_once_are_given_up(queue, keeper, starts, clock):
    """Waits between starts grow; after a few the cause is told, and one a minute is tried."""
    queue.add("one:stock", "two:a")
    moments = []
    for _ in range(400):
        before = starts.count
        keeper.look()
        moments += [clock.now] * (starts.count - before)
        clock.now += 0.25
    waits = [later - earlier for earlier, later in itertools.pairwise(moments)]
    assert [0.5, 1.0, 2.0, 4.0, LATER_SECONDS] == waits[:STARTS]
    assert keeper.has_given_up
    assert keeper.problem.startswith("the runner ends again and again: ")


def test_an_order_starts_runners_again(queue, keeper, starts, clock):
    """Whoever pauses and resumes a transfer that nobody runs any more has it tried at once."""
    identifier = queue.add("one:stock", "two:a")
    while not keeper.has_given_up:
        keeper.look()
        clock.now += 1
    before = starts.count
    queue.pause([identifier])
    keeper.look()
    assert "" == keeper.problem
    queue.resume([identifier])
    keeper.look()
    assert (before + 1, False) == (starts.count, keeper.has_given_up)


def test_a_runner_that_works_again_ends_the_problem(services, queue, keeper, clock):
    """One that lives for a while is trusted; until then the cause stays on the screen."""
    queue.add("one:stock", "two:a")
    while not keeper.has_given_up:
        keeper.look()
        clock.now += 1
    lease = Lease(services.paths)
    assert lease.take(0)
    keeper.look()
    assert keeper.problem
    clock.now += LIVED_SECONDS
    keeper.look()
    assert ("", False) == (keeper.problem, keeper.has_given_up)
    lease.give_back()


def test_a_runner_that_is_silent_or_of_other_code_is_told(services, queue, keeper, clock):
    """It holds the lease and says nothing for long, or its version is another than ours; by the clock of who looks."""
    queue.add("one:stock", "two:a")
    lease = Lease(services.paths)
    assert lease.take(0)
    beat(services, code=starting.code_version())
    keeper.look()
    assert "" == keeper.problem
    clock.now += SILENT_SECONDS
    keeper.look()
    assert "the runner, process 4711, has not been heard of for 30 s" == keeper.problem
    beat(services, code="0.0.7")
    keeper.look()
    assert f"the runner, process 4711, is of Storedeck 0.0.7 and this is {starting.code_version()}" == keeper.problem
    lease.give_back()


def test_the_cause_is_what_the_runner_said_last(services, queue, monkeypatch):
    """A runner that cannot even import says so in the log, private to its user; one is started at a time."""
    monkeypatch.setattr(starting, "MODULE", "services.transfers.no_such_runner")
    monkeypatch.setattr(keeping, "FIRST_WAIT_SECONDS", 0.0)
    queue.add("one:stock", "two:a")
    keeper = RunnerKeeper(services.paths, queue)
    deadline = time.monotonic() + 40
    while not keeper.has_given_up:
        assert time.monotonic() < deadline
        keeper.look()
        time.sleep(0.01)
    assert keeper.problem.endswith("No module named services.transfers.no_such_runner")
    assert STARTS == log_path(services.paths).read_text().count("No module named")
    assert 0o600 == log_path(services.paths).stat().st_mode & 0o777


def test_one_that_is_starting_is_not_started_twice(services, queue):
    """Until it holds the lease nobody else is started by the same process; it has a session of its own, no terminal."""
    faults = json.dumps({"read_part": {"wait_file": "/nonexistent"}})
    services.profiles.add(Profile("stuck", "memory", {"faults": faults}))
    queue.add("stuck:stock", "two:copied", WAITS)
    assert [True, False, False] == [ensure_runner(services.paths, 0.0) for _ in range(3)]
    deadline = time.monotonic() + 40
    while not is_running(services.paths) or queue.runner() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    pid = queue.runner().pid
    assert (pid, os.getsid(0) == pid) == (os.getsid(pid), False)
    places = {os.readlink(f"/proc/{pid}/fd/{number}") for number in range(3)}
    assert {"/dev/null", str(log_path(services.paths))} == places
    assert starting.code_version() == queue.runner().code


def test_a_start_needs_no_terminal(services, queue):
    """No `TERM`, no standard streams: `transfers run --drain` and the detached runner work all the same."""
    identifier = queue.add("one:stock", "two:copied", WAITS)
    environment = {name: value for name, value in os.environ.items() if name != "TERM"}
    words = ["-m", starting.MODULE, "--idle=0", *starting.folder_arguments(services.paths)]
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", starting.sys.executable, *words],
        env=environment,
        check=False,
        timeout=40,
    )
    assert 0 == done.returncode
    assert ItemState.DONE is queue.item(identifier).state


async def test_an_open_console_replaces_a_dead_runner(services, queue, tmp_path):
    """The runner is killed while a console is open: it starts the next, and the transfer ends whole."""
    gate = tmp_path / "go"
    faults = json.dumps({"read_part": {"wait_file": str(gate)}})
    services.profiles.add(Profile("gated", "memory", {"faults": faults}))
    identifier = queue.add("gated:stock", str(tmp_path / "out.csv"))
    async with running(services, watch=False) as (_, pilot):
        await pilot.press("5")
        await until(lambda: queue.item(identifier).parts_running, "a part in flight")
        first = queue.runner().pid
        os.kill(first, signal.SIGKILL)
        await until(lambda: is_running(services.paths) and queue.runner().pid != first, "another runner", 30)
        gate.touch()
        await until(lambda: queue.item(identifier).state.is_ended, "the end", 30)
    assert ItemState.DONE is queue.item(identifier).state


async def test_the_console_says_why_nothing_goes_on(services, queue, monkeypatch, tmp_path):
    """Title, status line and one toast name the cause; an event keeps it."""
    monkeypatch.setattr(starting, "MODULE", "services.transfers.no_such_runner")
    monkeypatch.setattr(keeping, "FIRST_WAIT_SECONDS", 0.0)
    queue.add("one:stock", str(tmp_path / "out.csv"))
    async with running(services, size=(160, 48), watch=False) as (app, pilot):
        await pilot.press("5")
        await until(lambda: "▲ the runner ends again and again: " in screen_text(app), "the title", 30)
        assert "1 · the runner ends again and again: " in screen_text(app)
        await until(lambda: "transfers do not go on: " in screen_text(app), "the toast")
