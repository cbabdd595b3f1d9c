"""A key in the filter of the instances with 1,000 of them: from the key to the first bytes of the list drawn anew.

Run: python tests/benchmarks/trove_keys.py [instances, default 1000] [rounds, default 10]
Goal: the 99th percentile below 50 ms.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / "support"), str(Path(__file__).parents[2])]

from key_latency import percentile  # noqa: E402
from pty_app import PtyApp, python_app  # noqa: E402

from services.bootstrap import build_services  # noqa: E402
from services.connections.profile import Profile  # noqa: E402
from services.connections.secret_refs import SecretRef  # noqa: E402
from services.paths import Paths  # noqa: E402
from services.sandbox.process import start  # noqa: E402

CONSOLE = "import sys; from tui.__main__ import main; sys.exit(main(sys.argv[1:]))"
SAMPLES = 30
PASSWORD = "STOREDECK_BENCH_PASSWORD"
WORDS = ("orders", "mysql 8.0", "replica")
BACKSPACE = b"\x7f"


def first_drawn(app: PtyApp, key: bytes) -> float:
    """Milliseconds from a key to the first bytes that it caused."""
    app.settle(0.05, at_most=1.0)
    begun = time.perf_counter()
    app.send(key)
    while not app.read(1.0):
        pass
    return (time.perf_counter() - begun) * 1000


def main() -> int:
    """Type the words and delete them again, round by round; 1 when the goal is missed."""
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    taken: list[float] = []
    with tempfile.TemporaryDirectory() as name, start(("trove",), rows=wanted - SAMPLES) as sandbox:
        facts = {field: str(value) for field, value in sandbox.endpoints["trove"].items() if field != "secrets"}
        secrets = sandbox.endpoints["trove"]["secrets"]
        assert isinstance(secrets, dict)
        os.environ[PASSWORD] = str(secrets["password"])
        folder = Path(name)
        services = build_services(Paths(folder / "config", folder / "state", folder / "cache"))
        services.profiles.add(Profile("lab", "trove", facts, {"password": SecretRef.env(PASSWORD)}))
        with python_app("-c", CONSOLE, extra={"STOREDECK_HOME": name}) as app:
            app.wait_for("lab")
            app.send(b"\r")
            app.wait_for(f"{wanted:,} of {wanted:,}", 60)
            app.settle(0.3, at_most=3.0)
            app.send(b"/")
            for _ in range(rounds):
                for word in WORDS:
                    taken += [first_drawn(app, letter.encode()) for letter in word]
                    taken += [first_drawn(app, BACKSPACE) for _ in word]
    print(f"{wanted:,} instances, {len(taken)} keys: ", end="")
    print(f"p50 {percentile(taken, 0.5):.1f} ms, p99 {percentile(taken, 0.99):.1f} ms (goal below 50)")
    return int(percentile(taken, 0.99) >= 50)


if __name__ == "__main__":
    sys.exit(main())
