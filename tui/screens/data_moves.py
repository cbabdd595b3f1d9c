"""Moving a whole container out of a store or into it, from the browser: the transfer form with one end filled in."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import ClassVar

from textual.binding import BindingType

from services.errors import StoredeckError
from services.stores.features import Feature
from services.transfers.formats.paths import safe_name
from tui.keys import key
from tui.screens.base import DeckScreen
from tui.working import start_work

Place = tuple[str, tuple[str, ...]]


class MovesData(DeckScreen):
    """A screen with a container that can be exported or imported into; subclasses say which by `moved_place`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("E", "export", "Export", id="browser.export", tooltip="All of it to a file, by a transfer.", weight=35),
        key("I", "import_rows", "Import", id="browser.import", tooltip="Rows of a file into it, by a transfer."),
    ]

    def moved_place(self) -> Place | None:
        """The profile and the path of the container at hand."""
        return None

    def why_not_moved(self, action: str) -> str:
        """Why the container at hand cannot be moved that way, or empty."""
        place = self.moved_place()
        if place is None:
            return "no table or cache is at hand"
        session = self.deck.session(place[0])
        needed = Feature.READS_IN_BULK if action == "export" else Feature.WRITES_IN_BULK
        if session is None:
            return "it is not connected"
        return "" if needed in session.features else f"this store does not {_verb(needed)}"

    def action_export(self) -> None:
        """All of it to a file."""
        self._move(is_export=True)

    def action_import_rows(self) -> None:
        """Rows of a file into it."""
        self._move(is_export=False)

    def _move(self, *, is_export: bool) -> None:
        start_work(self, "move", self._open_form, is_export)

    async def _open_form(self, is_export: bool) -> None:
        place = self.moved_place()
        session = self.deck.session(place[0]) if place else None
        if place is None or session is None:
            return
        try:
            address = f"{place[0]}:{await session.format_address(place[1])}"
        except StoredeckError as error:
            self.deck.report(error)
            return
        if is_export:
            self.deck.new_transfer(address, str(await asyncio.to_thread(free_file, place[1][-1])))
        else:
            self.deck.new_transfer("", address)


def _verb(feature: Feature) -> str:
    return feature.value.replace("reads", "read").replace("writes", "write")


def free_file(name: str, folder: Path | None = None, suffix: str = ".parquet") -> Path:
    """A file for a store's name that is not there yet, links included, in the folder where the console was started."""
    folder = folder or Path.cwd()
    stem = safe_name(name)
    path, number = folder / f"{stem}{suffix}", 2
    while path.exists() or path.is_symlink():
        path, number = folder / f"{stem}-{number}{suffix}", number + 1
    return path
