"""What people ask of a running transfer: pause, resume, cancel, retry, priority, parallelism, caps, windows."""

import pytest
from transfer_runs import Turns, ended, passing

from services.stores.bulk import WriteMode
from services.transfers.model import ItemState, PartState, Phase, TransferOptions
from services.transfers.scheduler import _is_within
from services.transfers.tasks import Caps

IN_THREES = TransferOptions(is_created=True, part_rows=3, parallel=1)


def at_part(turns: Turns, number: int, act) -> None:
    """Do something once, when a part is about to be done."""
    seen = []

    def before(task):
        if task.part == number and not seen:
            seen.append(task)
            act()

    turns.engine.before = before


def left_at(turns: Turns, number: int) -> None:
    """Run until a part is about to be done; the runner ends there."""
    reached = []
    at_part(turns, number, lambda: reached.append(number))
    turns.run(lambda: reached)


def test_no_part_starts_after_a_pause(services, queue, turns):
    """From the moment the pause is written no further part starts; what was in flight is kept."""
    identifier = queue.add("one:stock", "two:copied", IN_THREES)
    at_part(turns, 1, lambda: queue.pause([identifier]))
    turns.drain()
    item = queue.item(identifier)
    assert (ItemState.PAUSED, 2, 0) == (item.state, item.parts_done, item.parts_running)
    assert ["part 0", "part 1"] == [step for step in turns.engine.done if step.startswith("part")]


def test_a_resumed_transfer_goes_on_where_it_stood(services, queue, turns):
    """Acknowledged parts are not sent again, and the target is asked which it holds."""
    identifier = queue.add("one:stock", "two:copied", IN_THREES)
    at_part(turns, 1, lambda: queue.pause([identifier]))
    turns.drain()
    turns.engine.done.clear()
    queue.resume([identifier])
    turns.drain()
    ended(services, identifier)
    assert ["check", "part 2", "part 3", "commit"] == turns.engine.done


def test_a_next_runner_goes_on(services, queue, turns):
    """What a runner had in its hands when it ended is done again by the next; nothing is planned twice."""
    identifier = queue.add("one:stock", "two:copied", IN_THREES)
    left_at(turns, 2)
    assert (ItemState.QUEUED, Phase.WRITING) == (queue.item(identifier).state, queue.item(identifier).phase)
    later = Turns(services)
    later.drain()
    ended(services, identifier)
    assert ["check", "part 3", "commit"] == later.engine.done[-3:]
    assert "plan" not in later.engine.done


def test_a_cancelled_transfer_leaves_nothing(services, queue, turns, tmp_path):
    """Its parts at the target are dropped, its file never appears, and its state says so."""
    file = tmp_path / "out.csv"
    identifier = queue.add("one:stock", str(file), TransferOptions(part_rows=3, parallel=1))
    at_part(turns, 1, lambda: queue.cancel([identifier]))
    turns.drain()
    item = queue.item(identifier)
    assert (ItemState.CANCELLED, False, Phase.ENDED) == (item.state, item.is_cleaning, item.phase)
    assert "clean" == turns.engine.done[-1]
    assert [] == list(tmp_path.glob("*out*"))


def test_a_transfer_cancelled_between_runners_is_cleaned(services, queue, turns, tmp_path):
    """Nobody runs when it is cancelled: the next runner drops what is left, and purging waits for that."""
    identifier = queue.add("one:stock", str(tmp_path / "out.csv"), TransferOptions(part_rows=3, parallel=1))
    left_at(turns, 2)
    queue.cancel([identifier])
    queue.purge([identifier])
    assert [] == queue.items()
    Turns(services).drain()
    assert [] == [path for path in tmp_path.iterdir() if "out" in path.name]
    assert (identifier,) == queue.changes(0).gone[:1]


def test_a_cancelled_transfer_can_start_anew(services, queue, turns):
    """Retrying it plans again, and says that it started anew."""
    identifier = queue.add("one:stock", "two:copied", IN_THREES)
    at_part(turns, 1, lambda: queue.cancel([identifier]))
    turns.drain()
    queue.retry([identifier])
    turns.drain()
    item = ended(services, identifier)
    assert (10, 1, 4) == (item.rows_done, item.restarts, item.parts_done)
    assert any("anew" in line.text for line in queue.log(identifier))


def test_higher_priority_goes_first(services, queue, turns):
    """An urgent item that comes while others run gets the next part, and the others go on after it."""
    queue.change_settings(items=1)
    usual = queue.add("one:stock", "two:usual", IN_THREES)
    urgent = []
    at_part(turns, 1, lambda: urgent.append(queue.add("one:stock", "two:urgent", IN_THREES, priority=5)))
    done = []
    inner = turns.engine.before

    def before(task):
        inner(task)
        done.append((task.item, task.step))

    turns.engine.before = before
    turns.drain()
    ended(services, usual)
    ended(services, urgent[0])
    order = [item for item, step in done if step == "commit"]
    assert [urgent[0], usual] == order


def test_a_long_transfer_lets_the_next_begin(services, queue, turns):
    """However many parts the first may do at once, the second gets a slot as soon as one is free."""
    queue.change_settings(items=2, workers=2)
    first = queue.add("one:people", "two:long", TransferOptions(is_created=True, part_rows=1, parallel=2))
    later = []
    at_part(turns, 3, lambda: later.append(queue.add("one:stock", "two:short", IN_THREES)))
    commits = []
    inner = turns.engine.before

    def before(task):
        inner(task)
        if task.step == "commit":
            commits.append(task.item)

    turns.engine.before = before
    turns.drain()
    ended(services, first)
    assert [later[0], first] == commits


def test_parallel_changes_while_it_runs(services, queue, turns):
    """More parts at once from the next turn on; never more than asked for."""
    identifier = queue.add("one:people", "two:copied", TransferOptions(is_created=True, part_rows=2, parallel=1))
    queue.change_settings(workers=8)
    at_part(turns, 2, lambda: queue.set_parallel(identifier, 4))
    seen = []
    inner = turns.engine.before

    def before(task):
        inner(task)
        seen.append(len([one for one in turns.engine.in_flight if one.part is not None]) + (task.part is not None))

    turns.engine.before = before
    turns.drain()
    ended(services, identifier)
    assert {1, 4} == {max(seen[:5]), max(seen)}


def test_caps_reach_the_engine(services, queue, turns):
    """The caps over all and of each item are told to the engine, and changes of them too."""
    identifier = queue.add("one:stock", "two:copied", TransferOptions(is_created=True, part_rows=3, bandwidth=900))
    queue.change_settings(bandwidth=5000)
    seen = []
    turns.engine.before = lambda task: seen.append(turns.engine.caps)
    at = turns.engine.before

    def before(task):
        at(task)
        if task.part == 0:
            queue.set_bandwidth(identifier, 0)

    turns.engine.before = before
    turns.drain()
    assert Caps(5000, {identifier: 900}) in seen
    assert Caps(5000, {}) == seen[-1]
    assert (900, 5000, 400) == (Caps(5000, {1: 900}).of(1), Caps(5000, {1: 900}).of(2), Caps(400, {1: 900}).of(1))


def test_draining_starts_nothing_else(services, queue, turns):
    """With `is_draining` set what runs is finished, what waits stays, and the runner ends."""
    first = queue.add("one:stock", "two:first", IN_THREES)
    second = queue.add("one:stock", "two:second", IN_THREES)
    queue.change_settings(items=1)
    at_part(turns, 0, lambda: queue.change_settings(is_draining=True))
    turns.drain()
    assert [ItemState.DONE, ItemState.QUEUED] == [queue.item(one).state for one in (first, second)]
    queue.change_settings(is_draining=False)
    turns.drain()
    ended(services, second)


@pytest.mark.parametrize(
    ("window", "clock", "is_open"),
    [
        ("", (3, 0), True),
        ("08:00-18:00", (8, 0), True),
        ("08:00-18:00", (18, 0), False),
        ("22:00-06:00", (23, 30), True),
        ("22:00-06:00", (5, 59), True),
        ("22:00-06:00", (12, 0), False),
    ],
)
def test_a_window_says_when_transfers_go(window, clock, is_open):
    """Times of the day, over midnight too."""
    import time

    now = time.struct_time((2026, 1, 1, *clock, 0, 3, 1, 0))
    assert is_open is _is_within(window, now)


def test_a_retry_at_once_does_not_wait(services, queue, turns):
    """A transfer that waits for its next attempt goes on when asked to."""
    identifier = queue.add("one:stock", "two:copied", IN_THREES)
    failures = []

    def fail(task):
        if task.part == 1 and not failures:
            failures.append(passing(task))
            return failures[0]
        return None

    turns.engine.fail = fail
    turns.run(lambda: failures)
    item = queue.item(identifier)
    assert (ItemState.QUEUED, True, "the service is busy") == (
        item.state,
        item.retry_at is not None,
        item.failure.message,
    )
    queue.retry([identifier])
    assert queue.item(identifier).retry_at is None
    assert PartState.TODO is queue.parts(identifier)[1].state
    turns.drain()
    ended(services, identifier)


def test_the_plan_of_a_dry_run_is_that_of_the_run(services, queue, turns):
    """Planning alone changes nothing, and the later run is planned the same."""
    from services.cancel import NEVER
    from services.transfers.places import Places
    from services.transfers.planning import plan_transfer

    places = Places(services.profiles, services.vault)
    options = TransferOptions(is_created=True, part_rows=4, mode=WriteMode.APPEND)
    planned = plan_transfer(places, "one:stock", "two:fresh", options, NEVER)
    places.close()
    identifier = queue.add("one:stock", "two:fresh", options)
    turns.drain()
    ended(services, identifier)
    assert queue.plan(identifier) == dict(planned.shown)
    assert (3, [4, 4, 2], "exact", 10) == (
        *(planned.shown["parts"], planned.shown["part_rows"]),
        *(planned.shown["count"], planned.shown["rows"]),
    )
