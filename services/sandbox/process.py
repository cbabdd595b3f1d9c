"""The sandbox servers as a process of their own, and the parent's side of it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType

from services.readiness import is_readable

KINDS = ("ignite", "ikv", "tablestore", "trove", "maxcompute")
DEFAULT_KINDS = tuple(kind for kind in KINDS if kind != "ikv" or find_spec("grpc") is not None)
"""IKV's gateway needs gRPC, which comes with the extra `ikv`; the others run without any SDK."""
START_SECONDS = 60.0
ROWS_A_SECOND = 10_000
END_SECONDS = 30.0
Endpoints = dict[str, dict[str, object]]


class SandboxError(RuntimeError):
    """The sandbox process did not come up."""


class SandboxProcess:
    """A running sandbox process; `endpoints` holds the profile fields of each server by kind."""

    def __init__(self, process: subprocess.Popen[str], endpoints: Endpoints) -> None:
        self._process = process
        self.endpoints = endpoints

    @property
    def pid(self) -> int:
        return self._process.pid

    def __enter__(self) -> SandboxProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the process by closing its standard input; a second call does nothing."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        try:
            self._process.wait(timeout=END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def start(
    only: Sequence[str] = DEFAULT_KINDS,
    *,
    rows: int = 0,
    fault: str = "",
    data: Path | None = None,
    nodes: int = 2,
    speed: float = 1.0,
    job_seconds: float = 0.0,
) -> SandboxProcess:
    """Starts the sandbox servers in a process of their own and waits until they accept connections.

    Args:
        only: the kinds of servers to start.
        rows: rows of the extra benchmark table and cache, extra Trove instances; 0 is none.
        fault: a specification as in `services.sandbox.faults`.
        data: a directory that keeps the data for the next start; without it nothing is kept.
        nodes: how many Ignite nodes.
        job_seconds: that a query's job of MaxCompute takes at least.
        speed: how many times faster Trove's instances change their states.

    Raises:
        SandboxError: it ended, or said something else, before it was ready.
    """
    command = [sys.executable, "-m", "services.sandbox", "--json", "--only", ",".join(only)]
    command += ["--rows", str(rows), "--nodes", str(nodes), "--speed", str(speed)]
    command += ["--job-seconds", str(job_seconds)]
    command += ["--fault", fault] if fault else []
    command += ["--data", str(data)] if data is not None else []
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    line = _first_line(process, START_SECONDS + rows / ROWS_A_SECOND)
    try:
        endpoints = json.loads(line)
    except ValueError as error:
        process.kill()
        said = process.communicate()[1].strip()
        raise SandboxError(f"the sandbox did not start: {said or line or 'it ended without a word'}") from error
    if process.stderr is not None:
        process.stderr.close()
    return SandboxProcess(process, endpoints)


def _first_line(process: subprocess.Popen[str], seconds: float) -> str:
    """The line that the process prints when it is ready; empty when the time is over."""
    if process.stdout is None or not is_readable(process.stdout, seconds):
        return ""
    return process.stdout.readline()
