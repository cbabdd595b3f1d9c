"""Starts a runner that outlives whoever started it."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

from services.connections.process import child_environment
from services.paths import Paths
from services.transfers.lease import is_held

MODULE: Final = "services.transfers.runner"
IDLE_SECONDS: Final = 20.0
"""A runner that was started for somebody ends after so long without work."""


def is_running(paths: Paths) -> bool:
    """Whether a runner works now. Takes some microseconds."""
    return is_held(paths)


def ensure_runner(paths: Paths, idle_seconds: float = IDLE_SECONDS) -> bool:
    """Start a detached runner unless one works; whether one was started. Returns at once.

    Call it after the queue was changed: a runner that is about to end looks once more after it gave its lease back.
    """
    if is_running(paths):
        return False
    process = subprocess.Popen(
        [sys.executable, "-m", MODULE, f"--idle={idle_seconds:g}", *folder_arguments(paths)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=child_environment(),
    )
    _started.append(process)
    _started[:] = [one for one in _started if one.poll() is None]
    return True


_started: list[subprocess.Popen[bytes]] = []
"""Kept so that an ended runner is reaped, and no warning tells of one that lives on."""


def folder_arguments(paths: Paths) -> list[str]:
    """The folders of the one who starts a process, as its arguments."""
    return [f"--config={paths.config}", f"--state={paths.state}", f"--cache={paths.cache}"]
