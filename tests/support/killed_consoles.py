"""Consoles on a terminal that are killed while a transfer that they queued runs."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow.csv as pc
from pty_screen import PtyScreen
from transfer_runs import EXTRA_KINDS, home

from services.transfers.model import Item, ItemState
from services.transfers.starting import is_running

ROWS = 600
PAGE_ROWS = 50
CONSOLE = [sys.executable, "-c", "import sys; from tui.__main__ import main; sys.exit(main(sys.argv[1:]))"]
DEADLINE_SECONDS = 40.0
START, NEXT, TRANSFERS, NEW = b"\x13", b"\r", b"5", b"n"


class KilledConsole:
    """A home with a slow source, and consoles over it.

    Attributes:
        target: the file that the transfer writes.
    """

    def __init__(self, folder: Path, home_folder: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.target = folder / "out.csv"
        faults = json.dumps({"read_part": {"delay": 0.05}})
        self.services = home(
            home_folder, slow={"generated": str(ROWS), "page_rows": str(PAGE_ROWS), "faults": faults, "shared": ""}
        )
        self._consoles: list[PtyScreen] = []
        self._environment = {"STOREDECK_HOME": str(home_folder), "STOREDECK_EXTRA_KINDS": EXTRA_KINDS}

    def console(self) -> PtyScreen:
        """A console that shows the transfers."""
        console = PtyScreen(CONSOLE, env=self._environment)
        self._consoles.append(console)
        console.wait_text("In memory")
        console.settle()
        console.send(TRANSFERS)
        return console

    def queue_by_keys(self, console: PtyScreen) -> None:
        """Queue the transfer as a person does."""
        console.wait_text("It is empty")
        console.send(NEW)
        console.wait_text("New transfer")
        console.settle()
        console.send(b"slow:numbers" + NEXT + str(self.target).encode())
        console.settle()
        console.send(START)

    def item(self) -> Item | None:
        """The transfer, once it is queued."""
        return next(iter(self.services.transfers.items()), None)

    def until(self, condition: Callable[[], object], console: PtyScreen | None = None) -> None:
        """Wait for a condition; the console's output is read meanwhile."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, (self.item(), console and console.text)
            if console is None:
                time.sleep(0.01)
            else:
                console.read(0.01)

    def kill(self, console: PtyScreen) -> None:
        """At a moment of the seed's after it is queued: as soon as it is, or while it is planned or runs."""
        self.until(self.item, console)
        end = time.monotonic() + self.random.choice([0.0, 1.0]) * self.random.uniform(0.0, 1.0)
        while (left := end - time.monotonic()) > 0:
            console.read(left)
        console.process.kill()
        console.process.wait()
        console.close()

    def check_end(self, console: PtyScreen) -> None:
        """It ended well, the file is whole, and nothing else is left."""
        self.until(lambda: self.item().state.is_ended, console)
        item = self.item()
        assert (ItemState.DONE, ROWS) == (item.state, item.rows_done), item.failure
        assert list(range(ROWS)) == pc.read_csv(self.target)["id"].to_pylist()
        assert [self.target] == list(self.target.parent.glob("*out.csv*"))

    def close(self) -> None:
        """End what a failed test left, wait for the end of the runner, and close the queue."""
        for console in self._consoles:
            if console.process.poll() is None:
                console.close()
        runner = self.services.transfers.runner()
        if runner is not None and is_running(self.services.paths):
            os.kill(runner.pid, signal.SIGTERM)
        self.until(lambda: not is_running(self.services.paths))
        self.services.transfers.close()
