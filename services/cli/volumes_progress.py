"""Bytes of one file on their way, counted and, on a terminal, told by a line that is written over."""

from __future__ import annotations

import contextlib
import io
import sys
import time
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any, BinaryIO, Final

if TYPE_CHECKING:
    from services.cli.run import Run

LINE_SECONDS: Final = 0.1


class Moved:
    """How many bytes there were.

    Args:
        total: of the whole file, None where it is not known.
    """

    def __init__(self, total: int | None, *, is_told: bool) -> None:
        self.bytes = 0
        self._total = total
        self._is_told = is_told
        self._started = self._told_at = time.monotonic()

    def at(self, place: int) -> None:
        """The file has come to this byte."""
        self.bytes = place
        now = time.monotonic()
        if self._is_told and now - self._told_at >= LINE_SECONDS:
            self._told_at = now
            sys.stderr.write(f"\r\x1b[K{self.words(now - self._started)}")
            sys.stderr.flush()

    def words(self, seconds: float) -> str:
        """How far it is, in a line."""
        whole = f" of {self._total:,}, {self.bytes / self._total:.0%}" if self._total else ""
        return f"{self.bytes:,} bytes{whole}, {self.bytes / max(seconds, 1e-9) / 1e6:.1f} MB/s"

    def end(self) -> None:
        """Take the line away."""
        if self._is_told:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


@contextlib.contextmanager
def moved_bytes(run: Run, total: int | None) -> Iterator[Moved]:
    """Count within the block; told on a terminal alone."""
    is_told = sys.stderr is not None and sys.stderr.isatty() and not getattr(run.args, "quiet", False)
    moved = Moved(total, is_told=is_told)
    try:
        yield moved
    finally:
        moved.end()


class CountedTarget:
    """A stream to write to."""

    def __init__(self, stream: IO[bytes], moved: Moved) -> None:
        self._stream = stream
        self._moved = moved

    def write(self, data: Any) -> int:
        """Write and count."""
        self._stream.write(data)
        self._moved.at(self._moved.bytes + len(data))
        return len(data)


class CountedSource(io.RawIOBase):
    """A stream to read from, which may be rewound."""

    def __init__(self, stream: BinaryIO, moved: Moved) -> None:
        self._stream = stream
        self._moved = moved

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read and count."""
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        self._moved.at(self._moved.bytes + len(data))
        return len(data)

    def seekable(self) -> bool:
        """Whether the stream under it is."""
        return self._stream.seekable()

    def seek(self, place: int, whence: int = io.SEEK_SET) -> int:
        """Go there; what follows is counted from it."""
        self._moved.bytes = self._stream.seek(place, whence)
        return self._moved.bytes

    def tell(self) -> int:
        """Where it is."""
        return self._stream.tell()
