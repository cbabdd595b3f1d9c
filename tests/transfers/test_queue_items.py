"""The queue's file: what is added stays, in order, for every process that looks."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from services.errors import NotFound, Refused, UsageError
from services.stores.bulk import WriteMode
from services.transfers.model import ItemState, Phase, TransferOptions
from services.transfers.queue import TransferQueue

OPTIONS = TransferOptions(mode=WriteMode.UPSERT, columns={"a": "b"}, bandwidth=5, source={"delimiter": ";"})


@pytest.fixture
def queue(tmp_path: Path):
    """A queue without services behind it."""
    made = TransferQueue(tmp_path / "transfers.db")
    yield made
    made.close()


def states(queue: TransferQueue) -> dict[int, ItemState]:
    """The state of each item."""
    return {item.id: item.state for item in queue.items()}


def put(queue: TransferQueue, identifier: int, state: str, phase: str = "new", failure: str | None = None) -> None:
    """Set an item's state as a runner would."""
    with sqlite3.connect(queue.path) as database:
        values = (state, phase, failure, identifier)
        database.execute("UPDATE items SET state = ?, phase = ?, failure = ? WHERE id = ?", values)
    database.close()


def test_what_is_added_is_there_for_others(queue):
    """An added item is read by another connection at once, with all its options."""
    identifier = queue.add("a.csv", "p:t", OPTIONS, priority=3)
    other = TransferQueue(queue.path)
    item = other.item(identifier)
    other.close()
    assert ("a.csv", "p:t", OPTIONS, 3) == (item.source, item.target, item.options, item.priority)
    assert (ItemState.QUEUED, Phase.NEW) == (item.state, item.phase)


def test_items_come_in_the_order_in_which_they_go(queue):
    """Higher priority first, then as added; an item can be put before another and behind all."""
    first, second, third, urgent = (queue.add(f"{n}.csv", "p:t") for n in range(4))
    queue.set_priority(urgent, 9)
    assert [urgent, first, second, third] == [item.id for item in queue.items()]
    queue.move(third, first)
    queue.move(first, None)
    assert [urgent, third, second, first] == [item.id for item in queue.items()]


def test_moving_again_and_again_keeps_the_order(queue):
    """An item moved between the same two a hundred times still lies between them."""
    identifiers = [queue.add(f"{n}.csv", "p:t") for n in range(4)]
    a, b, c, d = identifiers
    for _ in range(100):
        queue.move(c, b)
        queue.move(b, c)
    assert [a, b, c, d] == [item.id for item in queue.items()]


@pytest.mark.parametrize(
    ("order", "state", "phase", "after"),
    [
        ("pause", "queued", "new", ItemState.PAUSED),
        ("pause", "running", "writing", ItemState.PAUSED),
        ("pause", "running", "committing", ItemState.RUNNING),
        ("pause", "done", "ended", ItemState.DONE),
        ("resume", "paused", "writing", ItemState.QUEUED),
        ("resume", "needs you", "new", ItemState.QUEUED),
        ("resume", "failed", "writing", ItemState.FAILED),
        ("cancel", "queued", "new", ItemState.CANCELLED),
        ("cancel", "paused", "writing", ItemState.CANCELLED),
        ("cancel", "failed", "writing", ItemState.CANCELLED),
        ("cancel", "done", "ended", ItemState.DONE),
        ("retry", "failed", "writing", ItemState.QUEUED),
        ("retry", "cancelled", "ended", ItemState.QUEUED),
        ("retry", "done", "ended", ItemState.DONE),
    ],
)
def test_orders_change_what_they_can(queue, order, state, phase, after):
    """Each order moves an item from the states in which it makes sense, and from no other."""
    identifier = queue.add("a.csv", "p:t")
    put(queue, identifier, state, phase)
    changed = getattr(queue, order)([identifier])
    assert {identifier: after} == states(queue)
    assert changed == ([identifier] if after.value != state else [])


def test_an_item_in_its_commit_is_not_cancelled(queue):
    """Nobody could say what would be left, so it is refused with advice."""
    identifier = queue.add("a.csv", "p:t")
    put(queue, identifier, "running", "committing")
    with pytest.raises(Refused) as caught:
        queue.cancel([identifier])
    assert caught.value.hint
    assert [] == queue.cancel()


def test_cancelling_leaves_work_for_a_runner(queue):
    """What the target holds is to be dropped when something may have been begun, and only then."""
    fresh, begun = queue.add("a.csv", "p:t"), queue.add("b.csv", "p:t")
    put(queue, begun, "paused", "writing")
    queue.cancel([fresh, begun])
    assert {fresh: False, begun: True} == {item.id: item.is_cleaning for item in queue.items()}


def test_orders_for_all_reach_all(queue):
    """Without numbers an order means every item that it can change."""
    identifiers = [queue.add(f"{n}.csv", "p:t") for n in range(3)]
    assert identifiers == queue.pause()
    assert identifiers == queue.resume()
    assert [] == queue.resume()


def test_unknown_numbers_are_refused_before_anything_changes(queue):
    """One wrong number among right ones changes nothing."""
    identifier = queue.add("a.csv", "p:t")
    with pytest.raises(NotFound):
        queue.pause([identifier, 99])
    assert {identifier: ItemState.QUEUED} == states(queue)


def test_purge_forgets_what_ended(queue):
    """Ended items go; what failed half-written is hidden until a runner has dropped what is left of it."""
    done, failed, waiting = (queue.add(f"{n}.csv", "p:t") for n in range(3))
    put(queue, done, "done", "ended")
    put(queue, failed, "failed", "writing")
    assert [done, failed] == sorted(queue.purge())
    assert [waiting] == [item.id for item in queue.items()]
    with pytest.raises(NotFound):
        queue.item(failed)


def test_changes_tell_what_is_new_and_what_is_gone(queue):
    """A reader that keeps a version sees each later change once."""
    first = queue.add("a.csv", "p:t")
    start = queue.changes(0)
    assert [first] == [item.id for item in start.items]
    assert ((), ()) == (queue.changes(start.version).items, queue.changes(start.version).gone)
    second = queue.add("b.csv", "p:t")
    queue.cancel([first])
    queue.purge([first])
    later = queue.changes(start.version)
    assert ([second], (first,)) == ([item.id for item in later.items], later.gone)


def test_a_rerun_has_the_same_parameters(queue):
    """A finished item is queued again under a new number, equal in everything asked for."""
    identifier = queue.add("a.csv", "p:t", OPTIONS, priority=2)
    put(queue, identifier, "done", "ended")
    again = queue.item(queue.rerun(identifier))
    assert identifier != again.id
    assert ("a.csv", "p:t", OPTIONS, 2, ItemState.QUEUED) == (
        *(again.source, again.target, again.options),
        *(again.priority, again.state),
    )


def test_parallel_and_bandwidth_change_later(queue):
    """Both are options that a running item takes up; less than one part at once is refused."""
    identifier = queue.add("a.csv", "p:t", OPTIONS)
    queue.set_parallel(identifier, 7)
    queue.set_bandwidth(identifier, 0)
    options = queue.item(identifier).options
    assert (7, 0, {"a": "b"}) == (options.parallel, options.bandwidth, options.columns)
    with pytest.raises(UsageError):
        queue.set_parallel(identifier, 0)


def test_settings_are_shared(queue):
    """What holds for all is read by other connections; what is not set has its default."""
    queue.change_settings(bandwidth=1000, window="22:00-06:00")
    other = TransferQueue(queue.path)
    found = other.settings()
    other.close()
    assert (1000, "22:00-06:00", 2) == (found.bandwidth, found.window, found.items)


def test_a_newer_file_is_refused(tmp_path):
    """A file of a later schema is left alone, with a hint."""
    path = tmp_path / "newer.db"
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(Refused) as caught:
        TransferQueue(path).items()
    assert "newer" in caught.value.message
    assert caught.value.hint


WRITER = """
import sys
from pathlib import Path
from services.transfers.queue import TransferQueue
queue = TransferQueue(Path(sys.argv[1]))
for number in range(100):
    identifier = queue.add(f"{sys.argv[2]}-{number}.csv", "p:t")
    if number % 3 == 0:
        queue.pause([identifier])
"""


def test_two_processes_lose_nothing(queue):
    """Two writers at once: every item and every order of both is there."""
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(queue.path), name]) for name in "ab"]
    assert [0, 0] == [writer.wait() for writer in writers]
    found = {item.source: item.state for item in queue.items()}
    expected = {
        f"{name}-{number}.csv": ItemState.PAUSED if number % 3 == 0 else ItemState.QUEUED
        for name in "ab"
        for number in range(100)
    }
    assert expected == found


def test_the_queue_loads_nothing_heavy():
    """What console and command line import of it brings no Arrow."""
    code = "import services.transfers.queue, services.transfers.starting, services.transfers.adding, sys"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; print('pyarrow' in sys.modules, 'numpy' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "False False" == done.stdout.strip()
