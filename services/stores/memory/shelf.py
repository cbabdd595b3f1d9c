"""The tables of a memory store and its unfinished uploads: in this process, or in a file that processes share."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from services.files import locked, write_whole
from services.stores.bulk import WriteMode
from services.stores.changes import Path
from services.stores.memory.table import Row, Table
from services.stores.types import Column


@dataclass
class Upload:
    """Rows on their way into a table: by part, and invisible until they are committed."""

    path: Path
    mode: WriteMode
    staged: dict[int, list[Row]] = field(default_factory=dict)


class Shelf:
    """Holds tables by path, and uploads by id.

    Attributes:
        committed: how many rows each committed upload had.
    """

    def __init__(self, tables: dict[Path, Table], shared: str = "") -> None:
        self.tables = tables
        self.uploads: dict[str, Upload] = {}
        self.committed: dict[str, int] = {}
        self._file = FilePath(shared) if shared else None
        self._lock = threading.RLock()
        self._depth = 0

    @contextmanager
    def change(self) -> Iterator[Shelf]:
        """The newest state, for one writer alone; what it leaves is what all others see next."""
        with self._lock:
            if self._file is None or self._depth:
                yield self
                return
            with locked(self._file):
                self._depth += 1
                try:
                    self._load()
                    yield self
                    write_whole(self._file, pickle.dumps(self._state()))
                finally:
                    self._depth -= 1

    def refresh(self) -> None:
        """Learn what other processes did."""
        if self._file is not None and not self._depth:
            with self._lock:
                self._load()

    def _state(self) -> Any:
        tables = [(table.path, table.columns, table.version, table.rows()) for table in self.tables.values()]
        return tables, self.uploads, self.committed

    def _load(self) -> None:
        assert self._file is not None
        if not self._file.exists():
            return
        tables, self.uploads, self.committed = pickle.loads(self._file.read_bytes())  # noqa: S301  # our own file
        self.tables.clear()
        for path, columns, version, rows in tables:
            self.tables[path] = _table(path, columns, version, rows)


def _table(path: Path, columns: tuple[Column, ...], version: int, rows: list[Row]) -> Table:
    table = Table(path, columns)
    table.replace(rows)
    table.version = version
    return table
