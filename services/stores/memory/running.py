"""The statements that run now, so that they can be listed and stopped."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from services.cancel import CancelToken


class Running:
    """Statements by identifier. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0
        self._statements: dict[str, tuple[str, CancelToken]] = {}

    @contextmanager
    def statement(self, text: str, cancel: CancelToken) -> Iterator[CancelToken]:
        """A token that stops when `cancel` does, or when someone ends the statement."""
        token = CancelToken()
        with self._lock:
            self._last += 1
            key = f"q{self._last}"
            self._statements[key] = text, token
        try:
            with cancel.on_cancel(token.cancel):
                yield token
        finally:
            with self._lock:
                del self._statements[key]

    def list(self) -> list[tuple[str, str]]:
        """Identifier and text of each."""
        with self._lock:
            return [(key, text) for key, (text, _) in self._statements.items()]

    def stop(self, key: str) -> bool:
        """Stop one; False if it does not run."""
        with self._lock:
            found = self._statements.get(key)
        if found is None:
            return False
        found[1].cancel()
        return True

    def stop_all(self) -> None:
        """Stop every statement."""
        for key, _ in self.list():
            self.stop(key)
