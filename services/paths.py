"""Where files live: the platform's directories, all moved by STOREDECK_HOME."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Paths:
    """The three directories; each is made on first use, readable by the user only."""

    config: Path
    state: Path
    cache: Path

    @classmethod
    def from_environment(cls) -> Paths:
        """STOREDECK_HOME's folders `config`, `state` and `cache`, else the platform's."""
        home = os.environ.get("STOREDECK_HOME")
        if home:
            root = Path(home).expanduser().absolute()
            return cls(root / "config", root / "state", root / "cache")
        from platformdirs import user_cache_path, user_config_path, user_state_path

        return cls(user_config_path("storedeck"), user_state_path("storedeck"), user_cache_path("storedeck"))

    @property
    def profiles(self) -> Path:
        """The profiles, without any secret."""
        return _inside(self.config) / "profiles.toml"

    @property
    def settings(self) -> Path:
        """The user's settings."""
        return _inside(self.config) / "settings.toml"

    @property
    def staged(self) -> Path:
        """Staged edits (SQLite)."""
        return _inside(self.state) / "staged.db"

    @property
    def history(self) -> Path:
        """Statements that ran (SQLite)."""
        return _inside(self.state) / "history.db"

    @property
    def transfers(self) -> Path:
        """The transfer queue (SQLite)."""
        return _inside(self.state) / "transfers.db"


def _inside(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
