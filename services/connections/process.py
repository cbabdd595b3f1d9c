"""Starts a session's process and says how it ended. Nothing heavy is imported here: the console does this first."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from services.errors import SessionLost

MODULE: Final = "services.connections.host"
SOCKET_BYTES: Final = 1 << 20
POLL_SECONDS: Final = 0.005
KILL_SECONDS: Final = 10.0
ROOT: Final = str(Path(__file__).resolve().parents[2])


class HostProcess:
    """A child process at the other end of `connection`, which does not block. Starting it takes some milliseconds."""

    def __init__(self, log: Path | None = None) -> None:
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BYTES)
        try:
            theirs.set_inheritable(True)
            self._process = _spawn(theirs.fileno(), log)
        except OSError as error:
            ours.close()
            raise SessionLost(f"session process: cannot be started: {error.strerror}") from error
        finally:
            theirs.close()
        ours.setblocking(False)
        self.connection = ours

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End it at once."""
        if self.is_alive:
            self._process.kill()

    def close(self) -> None:
        """Close our end; the process ends by itself then."""
        self.connection.close()

    async def ended(self, within_seconds: float) -> bool:
        """Wait for its end, at most so long; looked for now and then, as its end sends no event without a thread."""
        deadline = time.monotonic() + within_seconds
        while self.is_alive and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(POLL_SECONDS)
        return not self.is_alive

    async def end(self, grace_seconds: float) -> None:
        """Close our end, wait for its end, and force it if that takes too long."""
        self.close()
        if not await self.ended(grace_seconds):
            self.kill()
            await self.ended(KILL_SECONDS)

    def ending(self) -> str:
        """How it ended, for people; empty while it runs."""
        code = self._process.poll()
        if code is None:
            return ""
        if code >= 0:
            return f"it ended with code {code}"
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = str(-code)
        return f"it was ended by signal {name}"


def _spawn(descriptor: int, log: Path | None) -> subprocess.Popen[bytes]:
    """The child inherits the socket only: every other descriptor of ours closes on exec."""
    command = [sys.executable, "-m", MODULE, "--fd", str(descriptor)]
    if log is not None:
        command += ["--log", str(log)]
    return subprocess.Popen(
        command,
        close_fds=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=child_environment(),
    )


def child_environment() -> dict[str, str]:
    """Our environment, with the place of this very package first: the child must not find another of its name.

    Arrow is told to use the system's allocator: over a million rows its own take 10 % more than the rows.
    """
    paths = [ROOT, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"ARROW_DEFAULT_MEMORY_POOL": "system"} | os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
