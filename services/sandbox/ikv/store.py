"""A store: its events, and the reader that applies them to the index on disk."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Event as Signal
from threading import RLock, Thread

from services.sandbox.ikv import compaction, events, protobuf
from services.sandbox.ikv.events import Event, EventLog
from services.sandbox.ikv.index import OFFSETS_FILE, Index
from services.sandbox.ikv.values import Document, IndexFailure

FLUSH_EVENTS = 100
EVENTS_KEPT = 10_000


class Store:
    """A store with one partition, and one reader behind it; safe for threads.

    Args:
        mount: the directory under which the index lies, in `NAME/0`.
        topic: where its events go.
        flush_seconds: when a write is visible on disk at the latest. The vendor's reader flushes after each hundredth
            event and never by time; None does the same.
    """

    def __init__(self, mount: Path, name: str, primary_key: str, topic: str, flush_seconds: float | None) -> None:
        self.name, self.primary_key, self.topic = name, primary_key, topic
        self.partitioning_key = primary_key
        self.lock = RLock()
        self.directory = mount / name / "0"
        self.index = Index(self.directory, primary_key)
        self.log = EventLog(_committed(self.directory) + 1, EVENTS_KEPT)
        self.failure = ""
        self._pending: deque[Event] = deque()
        self._is_paused = False
        self._applied = 0
        self._last_applied = -1
        self._flush_seconds = flush_seconds
        self._dirty, self._closing = Signal(), Signal()
        self._flusher = Thread(target=self._flush_in_time, name="ikv-flush", daemon=True)
        if flush_seconds is not None:
            self._flusher.start()

    def publish(self, event: Event) -> None:
        """Takes an event; the reader applies it now unless it is paused or has ended."""
        with self.lock:
            self._pending.append(self.log.publish(event))
            self._consume()

    def load(self, documents: Iterable[Document]) -> None:
        """Puts documents into the base index: without events, visible at once."""
        with self.lock:
            for document in documents:
                self.index.upsert(document)
            self.index.flush()

    def pause(self) -> None:
        """Makes the reader fall behind."""
        with self.lock:
            self._is_paused = True

    def resume(self) -> None:
        """Lets the reader catch up."""
        with self.lock:
            self._is_paused = False
            self._consume()

    @property
    def lag(self) -> int:
        """How many events the reader has not applied."""
        return len(self._pending)

    def flush(self) -> None:
        """Makes all applied events visible on disk."""
        with self.lock:
            self._dirty.clear()
            self.index.flush()
            if self._last_applied >= 0:
                self.index.commit(self.topic, self._last_applied)

    def compact(self) -> None:
        """Compacts the index in place; its segments' directories are others afterwards."""
        with self.lock:
            self.flush()
            self.index = compaction.compact(self.index)

    def refresh(self) -> None:
        """Replaces the index by a compacted one with a new header; its directory is another afterwards."""
        with self.lock:
            self.flush()
            self.index = compaction.refresh(self.index)

    def close(self) -> None:
        self._closing.set()
        self._dirty.set()
        if self._flusher.is_alive():
            self._flusher.join()
        with self.lock:
            self.flush()
            self.index.close()

    def _consume(self) -> None:
        while self._pending and not self._is_paused and not self.failure:
            event = self._pending[0]
            try:
                _APPLY[event.operation](self.index, event)
            except IndexFailure as failure:
                # The vendor's reader leaves its loop here and tells its log only; writers never hear of it.
                self.failure = str(failure)
                return
            self._pending.popleft()
            self._applied += 1
            self._last_applied = event.offset
            if self._applied % FLUSH_EVENTS == 0:
                self.flush()
            else:
                self._dirty.set()

    def _flush_in_time(self) -> None:
        while not self._closing.is_set():
            self._dirty.wait()
            self._closing.wait(self._flush_seconds)
            if not self._closing.is_set():
                self.flush()


def _committed(directory: Path) -> int:
    """The offset of the last event that an index holds; -1 for none."""
    path = directory / OFFSETS_FILE
    entries = [entry for _, _, entry in protobuf.fields(path.read_bytes())] if path.exists() else []
    if not entries:
        return -1
    return next((value for number, value, _ in protobuf.fields(entries[0]) if number == 3), 0)


def _drop(index: Index, event: Event) -> None:
    """Names and prefixes go before `drop_all`, which counts only alone."""
    if event.names or event.prefixes:
        index.drop_fields(event.names, event.prefixes)
    elif event.drop_all:
        index.drop_all()


_APPLY: dict[str, Callable[[Index, Event], None]] = {
    events.UPSERT: lambda index, event: index.upsert(event.document),
    events.DELETE_FIELDS: lambda index, event: index.delete_fields(event.document, event.names),
    events.DELETE_DOCUMENT: lambda index, event: index.delete_document(event.document),
    events.DROP_FIELDS: _drop,
}
