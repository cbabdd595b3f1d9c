"""The right to run transfers: a lock of the operating system, so that it ends with its holder, whatever the clock says.

Workers hold the lock as well, through the descriptor they inherit: a next runner starts when the last of them is gone.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final

from services.files import try_lock
from services.paths import Paths

_RETRY_SECONDS: Final = 0.02


class Lease:
    """Taken and given back by one process."""

    def __init__(self, paths: Paths) -> None:
        self._path = lock_path(paths)
        self._handle: int | None = None

    @property
    def descriptor(self) -> int:
        """The open lock file."""
        assert self._handle is not None
        return self._handle

    def take(self, seconds: float) -> bool:
        """Take it, waiting at most so long; whether it is ours."""
        handle = _open(self._path)
        deadline = time.monotonic() + seconds
        while not try_lock(handle):
            if time.monotonic() >= deadline:
                os.close(handle)
                return False
            time.sleep(_RETRY_SECONDS)
        self._handle = handle
        return True

    def give_back(self) -> None:
        """Let the next one have it; safe to call twice."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def lock_path(paths: Paths) -> Path:
    """The file that is locked."""
    return paths.transfers.with_name("transfers.lock")


def is_held(paths: Paths) -> bool:
    """Whether somebody runs transfers now, or did and its workers are still ending."""
    handle = _open(lock_path(paths))
    try:
        return not try_lock(handle)
    finally:
        os.close(handle)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def boot_id() -> str:
    """Tells one start of the machine from another; empty where the system does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
