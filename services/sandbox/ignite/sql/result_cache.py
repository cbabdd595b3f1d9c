"""Encoded results kept while nothing in the tables changes, so that a big page is encoded once."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from services.sandbox.ignite.sql.text import Token

if TYPE_CHECKING:
    from services.sandbox.ignite.sql.engine import Statement

FEWEST_ROWS = 10_000
MOST_BYTES = 512 * 1024 * 1024
_CHANGING = frozenset({"RAND", "RANDOM_UUID", "UUID", "NOW", "CURDATE", "CURTIME", "LOCALTIMESTAMP", "SYS"})
Key = tuple[str, str, tuple[bytes, ...]]
Kept = tuple[list[str], list[bytes]]


class ResultCache:
    """Big results by statement; every change of any table empties it."""

    def __init__(self) -> None:
        self.version = 0
        self._lock = Lock()
        self._kept: dict[Key, Kept] = {}
        self._size = 0

    def may_keep(self, tokens: list[Token]) -> bool:
        """Whether a statement gives the same rows each time."""
        words = {token.word for token in tokens}
        return not words & _CHANGING and not any(word.startswith("CURRENT_") for word in words)

    def get(self, statement: Statement) -> Kept | None:
        with self._lock:
            return self._kept.get(_key(statement))

    def put(self, statement: Statement, version: int, names: list[str], rows: list[bytes]) -> None:
        """Keeps a big result, unless the tables changed while it was read."""
        if len(rows) < FEWEST_ROWS:
            return
        size = sum(map(len, rows)) + 33 * len(rows)
        with self._lock:
            if version == self.version and self._size + size <= MOST_BYTES:
                self._kept[_key(statement)] = (names, rows)
                self._size += size

    def clear(self) -> None:
        with self._lock:
            self.version += 1
            self._kept.clear()
            self._size = 0


def _key(statement: Statement) -> Key:
    return statement.sql, statement.schema, tuple(statement.arguments)
