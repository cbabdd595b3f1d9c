"""The queue's file over versions of the program: an older one is led on with all it holds, a newer one is refused."""

import sqlite3
import threading

import pytest
from app_driver import running, screen_text, until

from services.errors import Refused
from services.transfers import starting
from services.transfers.lease import is_held
from services.transfers.queue import TransferQueue
from services.transfers.queue_file import VERSION


@pytest.fixture
def older(queue):
    """A file of version 1 with one transfer and the note of a runner; the transfer's id."""
    identifier = queue.add("one:stock", "two:a")
    queue.close()
    database = sqlite3.connect(queue.path)
    database.execute("ALTER TABLE items DROP COLUMN verified")
    database.execute("ALTER TABLE runner DROP COLUMN code")
    database.execute("INSERT INTO runner VALUES (1, 4711, 'host', 'boot', 1.0, 2.0, 'local')")
    database.execute("PRAGMA user_version = 1")
    database.commit()
    database.close()
    return identifier


@pytest.fixture
def newer(queue):
    """A file of a version that is still to come."""
    queue.add("one:stock", "two:a")
    queue.close()
    with sqlite3.connect(queue.path) as database:
        database.execute(f"PRAGMA user_version = {VERSION + 1}")
    database.close()


def test_an_older_file_is_led_on(queue, older):
    """What it holds is all there, and what is new in it has a value."""
    assert ("one:stock", "") == (queue.item(older).source, queue.item(older).verified)
    assert (4711, "") == (queue.runner().pid, queue.runner().code)
    with sqlite3.connect(queue.path) as database:
        assert (VERSION,) == database.execute("PRAGMA user_version").fetchone()
    database.close()


def test_two_who_open_an_older_file_at_once(queue, older):
    """One leads it on, the other finds it done."""
    found, gate = [], threading.Barrier(4)

    def look() -> None:
        gate.wait()
        other = TransferQueue(queue.path)
        found.append(other.item(older).id)
        other.close()

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [older] * 4 == found


def test_a_newer_file_is_refused(services, queue, newer, cli):
    """By whoever asks, with the advice; a runner says so and leaves the lease."""
    with pytest.raises(Refused) as caught:
        queue.items()
    assert "written by a newer Storedeck" in caught.value.message
    ended = cli("transfers", "list")
    assert (1, True) == (ended.code, "written by a newer Storedeck" in ended.err)
    assert starting.ensure_runner(services.paths, 0.0)
    (_, process, _) = starting._started[-1]
    assert 1 == process.wait(40)
    assert not is_held(services.paths)
    assert "written by a newer Storedeck" in starting.log_path(services.paths).read_text()


async def test_the_console_says_that_the_file_is_newer(services, newer):
    """The screen of transfers names the cause instead of an empty queue."""
    async with running(services, size=(160, 48), watch=False) as (app, pilot):
        await pilot.press("5")
        await until(lambda: "written by a newer Storedeck" in screen_text(app), "the cause")
