"""When each profile was last connected: state, kept apart so that using a profile edits no configuration."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

from services.files import locked, write_whole


class LastUses:
    """Seconds since 1970 by profile id, in a small JSON file shared by all processes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, float]:
        """All of them; a file that cannot be read counts as empty, since it holds nothing that is missed."""
        try:
            data = json.loads(self.path.read_bytes())
        except (OSError, ValueError):
            return {}
        pairs = data.items() if isinstance(data, dict) else ()
        return {name: float(at) for name, at in pairs if isinstance(at, int | float)}

    def note(self, profile_id: str, at: float | None = None) -> None:
        """Remember that the profile was connected now, or at that time."""
        self._change(lambda uses: uses.update({profile_id: time.time() if at is None else at}))

    def forget(self, profile_id: str) -> None:
        """Drop a profile that is gone."""
        self._change(lambda uses: uses.pop(profile_id, None))

    def _change(self, edit: Callable[[dict[str, float]], object]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with locked(self.path):
            uses = self.read()
            edit(uses)
            write_whole(self.path, json.dumps(uses).encode())
