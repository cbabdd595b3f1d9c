"""The grid over a session process, as a program for benchmarks: `grid_programs.py ROWS [BUSY SESSIONS]`."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / "support"), str(Path(__file__).parents[2])]

from grid_app import GridApp  # noqa: E402

from services.connections.profile import Profile  # noqa: E402
from services.connections.proxy import Session  # noqa: E402
from services.connections.sessions import Sessions  # noqa: E402
from services.events import EventBus  # noqa: E402
from services.paths import Paths  # noqa: E402
from services.stores.types import RowQuery  # noqa: E402


class Profiles:
    """Profiles of memory stores by name."""

    def __init__(self) -> None:
        self.fields: dict[str, dict[str, str]] = {}

    def get(self, name: str) -> Profile:
        """The profile."""
        return Profile(name, "memory", self.fields[name])


class GridOverSession(GridApp):
    """The grid over a table of a session in a process of its own, every row loaded before the first key.

    Args:
        busy: how many other sessions decode without end meanwhile.
    """

    def __init__(self, rows: int, busy: int = 0) -> None:
        super().__init__()
        self._rows = rows
        self._busy = busy
        self._folder = tempfile.TemporaryDirectory()

    def on_mount(self) -> None:
        """Load in a worker, so that the screen is up."""
        super().on_mount()
        self.run_worker(self._load())

    async def _load(self) -> None:
        os.environ["STOREDECK_EXTRA_KINDS"] = "services.stores.memory.kind:MEMORY"
        root = Path(self._folder.name)
        (root / "state").mkdir()
        profiles = Profiles()
        paths = Paths(root / "config", root / "state", root / "cache")
        sessions = Sessions(profiles, EventBus(), paths=paths)
        profiles.fields["mem"] = {"generated": str(self._rows), "page_rows": "65536"}
        result = await (await sessions.open("mem")).open_rows(("main", "numbers"), RowQuery())
        await result.load_more(self._rows)
        for number in range(self._busy):
            profiles.fields[f"busy{number}"] = {"generated": "1000000000", "page_rows": "8192"}
            self.run_worker(self._decode(await sessions.open(f"busy{number}")))
        self.grid.show(result)
        gc.freeze()

    async def _decode(self, session: Session) -> None:
        """Let a session decode pages without end."""
        while True:
            result = await session.open_rows(("main", "numbers"), RowQuery())
            await result.load_more(1_000_000)
            await result.close()


def run_grid(rows: int, busy: int = 0) -> None:
    """The grid over rows of ten columns."""
    GridOverSession(rows, busy).run()


if __name__ == "__main__":
    run_grid(*(int(argument) for argument in sys.argv[1:]))
