"""How long keys wait while sessions decode: the grid idle against the grid with two busy sessions, in one run.

    python tests/benchmarks/key_latency.py [--rounds 5] [--keys 30]

The busy sessions belong to the same console; they are stopped and continued by signals, so that idle and busy keys
alternate within a minute. The one-label app takes its turns beside them.
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
FLOOR_KEYS = ("down", "page_down")
SESSIONS = 2


def start() -> tuple[PtyApp, list[int]]:
    """A console over a table, and the processes of its other sessions, stopped."""
    app = python_app(str(Path(__file__).with_name("grid_programs.py")), "100000", str(SESSIONS))
    app.wait_for("row number 0 ", 120)
    busy = descendants(app.process.pid)[-SESSIONS:]
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


def measure(rounds: int, presses: int) -> dict[tuple[str, str], list[list[float]]]:
    """Milliseconds of each press by program and key, idle, and with ` busy` behind the key's name."""
    app, busy = start()
    floor = python_app(str(Path(__file__).with_name("floor_programs.py")), "label")
    floor.wait_for("ready")
    floor.settle(1.0)
    taken: dict[tuple[str, str], list[list[float]]] = {}
    try:
        for _ in range(rounds):
            for key in KEYS:
                for name, program in (("grid", app), ("label", floor)):
                    if name == "label" and key not in FLOOR_KEYS:
                        continue
                    taken.setdefault((name, key), []).append(round_of(program, key, presses))
                    with at_work(busy):
                        taken.setdefault((name, f"{key} busy"), []).append(round_of(program, key, presses))
    finally:
        app.close()
        floor.close()
    return taken


def report(rounds: int, presses: int) -> None:
    """Print medians and 99th percentiles, the median over the rounds of each, and the ratios.

    The one-label app says how much of a ratio is the machine's: it does nothing but change a label.
    """
    taken = measure(rounds, presses)
    words = ("idle p50", "p99", "busy p50", "p99", "p50 ratio", "p99 ratio, at most 2")
    print(f"{'program':8}{'key':10}" + "".join(f"{word:>{max(len(word) + 2, 9)}}" for word in words))
    for (name, key), idle in taken.items():
        if key.endswith(" busy"):
            continue
        idle50, idle99, busy50, busy99 = (
            median(percentile(values, share) for values in values_of)
            for values_of in (idle, taken[name, f"{key} busy"])
            for share in (0.5, 0.99)
        )
        ratios = f"{busy50 / idle50:11.2f}{busy99 / idle99:22.2f}"
        print(f"{name:8}{key:10}{idle50:10.2f}{idle99:9.2f}{busy50:10.2f}{busy99:9.2f}{ratios}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keys", type=int, default=30)
    options = parser.parse_args()
    report(options.rounds, options.keys)
