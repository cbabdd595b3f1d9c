"""What live servers share as processes: free ports, an end with the tests, and the end of a log."""

import os
import random
import shutil
import signal
import socket
import subprocess
from contextlib import ExitStack
from pathlib import Path

HOST = "127.0.0.1"
LOWEST, HIGHEST = 20_000, 32_000  # below the range the system hands out to outgoing connections
STOP_SECONDS = 10
LOG_LINES_SHOWN = 60


class LiveProcess:
    """One server whose output goes to a file; it ends with the thread that started it, should nobody stop it."""

    def __init__(self, command: list[str], log_file: Path, environment: dict[str, str]) -> None:
        self.log_file = log_file
        with log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [*tied_to_this_thread(), *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process is alive."""
        return self._process.poll() is None

    def stop(self) -> None:
        """End the process in order, by force when that takes too long; does nothing on an ended one."""
        if not self.is_running:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOP_SECONDS)

    def log_tail(self) -> str:
        """Return the last lines of the output."""
        return log_tail(self.log_file)


def log_tail(log_file: Path, lines: int = LOG_LINES_SHOWN) -> str:
    """Return the last lines of a log, or that there is none."""
    if not log_file.exists():
        return "(no output)"
    return "\n".join(log_file.read_text(errors="replace").splitlines()[-lines:])


def tied_to_this_thread() -> list[str]:
    """Return the words before a command that end it with the thread that starts it, where the system can."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM"] if setpriv else []


def plain_environment(home: Path) -> dict[str, str]:
    """Return an environment without proxies and credentials, with a home of its own."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR") if name in os.environ}
    return {**kept, "HOME": str(home), "no_proxy": "*"}


def free_block(count: int) -> range:
    """Return so many adjoining ports, free a moment ago: taken as one block no two of them collide."""
    for _ in range(200):
        first = random.randrange(LOWEST, HIGHEST - count)
        block = range(first, first + count)
        if _are_free(block):
            return block
    raise OSError(f"no {count} adjoining free ports between {LOWEST} and {HIGHEST}")


def _are_free(ports: range) -> bool:
    with ExitStack() as opened:
        for port in ports:
            listener = opened.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            try:
                listener.bind((HOST, port))
            except OSError:
                return False
    return True
