"""Files shared by several processes: whole or not at all, one writer at a time."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from services.errors import TimedOut

LOCK_SECONDS: Final = 20.0
_RETRY_SECONDS: Final = 0.005


def write_whole(path: Path, data: bytes) -> None:
    """Replace a file's content: a reader sees the old or the new, also after a power cut. New files are private."""
    with aside(path) as file:
        file.write(data)


@contextlib.contextmanager
def aside(path: Path, folder: Path | None = None) -> Iterator[IO[bytes]]:
    """A new file that takes the name `path` when the block ends well, and goes when it does not.

    Args:
        folder: where it is until then, on the same file system; beside `path` without one.
    """
    target = path.resolve() if path.is_symlink() else path
    handle, name = tempfile.mkstemp(dir=folder or target.parent, prefix=f".{target.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileNotFoundError):
            os.chmod(name, target.stat().st_mode & 0o777)
        os.replace(name, target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """Make the new name durable, where the system lets a folder be synced."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def locked(path: Path, seconds: float = LOCK_SECONDS) -> Iterator[None]:
    """Hold the one lock of a file against every other process and thread; it ends with the process at the latest.

    Raises:
        TimedOut: someone else held it all that time.
    """
    lock_path = path.with_name(f".{path.name}.lock")
    handle = os.open(lock_path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + seconds
        while not try_lock(handle):
            if time.monotonic() > deadline:
                raise TimedOut(
                    f"{path.name}: another process has kept it locked for {seconds:.0f} s",
                    hint="Close the other Storedeck, or end the process that hangs.",
                )
            time.sleep(_RETRY_SECONDS)
        yield
    finally:
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def try_lock(handle: int, *, is_shared: bool = False) -> bool:
        """Take the lock of an open file if nobody else holds it; whether it was taken. There are no shared ones."""
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def try_lock(handle: int, *, is_shared: bool = False) -> bool:
        """Take the lock of an open file if nobody else holds it; whether it was taken. Shared ones go together."""
        try:
            fcntl.flock(handle, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
