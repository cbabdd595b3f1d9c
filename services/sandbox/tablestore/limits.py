"""The service's limits, and the clock that a test can turn."""

from __future__ import annotations

import time
from dataclasses import dataclass
from threading import Lock

MB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What one request, page or table may hold. The rates are off (None) unless set."""

    page_rows: int = 5000
    page_bytes: int = 4 * MB
    batch_get_rows: int = 100
    batch_write_rows: int = 200
    batch_write_bytes: int = 4 * MB
    body_bytes: int = 5 * MB
    columns: int = 1024
    columns_to_get: int = 128
    key_bytes: int = 1024
    value_bytes: int = 2 * MB
    name_bytes: int = 255
    tables: int = 64
    search_rows: int = 100
    scan_splits: int = 4
    sql_rows: int = 100_000
    transaction_seconds: float = 60.0
    requests_a_second: int | None = None
    metadata_a_second: int | None = None


class Clock:
    """Milliseconds since 1970; `advance` moves it on for tests of expiry."""

    def __init__(self) -> None:
        self._ahead_ms = 0

    def now(self) -> int:
        return time.time_ns() // 1_000_000 + self._ahead_ms

    def advance(self, seconds: float) -> None:
        self._ahead_ms += int(seconds * 1000)


class Rate:
    """Counts requests in each second and says when there were too many; safe for threads."""

    def __init__(self, a_second: int | None) -> None:
        self._a_second = a_second
        self._lock = Lock()
        self._second = 0
        self._count = 0

    def is_exceeded(self) -> bool:
        """Counts one request."""
        if self._a_second is None:
            return False
        with self._lock:
            second = int(time.monotonic())
            if second != self._second:
                self._second, self._count = second, 0
            self._count += 1
            return self._count > self._a_second
