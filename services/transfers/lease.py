"""The right to run transfers: a lock of the operating system, so that it ends with its holder, whatever the clock says.

A second lock is held by the workers through a descriptor that they inherit: after a runner was killed, the next one
starts when the last of them is gone, so that no part is ever written by two.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final

from services.errors import TimedOut
from services.files import try_lock
from services.paths import Paths

_RETRY_SECONDS: Final = 0.02
WORKER_SECONDS: Final = 60.0
"""Time for the workers of a killed runner to end; they do so as soon as they see that it is gone."""


class Lease:
    """Taken and given back by one process."""

    def __init__(self, paths: Paths) -> None:
        self._path = lock_path(paths)
        self._handles: list[int] = []

    @property
    def descriptor(self) -> int:
        """What every worker is to hold."""
        return self._handles[1]

    def take(self, seconds: float) -> bool:
        """Take it, waiting at most so long; whether it is ours.

        Raises:
            TimedOut: the workers of an earlier runner do not end.
        """
        if not self._lock(self._path, seconds):
            return False
        if not self._lock(self._path.with_name("transfers.workers.lock"), WORKER_SECONDS):
            self.give_back()
            raise TimedOut(
                "transfers: worker processes of an earlier runner do not end", hint="End the processes that hang."
            )
        return True

    def _lock(self, path: Path, seconds: float) -> bool:
        handle = _open(path)
        deadline = time.monotonic() + seconds
        while not try_lock(handle):
            if time.monotonic() >= deadline:
                os.close(handle)
                return False
            time.sleep(_RETRY_SECONDS)
        self._handles.append(handle)
        return True

    def give_back(self) -> None:
        """Let the next one have it; safe to call twice."""
        while self._handles:
            os.close(self._handles.pop())


def lock_path(paths: Paths) -> Path:
    """The file that a runner locks."""
    return paths.transfers.with_name("transfers.lock")


def is_held(paths: Paths) -> bool:
    """Whether somebody runs transfers now; those who ask at the same moment do not take one another for a runner."""
    handle = _open(lock_path(paths))
    try:
        return not try_lock(handle, is_shared=True)
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
