"""Small files that are written again and again."""

from __future__ import annotations

import os
from pathlib import Path


def overwrite(path: Path, data: bytes) -> None:
    """Writes a file whole, in place: cutting it to nothing first makes some file systems wait for the disk."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    try:
        os.pwrite(handle, data, 0)
        os.ftruncate(handle, len(data))
    finally:
        os.close(handle)
