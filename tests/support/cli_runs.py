"""Runs commands in the test's own process, and in a process of their own where signals or pipes matter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from services.cli.main import main

EXTRA_KINDS = "services.stores.memory.kind:MEMORY"


@dataclass
class Ended:
    """What a command left behind."""

    code: int
    out: bytes
    err: str

    @property
    def rows(self) -> list[Any]:
        """Standard output as JSON Lines."""
        return [json.loads(line) for line in self.out.split(b"\n") if line]

    @property
    def error(self) -> str:
        """The line of the error."""
        return next((line for line in self.err.splitlines() if line.startswith("error: ")), "")

    @property
    def last_json(self) -> Any:
        """The last line of standard error, as JSON."""
        return json.loads(self.err.splitlines()[-1])


class Cli:
    """Runs commands in this process."""

    def __init__(self, captured: Any) -> None:
        self._captured = captured

    def __call__(self, *words: str) -> Ended:
        """Run one command."""
        self._captured.readouterr()
        code = main(list(words))
        out, err = self._captured.readouterr()
        return Ended(code, out, err.decode())


@pytest.fixture
def cli(capsysbinary: Any, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Runs commands; the kind `memory` is known, and `mem:` is a profile of it."""
    monkeypatch.setenv("STOREDECK_EXTRA_KINDS", EXTRA_KINDS)
    run = Cli(capsysbinary)
    assert run("profiles", "add", "memory", "mem", "--set", "rows=30").code == 0
    return run


class Processes:
    """Starts commands in processes of their own, and ends those that still run."""

    def __init__(self) -> None:
        self._started: list[subprocess.Popen[bytes]] = []

    def __call__(self, *words: str, env: Mapping[str, str] | None = None, **options: Any) -> subprocess.Popen[bytes]:
        """Start one."""
        process = subprocess.Popen(
            [sys.executable, "-m", "tui", *words],
            env={**os.environ, "STOREDECK_EXTRA_KINDS": EXTRA_KINDS, **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **options,
        )
        self._started.append(process)
        return process

    def close(self) -> None:
        """End all, whatever became of the test."""
        for process in self._started:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream is not None:
                    stream.close()


@pytest.fixture
def started() -> Iterator[Processes]:
    """Starts commands as processes that end with the test at the latest."""
    processes = Processes()
    yield processes
    processes.close()
