"""Bandwidth: buckets, the share of all workers, and the slices that a worker sends."""

import threading

import pyarrow as pa
import pytest

from services.cancel import NEVER, CancelToken
from services.errors import Cancelled
from services.transfers import pacing, throttle
from services.transfers.pacing import AskingPace, Bucket, Unbounded
from services.transfers.rates import Rate
from services.transfers.retrying import MOST_SECONDS, backoff_seconds
from services.transfers.tasks import Caps
from services.transfers.throttle import Throttle, Wish


class Clock:
    """Time that goes by when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of every bucket of the test."""
    made = Clock()
    monkeypatch.setattr(throttle, "Bucket", lambda rate: Bucket(rate, made))
    return made


def sent_in(shared: Throttle, clock: Clock, wishes: list[Wish], seconds: float) -> dict[int, int]:
    """Bytes by item that workers send within some time, each asking again as soon as it may go."""
    sent: dict[int, int] = {}
    by_worker = {wish.worker: wish for wish in wishes}
    for wish in wishes:
        shared.ask(wish)
    end = clock.now + seconds
    while clock.now < end:
        for worker in shared.granted():
            wish = by_worker[worker]
            sent[wish.item] = sent.get(wish.item, 0) + wish.size_bytes
            shared.ask(wish)
        clock.now += max(min(shared.seconds_to_go(), end - clock.now), 0.0005)
    return sent


def test_the_rate_is_that_of_the_cap(clock):
    """Over 10 s the bytes of three workers stay within a tenth of the cap over all of them."""
    shared = Throttle()
    shared.set_caps(Caps(1_000_000))
    wishes = [Wish(worker, item, size) for worker, item, size in ((1, 1, 90_000), (2, 1, 30_000), (3, 2, 250_000))]
    sent = sum(sent_in(shared, clock, wishes, 10.0).values())
    assert 9_000_000 <= sent <= 11_000_000


def test_an_item_has_its_own_cap(clock):
    """One item is slower than the rest, which take what it leaves."""
    shared = Throttle()
    shared.set_caps(Caps(1_000_000, {1: 200_000}))
    sent = sent_in(shared, clock, [Wish(1, 1, 20_000), Wish(2, 2, 20_000)], 10.0)
    assert 1_800_000 <= sent[1] <= 2_200_000
    assert 7_000_000 <= sent[2] <= 9_000_000


def test_caps_change_while_workers_wait(clock):
    """A cap that goes lets every waiting worker go at once; a new one holds at once."""
    shared = Throttle()
    shared.set_caps(Caps(100))
    shared.ask(Wish(1, 1, 10_000))
    assert [1] == shared.granted()
    shared.ask(Wish(2, 1, 10_000))
    assert [] == shared.granted()
    assert shared.seconds_to_go() > 50
    shared.set_caps(Caps(0))
    assert [2] == shared.granted()


def test_a_lost_worker_holds_nothing(clock):
    """Its wish is dropped, and the others go on."""
    shared = Throttle()
    shared.set_caps(Caps(1000))
    shared.ask(Wish(1, 1, 1))
    shared.forget(1)
    shared.ask(Wish(2, 1, 1))
    assert [2] == shared.granted()


BATCH = pa.RecordBatch.from_pydict({"a": list(range(10_000))})


def test_without_a_cap_batches_go_as_they_are():
    """Nothing is sliced and nobody is asked."""
    asked = []
    for pace in (Unbounded(), AskingPace(asked.append)):
        assert [BATCH] == list(pace.paced(BATCH, 1.0, NEVER))
    assert [] == asked


def test_under_a_cap_rows_go_in_slices():
    """Each slice is asked for with the bytes that the target will count, and all rows go in order."""
    asked: list[int] = []

    def ask(size: int) -> None:
        asked.append(size)
        threading.Thread(target=pace.grant).start()

    pace = AskingPace(ask)
    pace.set_cap(100_000)
    pieces = list(pace.paced(BATCH, 0.5, NEVER))
    assert list(range(10_000)) == [value for piece in pieces for value in piece["a"].to_pylist()]
    assert len(pieces) >= 4
    assert 39_000 <= sum(asked) <= 41_000
    assert all(size <= 100_000 * pacing.SLICE_SECONDS * 1.1 for size in asked)


def test_a_cancel_ends_the_wait():
    """A part that waits for its turn stops when asked to."""
    cancel = CancelToken()
    pace = AskingPace(lambda size: threading.Thread(target=cancel.cancel).start())
    pace.set_cap(1000)
    with pytest.raises(Cancelled):
        list(pace.paced(BATCH, 1.0, cancel))


def test_waits_double_up_to_a_minute():
    """Each wait is at most twice the last one, at least half of what is usual, and never above a minute."""
    for attempt, usual in ((1, 0.5), (2, 1.0), (5, 8.0), (30, MOST_SECONDS)):
        assert usual / 2 <= backoff_seconds(attempt) <= usual


def test_rates_are_of_acknowledged_parts():
    """Nothing before the first part; then bytes over the time they took; falling while nothing comes."""
    clock = Clock()
    rate = Rate(clock)
    clock.now += 5
    assert (0.0, 0.0) == rate.per_second()
    rate.note(5_000, 50)
    assert (1000.0, 10.0) == rate.per_second()
    clock.now += 5
    assert (500.0, 5.0) == rate.per_second()
    for _ in range(100):
        clock.now += 1
        rate.note(2_000, 20)
    bytes_a_second, rows_a_second = rate.per_second()
    assert (2000, 20) == (round(bytes_a_second), round(rows_a_second))
