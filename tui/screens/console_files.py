"""Drafts and files: opening a saved query, saving a draft where it came from or elsewhere."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import ClassVar, Final

from textual.binding import BindingType

from services.errors import StoredeckError
from services.queries.query_files import fingerprint, held, query_path, read_query, write_query
from services.text import one_line
from tui.keys import key
from tui.screens.console_drafts import ConsoleDrafts
from tui.screens.console_sheet import Sheet
from tui.working import start_work

OPEN_HELP: Final = "The name of a text file in UTF-8; ~ is your home. A file that is open already is gone to."
SAVE_HELP: Final = "The name of the file; ~ is your home. ctrl+s saves there from then on."


class ConsoleFiles(ConsoleDrafts):
    """What one can do with files."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "ctrl+s",
            "save",
            "Save",
            id="console.save",
            tooltip="Save the draft in its file; asks for a name where it has none.",
            weight=20,
        ),
        key(
            "alt+s",
            "save_as",
            "Save as",
            id="console.save_as",
            tooltip="Save the draft in another file; f10 w does it, too.",
            priority=True,
        ),
        key(
            "alt+o",
            "open_file",
            "Open file",
            id="console.open_file",
            tooltip="Open a saved query as a draft; f10 o does it, too.",
            priority=True,
        ),
    ]

    def action_open_file(self) -> None:
        """Open a file as a draft."""
        if self._sheet is not None:
            start_work(self, "file", self._open_file, self._sheet)

    async def _open_file(self, sheet: Sheet) -> None:
        from tui.modals.text_prompt import TextPrompt

        folder = f"{one_line(str(Path(sheet.path).parent))}/" if sheet.path else ""
        name = await self.deck.push_screen_wait(TextPrompt("Open a file", OPEN_HELP, folder))
        if not name or not name.strip():
            return
        try:
            path = str(await asyncio.to_thread(query_path, name))
            opened = next((one for one in self._sheets if one.path == path), None)
            text = "" if opened is not None else await asyncio.to_thread(read_query, Path(path))
        except StoredeckError as error:
            self.deck.report(error, "open a file")
            return
        if opened is None:
            is_blank = not sheet.text and not sheet.path and not sheet.results and sheet in self._sheets
            opened = sheet if is_blank else self._added(sheet.profile)
            opened.text, opened.path, opened.saved = text, path, fingerprint(text)
            opened.cursor, opened.undo = (0, 0), None
            self._forget_editor(opened)
        self.turn_to(opened)
        await self._keep(opened)

    def _forget_editor(self, sheet: Sheet) -> None:
        """What the editor shows of a draft does not count any more: its text came from elsewhere."""
        if self._sheet is sheet:
            self._sheet = None

    def action_save(self) -> None:
        """Save where the draft came from."""
        if self._sheet is not None:
            start_work(self, "file", self._save, self._sheet, self._sheet.path)

    def action_save_as(self) -> None:
        """Save elsewhere."""
        if self._sheet is not None:
            start_work(self, "file", self._save, self._sheet, "")

    async def _save(self, sheet: Sheet, name: str) -> None:
        from tui.modals.text_prompt import TextPrompt

        if not name:
            start = sheet.path or f"{file_word(sheet.title)}.sql"
            given = await self.deck.push_screen_wait(TextPrompt("Save the draft as a file", SAVE_HELP, start))
            if not given or not given.strip():
                return
            name = given
        try:
            path = await asyncio.to_thread(query_path, name)
            if not await self._may_replace(sheet, path):
                return
            text = sheet.text
            await asyncio.to_thread(write_query, path, text)
        except StoredeckError as error:
            self.deck.report(error, "save a draft")
            return
        sheet.path, sheet.saved = str(path), fingerprint(text)
        self._show_notes()
        self.set_status(f"saved in {one_line(str(path))}")
        await self._keep(sheet)

    async def _may_replace(self, sheet: Sheet, path: Path) -> bool:
        """Whether to write: asks where another file, or another's changes, would be lost."""
        from tui.modals.confirm import ConfirmModal

        there = await asyncio.to_thread(held, path)
        is_own = str(path) == sheet.path
        if there is None or there == (sheet.saved if is_own else fingerprint(sheet.text)):
            return True
        what = "It was changed by others since it was read" if is_own else "It is there already"
        lines = [one_line(str(path)), f"{what}. Its content will be gone."]
        answer = await self.deck.push_screen_wait(ConfirmModal("Replace the file?", lines, yes="replace it", no="keep"))
        return bool(answer)


def file_word(title: str) -> str:
    """A title as the first part of a file's name."""
    return "_".join(re.findall(r"\w+", title[:40])).strip("_")[:24] or "query"
