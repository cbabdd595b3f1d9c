"""Runners and workers that are killed at seeded moments, and what must be true afterwards."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.csv as pc
import pyarrow.parquet as pq
from transfer_runs import home

from services.bootstrap import Services
from services.stores.bulk import WriteMode
from services.transfers.lease import is_held
from services.transfers.model import ItemState, TransferOptions

ROWS = 1200
PART_ROWS = 100
WORKERS = 2
COLUMNS = dict.fromkeys(("ratio", "flag", "seen", "amount", "code", "delta", "rank"), "")
DEADLINE_SECONDS = 50.0
SLOW = json.dumps({"read_part": {"delay": 0.03}})


class Killed:
    """A queue with an upload, a download to text, one to Parquet, and a copy; and runners over it that are killed.

    Attributes:
        kills: how often something was killed.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.folder = folder
        self.kills = 0
        self.log = folder / "requests"
        self.services = home(
            folder,
            slow={"generated": str(ROWS), "faults": SLOW, "shared": ""},
            target={"log": str(self.log)},
        )
        self.items = self._queued()

    def _queued(self) -> dict[str, int]:
        queue, folder = self.services.transfers, self.folder
        queue.change_settings(items=4, workers=WORKERS)
        rows = "".join(f"mall,{number},{number % 50}\n" for number in range(1, ROWS + 1))
        (folder / "in.csv").write_text("shop,item,amount\n" + rows)
        usual = TransferOptions(part_rows=PART_ROWS, columns=COLUMNS)
        made = TransferOptions(part_rows=PART_ROWS, columns=COLUMNS, is_created=True, mode=WriteMode.APPEND)
        upload = TransferOptions(part_rows=PART_ROWS, bandwidth=40_000, mode=WriteMode.APPEND)
        return {
            "upload": queue.add(str(folder / "in.csv"), "target:stock", upload),
            "text": queue.add("slow:numbers", str(folder / "out.csv"), usual),
            "parquet": queue.add("slow:numbers", str(folder / "out.parquet"), usual),
            "copy": queue.add("slow:numbers", "target:copied", made),
        }

    def start(self) -> subprocess.Popen[bytes]:
        """Start a runner that ends when nothing is left to do."""
        paths = self.services.paths
        folders = [f"--config={paths.config}", f"--state={paths.state}", f"--cache={paths.cache}"]
        return subprocess.Popen([sys.executable, "-m", "services.transfers.runner", "--idle=0", *folders])

    def kill_at_moments(self, moments: int) -> None:
        """Kill the runner or a worker at so many moments, each some time after the runner began to work."""
        runner = self.start()
        for _ in range(moments):
            self._until_started(runner)
            self._let_pass(self.random.uniform(0.0, 2.5), runner)
            if runner.poll() is not None:
                break
            victim = self.random.choice(["runner", "worker", "worker"])
            self.kills += self._kill(runner, victim)
            self.check_files()
            if victim == "runner":
                runner.wait()
                runner = self.start()
        self._until_ended(runner)
        assert 0 == runner.returncode

    def _until_started(self, runner: subprocess.Popen[bytes]) -> None:
        self._until(lambda: runner.poll() is not None or is_held(self.services.paths))

    def _until_ended(self, runner: subprocess.Popen[bytes]) -> None:
        self._until(lambda: runner.poll() is not None)

    def _kill(self, runner: subprocess.Popen[bytes], victim: str) -> int:
        if victim == "runner":
            runner.kill()
            return 1
        children = children_of(runner.pid)
        if children:
            os.kill(self.random.choice(children), signal.SIGKILL)
        return len(children[:1])

    def _let_pass(self, seconds: float, runner: subprocess.Popen[bytes]) -> None:
        """Let some time go by, which is the moment that the seed asks for."""
        try:
            runner.wait(seconds)
        except subprocess.TimeoutExpired:
            return

    def _until(self, condition: Any) -> None:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, [item.failure for item in self.services.transfers.items()]
            time.sleep(0.01)

    def check_files(self) -> None:
        """A file under its final name is whole, at whatever moment."""
        for name, read in (("out.csv", pc.read_csv), ("out.parquet", pq.read_table)):
            path = self.folder / name
            if path.exists():
                assert list(range(ROWS)) == read(path)["id"].to_pylist()

    def check_end(self) -> None:
        """Every transfer is done, every row is there once, nothing is left lying about, and little was sent twice."""
        queue = self.services.transfers
        for name, identifier in self.items.items():
            item = queue.item(identifier)
            assert (ItemState.DONE, ROWS) == (item.state, item.rows_done), (name, item.failure)
        self.check_files()
        left = {path.name for path in self.folder.iterdir() if "out." in path.name}
        assert {"out.csv", "out.parquet"} == left
        rows = _memory_rows(self.services, "copied")
        assert list(range(ROWS)) == sorted(row["id"].value for row in rows)
        stock = [row for row in _memory_rows(self.services, "stock") if row["shop"].value == "mall"]
        sums = Counter((row["item"].value, row["amount"].value) for row in stock)
        assert Counter((number, number % 50) for number in range(1, ROWS + 1)) == sums
        written = self.log.read_text().splitlines().count("write_part answered")
        parts = 2 * ROWS // PART_ROWS
        assert parts <= written <= parts + WORKERS * self.kills


def _memory_rows(services: Services, table: str) -> list[Any]:
    found = services.profiles.get("target")
    return found.store_kind.build({**found.fields, "log": ""}, {})._table(("main", table)).rows()


def children_of(pid: int) -> list[int]:
    """The child processes of a process."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []
