"""Columns that rows had so far: a table without a schema tells its columns in no other way."""

from __future__ import annotations

import threading

import pyarrow as pa

from services.results.marks import ABSENT_WORD
from services.stores.changes import Path
from services.stores.types import TYPE_METADATA

MAX_COLUMNS = 1000


class SeenColumns:
    """The types of columns by path and name, in the order in which they were met; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._words: dict[Path, dict[str, list[str]]] = {}

    def learn(self, path: Path, batch: pa.RecordBatch) -> None:
        """Take in the columns of a page."""
        with self._lock:
            words = self._words.setdefault(path, {})
            for field in batch.schema:
                if len(words) < MAX_COLUMNS or field.name in words:
                    known = words.setdefault(field.name, [])
                    known += [word for word in _words_of(field) if word not in known]

    def words(self, path: Path) -> dict[str, tuple[str, ...]]:
        """The types of each column met so far."""
        with self._lock:
            return {name: tuple(words) for name, words in self._words.get(path, {}).items()}

    def forget(self, path: Path) -> None:
        """Forget a table and its indexes."""
        with self._lock:
            for known in [known for known in self._words if known[:1] == path[:1]]:
                del self._words[known]


def _words_of(field: pa.Field) -> list[str]:  # type: ignore[type-arg]
    if pa.types.is_union(field.type):
        names = [field.type.field(place).name for place in range(field.type.num_fields)]
        return [name for name in names if name != ABSENT_WORD]
    word = (field.metadata or {}).get(TYPE_METADATA, b"").decode()
    return [word] if word and not pa.types.is_null(field.type) else []
