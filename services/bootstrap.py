"""Builds what the console and the command line stand on; each part is made, and its imports done, on first use."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from services.events import EventBus
from services.paths import Paths

if TYPE_CHECKING:
    from services.connections.profiles import Profiles
    from services.connections.sessions import Sessions
    from services.connections.vault import KeyringVault
    from services.editing.journal import Journal
    from services.queries.history import History
    from services.settings import Settings, SettingsFile
    from services.transfers.queue import TransferQueue


class Services:
    """The parts of the service layer, one of each."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths
        self.events = EventBus()

    @cached_property
    def settings_file(self) -> SettingsFile:
        """Where settings are read and changed."""
        from services.settings import SettingsFile

        return SettingsFile(self.paths.settings)

    @property
    def settings(self) -> Settings:
        """The settings now."""
        return self.settings_file.current

    @cached_property
    def vault(self) -> KeyringVault:
        """Secrets."""
        from services.connections.vault import KeyringVault

        return KeyringVault()

    @cached_property
    def profiles(self) -> Profiles:
        """Profiles."""
        from services.connections.profiles import Profiles

        return Profiles(self.paths, self.vault, self.events)

    @cached_property
    def sessions(self) -> Sessions:
        """Open sessions, each in a child process."""
        from services.connections.sessions import Sessions

        return Sessions(self.profiles, self.events, self.settings, self.paths)

    @cached_property
    def journal(self) -> Journal:
        """Staged edits."""
        from services.editing.journal import Journal

        return Journal(self.paths.staged, self.events, self._is_read_only)

    def _is_read_only(self, profile_name: str) -> bool:
        return self.profiles.get(profile_name).is_read_only

    @cached_property
    def history(self) -> History:
        """Statements that ran."""
        from services.queries.history import History

        return History(self.paths.history, self.settings.history_size)

    @cached_property
    def transfers(self) -> TransferQueue:
        """The queue of transfers; `services.transfers.starting.ensure_runner` lets it run."""
        from services.transfers.queue import TransferQueue

        return TransferQueue(self.paths.transfers)

    def close(self) -> None:
        """Close the files of the parts made so far, which open again on use; sessions end by their own `close_all`."""
        for name in ("journal", "history", "transfers"):
            if name in vars(self):
                getattr(self, name).close()


def build_services(paths: Paths | None = None) -> Services:
    """The services over the user's directories, or over others."""
    return Services(paths or Paths.from_environment())
