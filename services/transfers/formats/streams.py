"""Pieces of files as streams of bytes, also inside a compressed file."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from services.transfers.formats.options import Compression

_WIDE_ENCODINGS: Final = ("utf-16", "utf-32")
_SINGLE_BYTE: Final = ("utf-8", "ascii", "iso8859", "cp125", "latin", "koi8", "mac")
_TRAIL_BYTES_FROM: Final = 0x40
"""In GBK, Big5 and Shift-JIS the second byte of a character may be any ASCII byte from here on."""

BOM: Final = b"\xef\xbb\xbf"


def can_cut(compression: Compression, encoding: str, marks: str) -> bool:
    """Whether records can be found without decoding from the start: `marks` are the characters that matter."""
    if compression is not Compression.NONE or encoding.startswith(_WIDE_ENCODINGS):
        return False
    return encoding.startswith(_SINGLE_BYTE) or all(ord(mark) < _TRAIL_BYTES_FROM for mark in marks)


def skip_mark(path: Path) -> int:
    """Bytes of a byte order mark at the start of a UTF-8 file."""
    with path.open("rb") as file:
        return len(BOM) if file.read(len(BOM)) == BOM else 0


class Range(io.RawIOBase):
    """Bytes `start` to `end` of a file."""

    def __init__(self, path: Path, start: int, end: int) -> None:
        super().__init__()
        self._file = path.open("rb")
        self._file.seek(start)
        self._left = end - start

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what is left, at most as much as fits."""
        view = memoryview(buffer)[: self._left]
        count = self._file.readinto(view)
        self._left -= count
        return count

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()


def open_piece(path: Path, start: int, end: int | None, compression: Compression) -> pa.NativeFile:
    """A stream over a range, or over a whole file out of its compression (`end` is None then)."""
    if end is None:
        raw = pa.OSFile(str(path), "rb")
        word: Any = compression.value
        return pa.CompressedInputStream(raw, word) if word else raw
    return pa.PythonFile(io.BufferedReader(Range(path, start, end), 1 << 20), "r")


class Readable(io.RawIOBase):
    """An Arrow stream as Python's buffers want one."""

    def __init__(self, stream: pa.NativeFile) -> None:
        super().__init__()
        self._read: Callable[[int], bytes] = stream.read

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read."""
        data = self._read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
