"""How long keys wait while sessions decode: the grid idle against the grid with two busy sessions, in one run.

    python tests/benchmarks/key_latency.py [--rounds 5] [--keys 30]

Both consoles run at once, but only the one whose turn it is has its busy sessions going: they are stopped and
continued by signals, so idle and busy keys alternate within the same minute.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

sys.path[:0] = [str(Path(__file__).parents[1] / "support"), str(Path(__file__).parents[2])]

from pty_app import PtyApp, descendants, python_app  # noqa: E402

KEYS = ("down", "page_down", "up", "page_up")
SESSIONS = 2


def start() -> tuple[PtyApp, list[int]]:
    """A console over a table, and the processes of its other sessions, stopped."""
    app = python_app(str(Path(__file__).with_name("grid_programs.py")), "100000", str(SESSIONS))
    app.wait_for("row number 0 ", 120)
    busy = descendants(app.pid)[-SESSIONS:]
    halt(busy)
    app.settle(1.0)
    return app, busy


def halt(pids: list[int]) -> None:
    """Stop processes where they stand."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)


@contextmanager
def at_work(pids: list[int]) -> Iterator[None]:
    """Let processes run for a while."""
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
    try:
        yield
    finally:
        halt(pids)


def round_of(app: PtyApp, key: str, presses: int) -> list[float]:
    """Milliseconds of each press."""
    return [app.press(key)[0] * 1000 for _ in range(presses)]


def percentile(values: list[float], share: float) -> float:
    """The value that so large a share stays at or below."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def report(rounds: int, presses: int) -> None:
    """Print medians and 99th percentiles, the median over the rounds of each, and the ratios."""
    app, busy = start()
    idle_rounds: dict[str, list[list[float]]] = {key: [] for key in KEYS}
    busy_rounds: dict[str, list[list[float]]] = {key: [] for key in KEYS}
    try:
        for _ in range(rounds):
            for key in KEYS:
                idle_rounds[key].append(round_of(app, key, presses))
                with at_work(busy):
                    busy_rounds[key].append(round_of(app, key, presses))
    finally:
        app.close()
    words = ("idle p50", "p99", "busy p50", "p99", "p50 ratio", "p99 ratio, at most 2")
    print(f"{'key':10}" + "".join(f"{word:>{max(len(word) + 2, 9)}}" for word in words))
    for key in KEYS:
        figures = [
            median(percentile(values, share) for values in taken[key])
            for taken in (idle_rounds, busy_rounds)
            for share in (0.5, 0.99)
        ]
        idle50, idle99, busy50, busy99 = figures
        ratios = f"{busy50 / idle50:11.2f}{busy99 / idle99:22.2f}"
        print(f"{key:10}{idle50:10.2f}{idle99:9.2f}{busy50:10.2f}{busy99:9.2f}{ratios}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keys", type=int, default=30)
    options = parser.parse_args()
    report(options.rounds, options.keys)
