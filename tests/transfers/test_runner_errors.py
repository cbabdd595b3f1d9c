"""What goes wrong: passing errors wait and are tried again, lasting ones stop and say what to do."""

import json
from dataclasses import replace

import pytest
from transfer_runs import Turns, ended, passing

from services.connections.profile import Profile
from services.connections.secret_refs import SecretRef, SecretSource
from services.transfers import settling
from services.transfers.model import Failure, ItemState, PartState, TransferOptions
from services.transfers.tasks import Done

LEFT_OUT = ("city", "born", "balance", "score", "active", "seen", "note", "photo", "address", "tags", "extra")
PEOPLE_AS_STOCK = dict.fromkeys(LEFT_OUT, "") | {"name": "shop", "id": "item"}
IN_THREES = TransferOptions(is_created=True, part_rows=3, parallel=1)


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attempts follow one another at once."""
    monkeypatch.setattr(settling, "backoff_seconds", lambda attempt: 0.0)


def failing(turns: Turns, times: dict[str, int], failure: Failure, *, is_lost: bool = False) -> list[str]:
    """Let tasks fail, each step so many times; what failed."""
    failed: list[str] = []

    def fail(task):
        name = task.step if task.part is None else f"part {task.part}"
        if times.get(name, 0) <= 0:
            return None
        times[name] -= 1
        failed.append(name)
        return Done(task, failure=failure, is_lost=is_lost)

    turns.engine.fail = fail
    return failed


BUSY = Failure("Unavailable", "the service is busy", is_passing=True)
LOST = Failure("SessionLost", "its worker process ended by signal 9", is_passing=True)


@pytest.mark.parametrize("step", ["plan", "begin", "part 0", "part 3", "commit"])
def test_passing_errors_are_tried_again(services, queue, turns, step):
    """Whatever step fails for a while, the transfer comes to its end with every row once."""
    failed = failing(turns, {step: 3}, BUSY)
    identifier = queue.add("one:stock", "two:copied", IN_THREES)
    turns.drain()
    item = ended(services, identifier)
    assert ([step] * 3, 10, 3) == (failed, item.rows_done, item.attempts)
    assert any("again in" in line.text for line in queue.log(identifier))


@pytest.mark.parametrize("step", ["plan", "begin", "part 1", "commit"])
def test_a_lost_worker_costs_its_task_alone(services, queue, turns, step):
    """A worker that is killed in the middle of a step: the step is done again, no other."""
    failing(turns, {step: 1}, LOST, is_lost=True)
    identifier = queue.add("one:stock", "two:copied", IN_THREES)
    turns.drain()
    assert 10 == ended(services, identifier).rows_done
    parts = [one for one in turns.engine.done if one.startswith("part")]
    assert [f"part {number}" for number in range(4)] == sorted(parts)


def test_errors_that_do_not_pass_stop_in_the_end(services, queue, turns):
    """After so many attempts of one part the transfer fails with the server's words; parts that went stay."""
    failing(turns, {"part 2": 99}, BUSY)
    identifier = queue.add("one:stock", "two:copied", replace(IN_THREES, retries=4))
    turns.drain()
    item = queue.item(identifier)
    assert (ItemState.FAILED, "the service is busy") == (item.state, item.failure.message)
    part = queue.parts(identifier)[2]
    assert (PartState.FAILED, 5) == (part.state, part.attempts)
    turns.engine.fail = lambda task: None
    queue.retry([identifier])
    turns.drain()
    assert 10 == ended(services, identifier).rows_done


@pytest.mark.parametrize("step", ["plan", "begin", "commit"])
def test_a_step_that_keeps_failing_fails_in_the_end(services, queue, turns, step, monkeypatch):
    """Its attempts are counted over its waits, which grow: a store that is gone is not asked for ever."""
    waits: list[int] = []
    monkeypatch.setattr(settling, "backoff_seconds", lambda attempt: waits.append(attempt) or 0.01)
    failed = failing(turns, {step: 99}, BUSY)
    identifier = queue.add("one:stock", "two:copied", replace(IN_THREES, retries=3))
    turns.drain()
    item = queue.item(identifier)
    assert (ItemState.FAILED, [step] * 4, [1, 2, 3]) == (item.state, failed, waits)


def test_lasting_errors_stop_at_once(services, queue, turns):
    """A refused part is not tried again; the others of the transfer are stopped."""
    failed = failing(turns, {"part 0": 1}, Failure("Refused", "no such column", "Use --map."))
    identifier = queue.add("one:stock", "two:copied", replace(IN_THREES, parallel=3))
    turns.drain()
    item = queue.item(identifier)
    assert (ItemState.FAILED, "no such column", "Use --map.") == (item.state, item.failure.message, item.failure.hint)
    assert ["part 0"] == failed
    assert [0, PartState.FAILED, PartState.TODO] == [
        item.parts_running,
        *(p.state for p in queue.parts(identifier)[:2]),
    ]


@pytest.mark.parametrize("fault", ["begin_write", "write_part", "write_part answered", "commit_write answered"])
def test_a_lost_answer_doubles_nothing(services, queue, fault, storedeck_home):
    """The connection is lost before or after the store did what it was asked: appended rows are there once."""
    faults = json.dumps({fault: {"after": 0, "lost": True}})
    services.profiles.add(Profile("bad", "memory", {"shared": str(storedeck_home / "shared.bin"), "faults": faults}))
    identifier = queue.add("one:stock", "bad:copied", IN_THREES)
    turns = Turns(services)
    seen = []

    def mend(task):
        if task.step == "part" or task.step in ("begin", "commit"):
            seen.append(task.step)
        if len(seen) > 3 and services.profiles.get("bad").fields.get("faults") != "{}":
            services.profiles.edit("bad", lambda one: replace(one, fields={**one.fields, "faults": "{}"}))

    turns.engine.before = mend
    turns.drain()
    item = ended(services, identifier)
    assert 10 == item.rows_done
    found = services.profiles.get("one")
    store = found.store_kind.build(found.fields, {})
    assert 10 == len(store._table(("main", "copied")).rows())


def test_a_changed_source_blocks_the_resume(services, queue, turns, tmp_path):
    """Editing the file while the transfer is paused: it stops and says so; a retry starts it anew."""
    file = tmp_path / "in.csv"
    file.write_text("shop,item,amount\n" + "".join(f"mall,{number},1\n" for number in range(9)))
    identifier = queue.add(str(file), "one:stock", TransferOptions(part_rows=3, parallel=1))
    turns.engine.before = lambda task: queue.pause([identifier]) if task.part == 1 else None
    turns.drain()
    turns.engine.before = lambda task: None
    with file.open("a") as out:
        out.write("mall,99,1\n")
    queue.resume([identifier])
    turns.drain()
    item = queue.item(identifier)
    assert (ItemState.FAILED, "SourceChanged") == (item.state, item.failure.kind)
    assert "source changed" in item.failure.message
    assert "retry" in item.failure.hint
    queue.retry([identifier])
    turns.drain()
    item = ended(services, identifier)
    assert (10, 1) == (item.rows_done, item.restarts)


def test_parts_that_the_target_lost_go_again(services, queue, turns):
    """What the journal has a receipt for and the target does not hold any more is sent again."""
    identifier = queue.add("one:stock", "two:copied", IN_THREES)
    turns.engine.before = lambda task: queue.pause([identifier]) if task.part == 2 else None
    turns.drain()
    turns.engine.before = lambda task: None
    found = services.profiles.get("two")
    store = found.store_kind.build(found.fields, {})
    with store._shelf.change() as shelf:
        (upload,) = shelf.uploads.values()
        del upload.staged[1]
    queue.resume([identifier])
    turns.drain()
    assert 10 == ended(services, identifier).rows_done
    assert 2 == turns.engine.done.count("part 1")
    assert 1 == turns.engine.done.count("part 0")


def test_a_dropped_target_is_told(services, queue, turns):
    """The table is dropped while the transfer rests: it fails with the store's words, and cancelling it ends well."""
    identifier = queue.add("one:people", "two:stock", replace(IN_THREES, columns=PEOPLE_AS_STOCK))
    turns.engine.before = lambda task: queue.pause([identifier]) if task.part == 2 else None
    turns.drain()
    turns.engine.before = lambda task: None
    found = services.profiles.get("two")
    found.store_kind.build(found.fields, {}).drop(("main", "stock"))
    queue.resume([identifier])
    turns.drain()
    item = queue.item(identifier)
    assert (ItemState.FAILED, "NotFound", True) == (item.state, item.failure.kind, "stock" in item.failure.message)
    queue.cancel([identifier])
    turns.drain()
    assert (ItemState.CANCELLED, False) == (queue.item(identifier).state, queue.item(identifier).is_cleaning)


def test_a_target_that_counts_otherwise_fails_the_verify(services, queue, turns):
    """The server's own count after the commit is part of verifying."""
    identifier = queue.add("one:stock", "two:copied", replace(IN_THREES, is_verified=True))
    answer = {"rows": 9, "message": "", "request_id": ""}
    turns.engine.fail = lambda task: Done(task, answer) if task.step == "commit" else None
    turns.drain()
    item = queue.item(identifier)
    assert (ItemState.FAILED, True) == (item.state, "counts 9 rows and 10" in item.failure.message)


def test_a_part_with_other_rows_than_planned_is_refused(services, queue, turns, monkeypatch):
    """A source that stands still gives what it planned, or nothing is written of it."""
    from services.stores.memory.store import MemoryStore

    whole = MemoryStore.read_part

    def short(self, plan, part, cancel):
        for batch in whole(self, plan, part, cancel):
            yield batch.slice(0, batch.num_rows - (part.index == 2))

    monkeypatch.setattr(MemoryStore, "read_part", short)
    identifier = queue.add("one:stock", "two:copied", IN_THREES)
    turns.drain()
    item = queue.item(identifier)
    assert (ItemState.FAILED, "SourceChanged") == (item.state, item.failure.kind)
    assert "part 2: 3 rows were planned and 2 came" in item.failure.message
    assert PartState.FAILED is queue.parts(identifier)[2].state


def test_an_expired_session_starts_anew_on_retry(services, queue, turns):
    """The server forgot the upload: the transfer stops, says how to go on, and a retry plans again."""
    identifier = queue.add("one:stock", "two:copied", IN_THREES)
    failing(turns, {"part 1": 1}, Failure("SessionExpired", "the upload ended"))
    turns.drain()
    item = queue.item(identifier)
    assert (ItemState.FAILED, True) == (item.state, "anew" in item.failure.hint)
    queue.retry([identifier])
    turns.drain()
    assert (10, 1) == (ended(services, identifier).rows_done, queue.item(identifier).restarts)


def test_a_secret_that_must_be_typed_waits_for_you(services, queue, turns):
    """The runner cannot ask: the item says that it needs you, and others go on."""
    refs = {"password": SecretRef(SecretSource.PROMPT, "")}
    services.profiles.add(Profile("asks", "memory", {}, refs))
    asking = queue.add("asks:stock", "two:copied", IN_THREES)
    other = queue.add("one:stock", "two:copied", IN_THREES)
    turns.drain()
    item = queue.item(asking)
    assert (ItemState.NEEDS_YOU, "SecretNeeded") == (item.state, item.failure.kind)
    ended(services, other)


def test_a_read_only_target_is_refused_before_any_request(services, queue, turns, tmp_path):
    """Also when the profile became read-only after the item was queued: the store is never connected."""
    log = tmp_path / "requests"
    services.profiles.add(Profile("locked", "memory", {"log": str(log)}, is_read_only=True))
    identifier = queue.add("one:stock", "locked:stock", IN_THREES)
    turns.drain()
    item = queue.item(identifier)
    assert (ItemState.FAILED, "ReadOnlyRefused") == (item.state, item.failure.kind)
    assert not log.exists()


def test_cleaning_that_fails_is_told_and_ends(services, queue, turns):
    """What could not be dropped at a cancelled transfer's target is said, and the queue is not held up."""
    identifier = queue.add("one:stock", "two:copied", IN_THREES)
    failing(turns, {"clean": 99}, Failure("Refused", "not allowed"))
    turns.engine.before = lambda task: queue.cancel([identifier]) if task.part == 1 else None
    turns.drain()
    item = queue.item(identifier)
    assert (ItemState.CANCELLED, False) == (item.state, item.is_cleaning)
    assert any("not allowed" in line.text for line in queue.log(identifier))


def test_a_retry_time_of_a_wrong_clock_is_ignored(services, queue, turns):
    """A time to retry at that lies hours ahead is none that a runner set: the item goes on."""
    import sqlite3
    import time

    identifier = queue.add("one:stock", "two:copied", IN_THREES)
    with sqlite3.connect(queue.path) as database:
        database.execute("UPDATE items SET retry_at = ?", (time.time() + 86_400,))
    database.close()
    turns.drain()
    ended(services, identifier)


def test_a_defect_ends_its_item_alone(services, queue, turns):
    """A result that makes no sense fails its transfer; the runner and the other transfers go on."""
    bad = queue.add("one:stock", "two:bad", IN_THREES)
    good = queue.add("one:stock", "two:good", IN_THREES)
    turns.engine.fail = lambda task: Done(task, {"no": "plan"}) if (task.item, task.step) == (bad, "plan") else None
    turns.drain()
    item = queue.item(bad)
    assert (ItemState.FAILED, "Defect") == (item.state, item.failure.kind)
    ended(services, good)


def test_passing_is_what_the_errors_say():
    """The helper of these tests makes a failure that passes."""
    from services.transfers.tasks import Task

    task = Task(1, 1, "plan", "", "", {})
    assert passing(task).failure.is_passing
