"""How soon the console is there: ratios to `python -c pass` and to a one-label Textual app, in one run.

Run: python tests/benchmarks/startup_speed.py [--rounds N] [--profiles N]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from pty_screen import PtyScreen  # noqa: E402

ONE_LABEL = """
from textual.app import App
from textual.widgets import Label
class One(App):
    def compose(self):
        yield Label("READY-WORD")
One().run()
"""
STOREDECK = [sys.executable, "-c", "import sys; from tui.__main__ import main; sys.exit(main([]))"]


def write_profiles(folder: Path, count: int) -> None:
    """So many profiles in a home of their own."""
    (folder / "config").mkdir(parents=True)
    entries = [
        f'[[profile]]\nname = "grid-{index:04d}"\nkind = "ignite"\nid = "{index:032x}"\nenvironment = "test"\n'
        f'read_only = false\nnodes = "10.0.0.{index % 250}:10800"\nusername = "console"\n'
        f'password = {{ from = "keyring", id = "{index:032x}/password" }}\n'
        for index in range(count)
    ]
    (folder / "config" / "profiles.toml").write_text("\n".join(entries), "utf-8")


def bare_interpreter(env: dict[str, str]) -> float:
    """Start to end of `python -c pass`."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], env=env, check=True)
    return time.perf_counter() - started


def until(command: list[str], env: dict[str, str], marks: list[bytes]) -> list[float]:
    """Seconds from start until each of these bytes was read, in order."""
    with PtyScreen(command, env=env) as terminal:
        times, start = [], 0
        for mark in marks:
            at = terminal.raw.find(mark, start)
            times.append(times[-1] if at >= 0 and times else terminal.wait_raw(mark, start=start))
            start = terminal.raw.find(mark, start) + len(mark)
        return times


def storedeck(env: dict[str, str]) -> list[float]:
    """First frame, then the first screen on which a key works: the list with the last line of the first page."""
    return until(STOREDECK, env, [b"Connections", b"grid-0001"])


def main() -> None:
    """Interleaved rounds, medians, ratios of the same run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--profiles", type=int, default=1000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write_profiles(Path(folder), options.profiles)
        env = {**os.environ, "STOREDECK_HOME": folder, "PYTHONPATH": str(ROOT)}
        env.pop("PYTHONDONTWRITEBYTECODE", None)  # an installation has its bytecode; the first round writes it
        measured: dict[str, list[float]] = {name: [] for name in ("pass", "frame", "label", "screen")}
        label: Callable[[], float] = lambda: until([sys.executable, "-c", ONE_LABEL], env, [b"READY-WORD"])[0]  # noqa: E731
        for round_number in range(options.rounds + 1):
            bare = bare_interpreter(env)
            one_label = label()
            frame, screen = storedeck(env)
            if round_number:  # the first round warms the caches
                for name, seconds in (("pass", bare), ("frame", frame), ("label", one_label), ("screen", screen)):
                    measured[name].append(seconds)
    report(measured, options.profiles)


def report(measured: dict[str, list[float]], profiles: int) -> None:
    """Print the table."""
    middle = {name: statistics.median(times) for name, times in measured.items()}
    frame_ratio = statistics.median(a / b for a, b in zip(measured["frame"], measured["pass"], strict=True))
    screen_ratio = statistics.median(a / b for a, b in zip(measured["screen"], measured["label"], strict=True))
    print(f"start-up, {len(measured['pass'])} interleaved rounds, medians, {profiles} profiles")
    print(f"{'what':<34}{'ms':>8}  ratio  goal")
    print(f"{'python -c pass':<34}{middle['pass'] * 1000:8.1f}")
    print(f"{'first frame':<34}{middle['frame'] * 1000:8.1f}{frame_ratio:7.2f}  <= 1.5 of python -c pass")
    print(f"{'one-label Textual app':<34}{middle['label'] * 1000:8.1f}")
    print(f"{'first interactive screen':<34}{middle['screen'] * 1000:8.1f}{screen_ratio:7.2f}  <= 1.2 of one-label")


if __name__ == "__main__":
    main()
