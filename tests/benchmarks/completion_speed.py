"""Completion with 20,000 names known: finding them, and the console from a key to the list on the screen.

    python tests/benchmarks/completion_speed.py [--names 20000] [--rounds 5]

The console runs in a terminal of its own over a session process with as many tables.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path[:0] = [str(Path(__file__).parents[1] / "support"), str(Path(__file__).parents[2])]

from pty_app import PtyApp, python_app  # noqa: E402

from services.queries.completion import complete  # noqa: E402
from services.queries.completion_names import KnownNames, KnownTable  # noqa: E402

GOAL_MS = 50.0
PROGRAM = "--program"
PLAIN = "key to screen, in a text without a list"
WORDS = ("ORDERS", "USERS", "EVENTS", "LOGS", "CUSTOMER_ADDRESSES")
STATEMENTS = ("SELECT * FROM us", "SELECT * FROM user_17", "SELECT * FROM cadr", "SELECT * FROM zqx", "SELECT us", "us")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--names", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = finding(options.names, options.rounds) | keys(Path(folder), options.names, options.rounds)
    for name, value in figures.items():
        goal = "to compare" if name == PLAIN else f"goal < {GOAL_MS:g}"
        print(f"{name:44} {value:8.1f} ms  {goal}")


def finding(count: int, rounds: int) -> dict[str, float]:
    """Milliseconds of one answer without a screen: the first after names came, and the slowest of the others."""
    tables = [
        KnownTable(f"{WORDS[number % len(WORDS)]}_{number:05d}", "table", "PUBLIC", (str(number),))
        for number in range(count)
    ]
    first, others = [], []
    for _ in range(rounds):
        names = KnownNames()
        names.take_tables(tables, ["PUBLIC"])
        first.append(answer_ms(STATEMENTS[0], names))
        others.append(max(answer_ms(text, names) for text in STATEMENTS))
    return {f"first answer over {count:,} names": median(first), "slowest other answer": median(others)}


def answer_ms(text: str, names: KnownNames) -> float:
    """Milliseconds of one answer."""
    started = time.perf_counter()
    complete(text, len(text), names, "postgres")
    return (time.perf_counter() - started) * 1000


def keys(folder: Path, count: int, rounds: int) -> dict[str, float]:
    """Milliseconds from a letter to the last byte of the screen with the list."""
    extra = {"STOREDECK_EXTRA_KINDS": "services.stores.memory.kind:MEMORY"}
    with python_app(str(Path(__file__)), PROGRAM, str(folder), str(count), extra=extra) as app:
        app.wait_for("main", 60)
        app.settle(0.5)
        app.press("3")
        app.settle(0.5)
        type_all(app, "select * from t")
        app.settle(2.0, 120.0)
        # The last page is here when the first of the last ten tables is offered.
        type_all(app, f"{count - 1:05d}"[:-1])
        app.wait_for(f"t{count - 10:05d} table", 120)
        taken: dict[str, list[float]] = {}
        for _ in range(rounds):
            app.press("\x17")
            for letter, name in (("t", ""), ("1", "list opens"), ("9", "list narrows"), ("9", "list narrows again")):
                milliseconds = app.press(letter)[0] * 1000
                if name:
                    taken.setdefault(f"key to screen, {name}", []).append(milliseconds)
        app.press("'")
        for _ in range(rounds):
            taken.setdefault(PLAIN, []).append(app.press("x")[0] * 1000)
    return {name: median(values) for name, values in taken.items()}


def type_all(app: PtyApp, text: str) -> None:
    """Type a text, key by key."""
    for letter in text:
        app.press(letter)


def program(folder: str, count: str) -> None:
    """The console over a store with so many tables."""
    from services.bootstrap import build_services
    from services.connections.profile import Profile
    from services.paths import Paths
    from tui.app import StoredeckApp

    home = Path(folder)
    services = build_services(Paths(home / "config", home / "state", home / "cache"))
    services.profiles.add(Profile("mem", "memory", {"tables": count}))
    StoredeckApp(services, profile="mem").run()
    services.close()


if __name__ == "__main__":
    if sys.argv[1:2] == [PROGRAM]:
        program(*sys.argv[2:])
        os._exit(0)
    main()
