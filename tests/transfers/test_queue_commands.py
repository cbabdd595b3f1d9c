"""The queue's commands: adding, waiting, exit codes, orders, output."""

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

from services.cli.main import main
from services.paths import Paths
from services.transfers.lease import is_held
from services.transfers.queue import TransferQueue
from services.transfers.starting import end_runners


@pytest.fixture
def shared(cli, tmp_path):
    """A profile `box` whose tables other processes see, too, beside `mem`; runners end when nothing is left."""
    assert 0 == cli("profiles", "add", "memory", "box", "--set", f"shared={tmp_path / 'box.bin'}").code
    return cli


@pytest.fixture(autouse=True)
def ended_runners(storedeck_home, monkeypatch):
    """Runners that commands start end at once when idle, and with the test at the latest."""
    monkeypatch.setattr("services.transfers.starting.IDLE_SECONDS", 0.0)
    yield
    end_runners(Paths.from_environment())


def test_add_prints_the_new_number(shared, tmp_path):
    """The id alone with --id-only, a row without."""
    ended = shared("transfers", "add", "mem:stock", str(tmp_path / "a.csv"), "--id-only")
    assert (0, b"1\n") == (ended.code, ended.out)
    (row,) = shared("transfers", "add", "mem:stock", str(tmp_path / "b.csv")).rows
    assert (2, "queued", "mem:stock", str(tmp_path / "b.csv")) == tuple(row.values())


def test_a_copy_waits_and_tells_the_end(shared, tmp_path):
    """`copy` is `transfers add --wait`; its row has what a script needs."""
    ended = shared("copy", "mem:stock", str(tmp_path / "a.csv"), "--verify", "--quiet")
    assert 0 == ended.code, ended.err
    (row,) = ended.rows
    expected = {"state": "done", "rows_done": 10, "parts_done": 1, "parts_total": 1, "rejected": 0, "error": None}
    assert expected == {name: row[name] for name in expected}
    assert row["bytes_done"] > 0
    assert 11 == len((tmp_path / "a.csv").read_text().splitlines())
    shown = json.loads(shared("transfers", "show", str(row["id"]), "--format", "json").out)
    assert row == shown


def test_rejected_rows_are_exit_code_6(shared, tmp_path):
    """The transfer ends well, the bad rows are in the file, and the code says so."""
    file, rejects = tmp_path / "in.csv", tmp_path / "rejects.jsonl"
    file.write_text("shop,item,amount\neast,1,5\neast,2,many\n")
    ended = shared("copy", str(file), "box:stock", "--rejects", str(rejects))
    assert 6 == ended.code, ended.err
    assert 1 == len(rejects.read_text().splitlines())
    assert [{"shop": "east", "item": 1, "amount": 5}] == [
        row for row in shared("rows", "box:stock").rows if row["shop"] == "east"
    ]
    (row,) = shared("transfers", "show", "1", "--rejected").rows
    assert ("amount", 2) == (row["column"], row["line"])


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["mem:stock", "box:nothing"], 1, "no such table"),
        (["mem:stock", "gone:stock"], 2, "gone"),
        (["mem:stock", "mem:stock"], 2, "the same"),
        (["mem:stock", "box:stock", "--mode", "fail"], 1, "not empty"),
        (["mem:stock", "box:stock", "--map", "nosuch=x"], 2, "nosuch"),
        (["mem:stock", "box:stock", "--parallel", "0"], 2, "at least 1"),
        (["mem:stock", "-"], 2, "format"),
        (["mem:", "box:stock"], 2, "names no table"),
    ],
)
def test_failures_end_as_their_errors_do(shared, words, code, message):
    """Each error has the exit code of its kind, and says what to do."""
    ended = shared("copy", *words)
    assert code == ended.code
    assert message in ended.error
    assert "hint: " in ended.err


def test_a_dry_run_changes_nothing(shared, tmp_path):
    """The plan is printed as one JSON object; nothing is queued or written."""
    file = tmp_path / "a.csv"
    ended = shared("transfers", "add", "mem:stock", str(file), "--dry-run", "--part-rows", "4")
    (plan,) = ended.rows
    assert (3, 10, "fail", ["shop", "item", "amount"]) == (
        *(plan["parts"], plan["rows"], plan["mode"]),
        [column["target"] for column in plan["columns"]],
    )
    assert not file.exists()
    assert [] == shared("transfers", "list").rows


def test_read_only_refuses_stores_as_targets(shared, tmp_path):
    """By the option and by the profile, before anything is queued; a file may be written all the same."""
    shared("profiles", "add", "memory", "locked", "--set", "read_only=true")
    assert 1 == shared("transfers", "add", "mem:stock", "locked:stock").code
    assert 1 == shared("transfers", "add", "mem:stock", "box:stock", "--read-only").code
    assert [] == shared("transfers", "list").rows
    assert 0 == shared("copy", "mem:stock", str(tmp_path / "a.csv"), "--read-only", "--quiet").code


def test_standard_input_and_output(shared, tmp_path, monkeypatch):
    """`-` with a format: rows come in and go out by pipes."""
    import io
    import sys
    from types import SimpleNamespace

    data = b"shop,item,amount\neast,1,5\n"
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data), isatty=lambda: False))
    assert 0 == main(["copy", "-", "box:stock", "--format", "csv", "--quiet"])
    ended = shared("copy", "box:stock", "-", "--format", "csv", "--where", "shop = 'east'", "--quiet")
    assert (0, data) == (ended.code, ended.out)


def test_orders_and_lists(shared, storedeck_home, tmp_path):
    """Pause, resume, cancel, priorities and settings from the command line, seen by the next command."""
    queue = TransferQueue(Paths.from_environment().transfers)
    first, second = (queue.add("mem:stock", str(tmp_path / f"{n}.csv")) for n in "ab")
    assert [first, second] == [row["id"] for row in shared("transfers", "pause", "all").rows]
    shared("transfers", "set", str(second), "--priority", "5", "--bandwidth", "10M", "--parallel", "3")
    shared("transfers", "set", "all", "--bandwidth", "1.5MiB", "--items", "4")
    assert [second, first] == [row["id"] for row in shared("transfers", "list").rows]
    options = queue.item(second).options
    assert (10_000_000, 3) == (options.bandwidth, options.parallel)
    assert (1_572_864, 4) == (queue.settings().bandwidth, queue.settings().items)
    assert ["cancelled"] == [row["state"] for row in shared("transfers", "cancel", str(first)).rows]
    assert [first] == [row["id"] for row in shared("transfers", "history").rows]
    assert [first] == [row["id"] for row in shared("transfers", "purge").rows]
    assert 1 == shared("transfers", "show", str(first)).code
    assert 2 == shared("transfers", "pause", "seven").code
    queue.close()


def test_drain_ends_with_the_result(shared, tmp_path):
    """0 when nothing is left to do, 1 when an item failed."""
    queue = TransferQueue(Paths.from_environment().transfers)
    good = queue.add("mem:stock", str(tmp_path / "a.csv"))
    assert 0 == _drained(shared)
    assert "done" == queue.item(good).state.value
    queue.add("mem:stock", str(tmp_path / "a.csv"))
    assert 1 == _drained(shared)
    queue.close()


def _drained(shared) -> int:
    """The code of a runner in a process of its own: it lowers its own priority."""
    import os
    import sys

    from cli_runs import EXTRA_KINDS

    env = {**os.environ, "STOREDECK_EXTRA_KINDS": EXTRA_KINDS}
    return subprocess.run([sys.executable, "-m", "tui", "transfers", "run", "--drain"], env=env, check=False).returncode


def test_two_runners_at_once_are_one(shared, started, tmp_path):
    """Of two started together one works; both end well, and every transfer ran once."""
    queue = TransferQueue(Paths.from_environment().transfers)
    identifiers = [queue.add("mem:stock", str(tmp_path / f"{n}.csv")) for n in range(4)]
    runners = [started("transfers", "run", "--drain") for _ in range(2)]
    assert [0, 0] == [runner.wait(40) for runner in runners]
    for identifier in identifiers:
        lines = [line.text for line in queue.log(identifier)]
        assert 1 == len([line for line in lines if line.startswith("planned")])
        assert "done" == queue.item(identifier).state.value
    assert not is_held(Paths.from_environment())
    queue.close()


def test_watch_tells_until_nothing_moves(shared, tmp_path):
    """Each change is a row; the last one is the end."""
    queue = TransferQueue(Paths.from_environment().transfers)
    identifier = queue.add("mem:stock", str(tmp_path / "a.csv"))
    assert 0 == _drained(shared)
    rows = shared("transfers", "watch", str(identifier)).rows
    assert [(identifier, "done")] == [(row["id"], row["state"]) for row in rows]
    queue.close()


def test_waiting_while_drained_says_why(shared, tmp_path, monkeypatch):
    """Nothing starts while transfers are drained: the wait ends with the way to let them start again."""
    monkeypatch.setattr("services.cli.transfers_wait._RUNNER_SECONDS", 0.0)
    shared("transfers", "set", "all", "--drain", "on")
    ended = shared("copy", "mem:stock", str(tmp_path / "a.csv"), "--quiet")
    assert (1, True) == (ended.code, "--drain off" in ended.err)
    assert not (tmp_path / "a.csv").exists()


def test_an_interrupted_wait_pauses_the_transfer(shared, started, tmp_path):
    """Ctrl-C ends the wait with 130; the transfer rests and says how to go on."""
    faults = json.dumps({"read_part": {"wait_file": str(tmp_path / "go")}})
    assert 0 == shared("profiles", "add", "memory", "stuck", "--set", f"faults={faults}").code
    waiting = started("copy", "stuck:stock", str(tmp_path / "a.csv"))
    queue = TransferQueue(Paths.from_environment().transfers)
    deadline = time.monotonic() + 30
    while not any(item.parts_running for item in queue.items()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    waiting.send_signal(signal.SIGINT)
    _, words = waiting.communicate(timeout=30)
    assert 130 == waiting.returncode
    assert b"transfers resume 1" in words
    assert "paused" == queue.item(1).state.value
    (tmp_path / "go").touch()
    queue.resume([1])
    assert 0 == _drained(shared)
    assert "done" == queue.item(1).state.value
    queue.close()


def test_a_rerun_is_a_new_transfer(shared, tmp_path):
    """With the same parameters; the old one stays in the history."""
    file = Path(tmp_path / "a.csv")
    assert 0 == shared("copy", "mem:stock", str(file), "--quiet", "--mode", "overwrite").code
    ended = shared("transfers", "rerun", "1", "--id-only")
    assert (0, b"2\n") == (ended.code, ended.out)
