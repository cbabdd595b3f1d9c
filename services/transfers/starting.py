"""Starts a runner that outlives whoever started it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from services.connections.process import child_environment
from services.paths import Paths
from services.transfers.lease import is_held
from services.transfers.places import TypedSecrets

MODULE: Final = "services.transfers.runner"
IDLE_SECONDS: Final = 20.0
"""A runner that was started for somebody ends after so long without work."""

END_SECONDS: Final = 10.0
START_SECONDS: Final = 10.0
"""A runner that was started needs some of it until it holds the lease; no other is started meanwhile."""


def is_running(paths: Paths) -> bool:
    """Whether a runner works now. Takes some microseconds."""
    return is_held(paths)


def ensure_runner(paths: Paths, idle_seconds: float | None = None, typed: TypedSecrets | None = None) -> bool:
    """Start a detached runner unless one works; whether one was started. Returns at once.

    Args:
        typed: secrets that it cannot get by itself; they go to it by a pipe, and it forgets them as it ends.

    Call it after the queue was changed: a runner that is about to end looks once more after it gave its lease back.
    """
    if is_running(paths) or is_starting(paths):
        return False
    idle = IDLE_SECONDS if idle_seconds is None else idle_seconds
    with _log(paths) as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", MODULE, f"--idle={idle:g}"),
                *(["--secrets"] if typed else []),
                *folder_arguments(paths),
            ],
            stdin=subprocess.PIPE if typed else subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=child_environment(),
        )
    if typed and process.stdin is not None:
        texts = {name: {field: one.reveal() for field, one in fields.items()} for name, fields in typed.items()}
        with process.stdin as pipe:
            pipe.write(json.dumps(texts).encode() + b"\n")
    _started[:] = [one for one in _started if one[1].poll() is None]
    _started.append((paths, process, time.monotonic()))
    return True


def code_version() -> str:
    """The version of the code that is installed now."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("storedeck")
    except PackageNotFoundError:
        return ""


def log_path(paths: Paths) -> Path:
    """What runners and workers say, and what a runner says that cannot even begin."""
    return paths.transfers.with_name("transfers.log")


@contextmanager
def _log(paths: Paths) -> Iterator[int]:
    """The log as a descriptor: what runs detached has no terminal, not even to fail on."""
    path = log_path(paths)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        yield handle
    finally:
        os.close(handle)


def is_starting(paths: Paths) -> bool:
    """Whether this process started a runner just now that has not ended."""
    since = time.monotonic() - START_SECONDS
    return any(of == paths and at > since and process.poll() is None for of, process, at in _started)


def end_runners(paths: Paths) -> None:
    """End the runners that this process started for these folders; what they worked on goes on with the next one."""
    ours = [process for of, process, _ in _started if of == paths and process.poll() is None]
    for process in ours:
        process.terminate()
    for process in ours:
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


_started: list[tuple[Paths, subprocess.Popen[bytes], float]] = []
"""With the time of their start. Kept so that an ended runner is reaped, and no warning tells of one that lives on."""


def folder_arguments(paths: Paths) -> list[str]:
    """The folders of the one who starts a process, as its arguments."""
    return [f"--config={paths.config}", f"--state={paths.state}", f"--cache={paths.cache}"]
