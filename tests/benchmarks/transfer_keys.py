"""Keys of the console while a transfer runs beside it, against the same console with nothing at work.

Run: python tests/benchmarks/transfer_keys.py [KEYS, default 100]
Goal: the 99th percentile at most twice that of the idle console.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / "support"), str(Path(__file__).parents[2])]

from key_latency import percentile, round_of  # noqa: E402
from pty_app import python_app  # noqa: E402
from transfer_runs import EXTRA_KINDS, home  # noqa: E402

from services.transfers.model import ItemState, TransferOptions  # noqa: E402
from services.transfers.starting import end_runners, ensure_runner  # noqa: E402

CONSOLE = "import sys; from tui.__main__ import main; sys.exit(main(sys.argv[1:]))"
ROWS = 50_000_000


def main() -> int:
    """Measure and print; 1 when the goal is missed."""
    presses = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    os.environ["STOREDECK_EXTRA_KINDS"] = EXTRA_KINDS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        services = home(folder, **{f"p{number:02}": {"generated": str(ROWS)} for number in range(30)})
        with python_app("-c", CONSOLE, extra={"STOREDECK_HOME": name}) as app:
            app.wait_for("In memory")
            app.settle(at_most=3.0)
            idle = round_of(app, "down", presses // 2) + round_of(app, "up", presses // 2)
            queue = services.transfers
            identifier = queue.add("p00:numbers", str(folder / "out.parquet"), TransferOptions())
            ensure_runner(services.paths)
            while not queue.item(identifier).parts_done:
                app.read(0.1)
            busy = round_of(app, "down", presses // 2) + round_of(app, "up", presses // 2)
            is_running = queue.item(identifier).state is ItemState.RUNNING
            end_runners(services.paths)
        queue.close()
    ratio = percentile(busy, 0.99) / percentile(idle, 0.99)
    print(f"idle p50 {percentile(idle, 0.5):.2f} ms, p99 {percentile(idle, 0.99):.2f} ms")
    print(f"transfer p50 {percentile(busy, 0.5):.2f} ms, p99 {percentile(busy, 0.99):.2f} ms")
    print(f"p99 ratio {ratio:.2f} (goal at most 2): {'ok' if ratio <= 2 else 'MISSED'}")
    return int(ratio > 2 or not is_running)


if __name__ == "__main__":
    sys.exit(main())
