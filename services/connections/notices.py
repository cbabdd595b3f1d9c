"""News of results, sent to the console at most some twenty times a second, always the newest of each."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

INTERVAL_SECONDS: Final = 0.05


class Notices:
    """Sends what changed from a thread of its own; changes in between are one."""

    def __init__(self, interval_seconds: float = INTERVAL_SECONDS) -> None:
        self._interval = interval_seconds
        self._lock = threading.Lock()
        self._changed = threading.Event()
        self._waiting: dict[int, Callable[[], None]] = {}
        self._closed = threading.Event()
        threading.Thread(target=self._run, name="notices", daemon=True).start()

    def changed(self, target: int, send: Callable[[], None]) -> None:
        """Have `send` called soon, once however often this is called until then."""
        with self._lock:
            self._waiting[target] = send
        self._changed.set()

    def forget(self, target: int) -> None:
        """Send nothing more of a target."""
        with self._lock:
            self._waiting.pop(target, None)

    def _run(self) -> None:
        while not self._closed.is_set():
            self._changed.wait()
            self._changed.clear()
            with self._lock:
                sends, self._waiting = list(self._waiting.values()), {}
            for send in sends:
                send()
            self._closed.wait(self._interval)

    def close(self) -> None:
        """End the thread."""
        self._closed.set()
        self._changed.set()
