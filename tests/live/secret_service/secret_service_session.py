"""A Secret Service of its own: gnome-keyring in a private D-Bus session, with a home that goes afterwards."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PROGRAMS = ("dbus-run-session", "gnome-keyring-daemon")
SECONDS = 60

STARTER = """
import subprocess, sys
daemon = subprocess.Popen(
    ["gnome-keyring-daemon", "--foreground", "--components=secrets", *sys.argv[2:]],
    stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
)
daemon.stdin.write(sys.argv[1].encode())
daemon.stdin.close()
import secretstorage, time
deadline = time.monotonic() + 20
while time.monotonic() < deadline:
    try:
        connection = secretstorage.dbus_init()
        if secretstorage.check_service_availability(connection):
            connection.close()
            break
        connection.close()
    except secretstorage.exceptions.SecretStorageException:
        time.sleep(0.02)
try:
    exec(compile(sys.stdin.read(), "work", "exec"), {"__name__": "__main__"})
finally:
    daemon.terminate()
    daemon.wait()
"""
"""Runs inside the D-Bus session: starts the daemon, waits until it answers, runs the program of standard input."""


def missing_programs() -> list[str]:
    """Which of the programs that this needs are not installed."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


class SecretServiceSession:
    """Runs programs with access to the service; the keyring's files last from one program to the next."""

    def __init__(self, home: Path, password: str) -> None:
        self.home = home
        self._password = password
        runtime = home / "run"
        runtime.mkdir(mode=0o700)
        for folder in (".cache", ".config", ".local/share"):
            (home / folder).mkdir(parents=True)
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "VIRTUAL_ENV", "PYTHONPATH") if name in os.environ}
        self.environment = {
            **kept,
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(runtime),
            "STOREDECK_HOME": str(home / "storedeck"),
            "TMPDIR": str(home),
        }

    def run(self, program: str, *, is_unlocked: bool = True, **variables: str) -> Any:
        """Run a Python program in the session; what it prints last, as JSON.

        Args:
            is_unlocked: the daemon gets the password of the keyring; else it stays locked, with nobody to ask.
        """
        words = [self._password, "--unlock"] if is_unlocked else [""]
        ended = subprocess.run(
            ["dbus-run-session", "--", sys.executable, "-c", STARTER, *words],
            input=program,
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        if ended.returncode:
            raise AssertionError(f"the program failed:\n{ended.stdout}\n{ended.stderr}")
        return json.loads(ended.stdout.splitlines()[-1])


@contextlib.contextmanager
def secret_service(password: str = "opens the keyring") -> Iterator[SecretServiceSession]:
    """A session with an empty keyring."""
    with tempfile.TemporaryDirectory(prefix="secret-service-", ignore_cleanup_errors=True) as folder:
        yield SecretServiceSession(Path(folder), password)
