"""How fast the grid answers keys: ratios to Textual's own floors, all in one run.

    python tests/benchmarks/grid_speed.py [--rounds 5] [--keys 20]

Each program runs in a pty of 160x48. A key's time is from its write to the last byte it caused. Rounds are
interleaved; a figure is the median over the rounds of the medians over the keys.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

sys.path[:0] = [str(Path(__file__).parents[1] / "support"), str(Path(__file__).parents[2])]

from pty_app import PtyApp, python_app  # noqa: E402

FLOORS = ("label", "screen")
SIZES = {"grid 10 k": 10_000, "grid 10 M": 10_000_000}
KEYS = ("down", "page_down")


def start(name: str) -> PtyApp:
    """Start one of the programs and wait for its first screen."""
    here = Path(__file__).parent
    floor = (str(here / "floor_programs.py"), name)
    app = python_app(*(floor if name in FLOORS else (str(here / "grid_programs.py"), str(SIZES[name]))))
    app.wait_for("ready" if name in FLOORS else "row number 0 ", 120)
    app.settle(1.0)
    return app


@dataclass
class Figures:
    """What one key cost in one program: a list entry a press; processor time over all presses of a round."""

    milliseconds: list[float] = field(default_factory=list)
    cpu_milliseconds: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)


Table = dict[tuple[str, str], Figures]


def measure(rounds: int, keys: int) -> tuple[Table, dict[str, int]]:
    """Figures by program and key, and resident bytes by program."""
    apps = {name: start(name) for name in (*FLOORS, *SIZES)}
    table: Table = {(name, key): Figures() for name in apps for key in KEYS}
    try:
        for _ in range(rounds):
            for key in KEYS:
                measure_key(apps, key, keys, table)
        memory = {name: app.memory_bytes() for name, app in apps.items()}
    finally:
        for app in apps.values():
            app.close()
    return table, memory


def measure_key(apps: dict[str, PtyApp], key: str, presses: int, table: Table) -> None:
    """Press one key in all programs in turn, so that other work on the machine hits them alike."""
    for app in apps.values():
        app.send(b"g")
        app.settle()
    cpu = {name: app.cpu_seconds() for name, app in apps.items()}
    for _ in range(presses):
        for name, app in apps.items():
            seconds, size = app.press(key)
            table[name, key].milliseconds.append(seconds * 1000)
            table[name, key].sizes.append(size)
    for name, app in apps.items():
        table[name, key].cpu_milliseconds.append((app.cpu_seconds() - cpu[name]) * 1000 / presses)


def report(rounds: int, keys: int) -> None:
    """Print the table and the ratios that count."""
    table, memory = measure(rounds, keys)
    print(f"{'program':10}" + "".join(f"{key:>12} ms {'CPU ms':>7} {'bytes':>6}" for key in KEYS) + f"{'UI MiB':>8}")
    for name in (*FLOORS, *SIZES):
        cells = [table[name, key] for key in KEYS]
        columns = "".join(
            f"{median(cell.milliseconds):15.2f} {median(cell.cpu_milliseconds):7.2f} {median(cell.sizes):6.0f}"
            for cell in cells
        )
        print(f"{name:10}{columns}{memory[name] / 2**20:8.1f}")
    small, large = SIZES
    pairs = {
        "cursor key / one label changes (at most 1.3)": ((small, "down"), ("label", "down")),
        "PageDown / whole screen changes (at most 1.3)": ((small, "page_down"), ("screen", "page_down")),
        "PageDown at 10 M / at 10 k rows (at most 1.15)": ((large, "page_down"), (small, "page_down")),
    }
    print(f"\n{'ratio':50} {'time':>6} {'CPU':>6}")
    for what, (one, other) in pairs.items():
        time = median(table[one].milliseconds) / median(table[other].milliseconds)
        cpu = median(table[one].cpu_milliseconds) / median(table[other].cpu_milliseconds)
        print(f"{what:50} {time:6.2f} {cpu:6.2f}")
    print(f"{'UI memory / one-label app (at most 1.5)':50} {memory[large] / memory['label']:6.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keys", type=int, default=20)
    options = parser.parse_args()
    report(options.rounds, options.keys)
