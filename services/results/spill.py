"""Batches in a file that is mapped into memory: the system pages it in and out as it is looked at."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

import pyarrow as pa


class SpillFile:
    """Some batches of one schema in an Arrow IPC file of their own.

    The file loses its name as soon as it is mapped, so that it is gone with its process, however that ends. Where the
    system does not allow that, `close` removes it.
    """

    def __init__(self, path: Path) -> None:
        self._path: Path | None = path
        self._mapped = pa.memory_map(str(path))
        reader = pa.ipc.open_file(self._mapped)
        self.batches = [reader.get_batch(position) for position in range(reader.num_record_batches)]
        self._remove()

    @classmethod
    def write(cls, folder: Path, batches: Sequence[pa.RecordBatch]) -> Self:
        """Write batches of one schema and map them."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(suffix=".arrow", prefix="rows-", dir=folder)
        os.close(handle)
        path = Path(name)
        try:
            with pa.OSFile(name, "wb") as sink, pa.ipc.new_file(sink, batches[0].schema) as writer:
                for batch in batches:
                    writer.write_batch(batch)
            return cls(path)
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def _remove(self) -> None:
        if self._path is not None:
            with suppress(PermissionError):
                self._path.unlink(missing_ok=True)
                self._path = None

    def close(self) -> None:
        """Let go of the mapping; it ends when the last slice of it does."""
        self.batches = []
        self._mapped.close()
        self._remove()
