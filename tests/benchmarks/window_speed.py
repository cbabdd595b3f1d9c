"""Windows and memory of a session's process, as ratios taken in one run.

    python tests/benchmarks/window_speed.py [--rows 1000000] [--rounds 5]

- window / ping: fetching 48x10 cells through the proxy, over a JSON round trip through a socket to another process
- memory: resident bytes that a result adds to the console and the session's process, over its Arrow bytes
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from services.connections.profile import Profile
from services.connections.proxy import Session
from services.connections.sessions import Sessions
from services.events import EventBus
from services.paths import Paths
from services.results.budget import Budget
from services.stores.types import RowQuery

WINDOW_ROWS, WINDOW_COLUMNS = 48, 10
CALLS = 300
PAGE_ROWS = 4096
GOALS = {"window / ping, median": 20.0, "memory / Arrow bytes": 1.08}

ECHO = """
import json, socket, sys
connection = socket.socket(fileno=int(sys.argv[1]))
while data := connection.recv(65536):
    connection.sendall(json.dumps(json.loads(data)).encode())
"""
ARROW_BYTES = """
import sys
from services.stores.memory.generated import pages
print(sum(batch.nbytes for batch in pages(int(sys.argv[1]), int(sys.argv[2]))))
"""


class OneProfile:
    """A profile that leads to generated rows."""

    def __init__(self, rows: int) -> None:
        self._profile = Profile("bench", "memory", {"generated": str(rows), "page_rows": str(PAGE_ROWS)})

    def get(self, name: str) -> Profile:
        """As `Profiles.get`."""
        return self._profile


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    os.environ["STOREDECK_EXTRA_KINDS"] = "services.stores.memory.kind:MEMORY"
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(measure(Path(folder), options.rows, options.rounds))
    for name, value in figures.items():
        goal = f"goal <= {GOALS[name]:g}" if name in GOALS else ""
        print(f"{name:32} {value:12,.2f}  {goal}")


async def measure(folder: Path, rows: int, rounds: int) -> dict[str, float]:
    """All figures by name."""
    (folder / "state").mkdir()
    paths = Paths(folder, folder / "state", folder / "cache")
    sessions = Sessions(OneProfile(rows), EventBus(), paths=paths, budget=Budget(memory_mb=4096))
    session = await sessions.open("bench")
    try:
        memory = await memory_ratio(session, rows)
        return await speed(session, rounds) | memory
    finally:
        await sessions.close_all()


async def memory_ratio(session: Session, rows: int) -> dict[str, float]:
    """What a result of so many rows adds to both processes; the first small result makes everything warm."""
    small = await session.open_rows(("main", "numbers"), RowQuery(limit=PAGE_ROWS))
    await small.window(0, WINDOW_ROWS, range(WINDOW_COLUMNS))
    await small.close()
    before = resident(os.getpid()), resident(session.pid)
    result = await session.open_rows(("main", "numbers"), RowQuery())
    await result.load_more(rows)
    for first in range(0, rows, max(rows // 100, 1)):
        await result.window(first, WINDOW_ROWS, range(WINDOW_COLUMNS))
    after = resident(os.getpid()), resident(session.pid)
    arrow = await asyncio.to_thread(arrow_bytes, rows)
    return {
        "rows": rows,
        "Arrow MiB": arrow / 2**20,
        "console MiB": after[0] / 2**20,
        "console MiB added": (after[0] - before[0]) / 2**20,
        "session MiB when empty": before[1] / 2**20,
        "session MiB added": (after[1] - before[1]) / 2**20,
        "memory / Arrow bytes": (sum(after) - sum(before)) / arrow,
    }


def arrow_bytes(rows: int) -> int:
    """Arrow bytes of the result, counted in a process of its own."""
    command = [sys.executable, "-c", ARROW_BYTES, str(rows), str(PAGE_ROWS)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def resident(pid: int) -> int:
    """Resident bytes of a process."""
    fields = Path(f"/proc/{pid}/statm").read_text().split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")


async def speed(session: Session, rounds: int) -> dict[str, float]:
    """Windows and pings in turn, so that other work disturbs both alike."""
    result = await session.open_rows(("main", "numbers"), RowQuery())
    await result.load_more(20_000)
    ping, end = start_echo()
    pings: list[float] = []
    windows: list[float] = []
    for _ in range(rounds):
        for number in range(CALLS):
            pings.append(timed(ping))
            started = time.perf_counter()
            await result.window(number * 60, WINDOW_ROWS, range(WINDOW_COLUMNS))
            windows.append(time.perf_counter() - started)
    end()
    return {
        "ping µs": statistics.median(pings) * 1e6,
        "window µs": statistics.median(windows) * 1e6,
        "window µs, 99th percentile": statistics.quantiles(windows, n=100)[98] * 1e6,
        "window / ping, median": statistics.median(windows) / statistics.median(pings),
    }


def timed(call: Callable[[], None]) -> float:
    """Seconds of a call."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def start_echo() -> tuple[Callable[[], None], Callable[[], None]]:
    """A JSON round trip to another process, and the way to end it."""
    ours, theirs = socket.socketpair()
    process = subprocess.Popen([sys.executable, "-c", ECHO, str(theirs.fileno())], pass_fds=[theirs.fileno()])
    theirs.close()
    message = json.dumps({"id": 1, "method": "ping"}).encode()

    def ping() -> None:
        ours.sendall(message)
        json.loads(ours.recv(65536))

    def end() -> None:
        ours.close()
        process.wait()

    ping()
    return ping, end


if __name__ == "__main__":
    main()
