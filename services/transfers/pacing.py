"""How fast a worker may write: it asks before it sends, and the one who knows all workers answers."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pyarrow as pa

    from services.cancel import CancelToken

SLICE_SECONDS: Final = 0.1
"""Rows go in slices of so much time at the cap."""

_LEAST_BYTES: Final = 4096


class Pace(ABC):
    """Bounds the bytes that one part sends."""

    @abstractmethod
    def slice_bytes(self) -> int | None:
        """How many bytes to send at once; None while nothing bounds them."""

    @abstractmethod
    def wait(self, size_bytes: int, cancel: CancelToken) -> None:
        """Return once so many bytes may go.

        Raises:
            Cancelled.
        """

    def paced(self, batch: pa.RecordBatch, ratio: float, cancel: CancelToken) -> Iterator[pa.RecordBatch]:
        """The batch in slices, each when it may go.

        Args:
            ratio: bytes that the target counts for a byte in memory.
        """
        cap = self.slice_bytes()
        if cap is None or not batch.num_rows:
            yield batch
            return
        size = max(batch.nbytes * ratio, 1.0)
        rows = max(1, int(batch.num_rows * max(cap, _LEAST_BYTES) / size))
        for first in range(0, batch.num_rows, rows):
            piece = batch.slice(first, rows)
            self.wait(int(size * piece.num_rows / batch.num_rows), cancel)
            yield piece


class Unbounded(Pace):
    """No bound."""

    def slice_bytes(self) -> int | None:
        """None."""
        return None

    def wait(self, size_bytes: int, cancel: CancelToken) -> None:
        """Return at once."""


class SteadyPace(Pace):
    """A rate of its own, for a worker that nobody can be asked for."""

    def __init__(self, rate: float) -> None:
        self._bucket = Bucket(rate)

    def slice_bytes(self) -> int | None:
        """As the rate allows."""
        return int(self._bucket.rate * SLICE_SECONDS)

    def wait(self, size_bytes: int, cancel: CancelToken) -> None:
        """Wait for the bucket."""
        while (seconds := self._bucket.seconds_to_go()) > 0:
            cancel.wait(seconds)
            cancel.check()
        self._bucket.take(size_bytes)


class AskingPace(Pace):
    """Asks by a message and waits for the grant, which another thread hands in."""

    def __init__(self, ask: Callable[[int], None]) -> None:
        self._ask = ask
        self._cap = 0
        self._changed = threading.Condition()
        self._granted = 0

    def set_cap(self, rate: int) -> None:
        """Bytes a second that bound the part at hand, 0 for none."""
        with self._changed:
            self._cap = rate
            self._changed.notify_all()

    def grant(self) -> None:
        """What was asked for may go."""
        with self._changed:
            self._granted += 1
            self._changed.notify_all()

    def slice_bytes(self) -> int | None:
        """As the cap allows."""
        return int(self._cap * SLICE_SECONDS) if self._cap else None

    def wait(self, size_bytes: int, cancel: CancelToken) -> None:
        """Ask and wait."""
        if not self._cap:
            return
        with self._changed:
            self._granted = 0
        self._ask(size_bytes)
        with cancel.on_cancel(self._wake), self._changed:
            while not (self._granted or cancel.is_cancelled):
                self._changed.wait()
        cancel.check()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()


class Bucket:
    """Tokens that fill at a rate; whoever takes more than there are leaves a debt that the next one waits for."""

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._rate = rate
        self._tokens = rate * SLICE_SECONDS
        self._at = clock()

    @property
    def rate(self) -> float:
        """Bytes a second."""
        return self._rate

    @rate.setter
    def rate(self, rate: float) -> None:
        self._fill()
        self._rate = rate
        self._tokens = min(self._tokens, rate * SLICE_SECONDS)

    def seconds_to_go(self) -> float:
        """How long until something may be taken; 0 for now."""
        self._fill()
        return 0.0 if self._tokens > 0 else max(-self._tokens / self._rate, 0.001)

    def take(self, count: float) -> None:
        """Take tokens."""
        self._fill()
        self._tokens -= count

    def _fill(self) -> None:
        now = self._clock()
        self._tokens = min(self._tokens + (now - self._at) * self._rate, self._rate * SLICE_SECONDS)
        self._at = now
