"""Bodies of answers that are asked for again and again, so that a benchmark measures the client and not this server."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterable, Iterator
from threading import Lock

CACHE_BYTES = 256 * 1024 * 1024
KEYS = 1024


class AnswerCache:
    """Keeps a body from the second time on that it is asked for; safe for threads.

    The first time nothing is kept: new memory for what is read once costs more than making it.
    """

    def __init__(self, limit_bytes: int = CACHE_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._lock = Lock()
        self._asked: OrderedDict[Hashable, None] = OrderedDict()
        self._bodies: OrderedDict[Hashable, list[bytes]] = OrderedDict()
        self._bytes = 0

    def pieces(self, key: Hashable, made: Iterable[bytes]) -> Iterable[bytes]:
        """The body that is kept under a key, else the one that is made."""
        with self._lock:
            kept = self._bodies.get(key)
            if kept is not None:
                self._bodies.move_to_end(key)
                return kept
            is_again = key in self._asked
            self._asked[key] = None
            while len(self._asked) > KEYS:
                self._asked.popitem(last=False)
        return self._keeping(key, made) if is_again else made

    def _keeping(self, key: Hashable, made: Iterable[bytes]) -> Iterator[bytes]:
        """Passes a body on, and keeps it when it has come to its end and is not too large."""
        body: list[bytes] = []
        size = 0
        for piece in made:
            size += len(piece)
            if size <= self._limit_bytes:
                body.append(piece)
            else:
                body.clear()
            yield piece
        if size <= self._limit_bytes:
            self._keep(key, body, size)

    def _keep(self, key: Hashable, body: list[bytes], size: int) -> None:
        with self._lock:
            if key in self._bodies:
                return
            self._bodies[key] = body
            self._bytes += size
            while self._bytes > self._limit_bytes:
                _, dropped = self._bodies.popitem(last=False)
                self._bytes -= sum(map(len, dropped))
