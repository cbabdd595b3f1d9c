"""The drafts of the console: several texts, each of a profile, kept as one types; new ones, closed ones, the next."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.binding import BindingType
from textual.widgets import TextArea

from services.events import SessionChanged
from services.queries.drafts import Draft, new_name
from services.text import one_line
from tui.ages import clock
from tui.keys import key
from tui.screens.console_results import ConsoleResults
from tui.screens.console_sheet import Sheet, neighbour, title_of
from tui.widgets.tabbed_pane import TabbedTitle
from tui.working import start_work

if TYPE_CHECKING:
    from tui.bridge import EventPublished
    from tui.modals.menu import MenuEntry

DRAFT_SECONDS: Final = 1.0
"""A text is kept so long after its first change at the latest, however fast one types on."""
CLOSED_SHOWN: Final = 8
_DEEDS: Final = {
    "new_draft": ("n", "New draft"),
    "open_file": ("o", "Open a file"),
    "save_as": ("w", "Save as a file"),
    "close_draft": ("x", "Close this draft"),
}


class ConsoleDrafts(ConsoleResults):
    """What one can do with drafts."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "f10",
            "drafts",
            "Drafts",
            id="console.drafts",
            tooltip="All drafts: go to one by its digit, make, open, save, close, or take back a closed one.",
            weight=82,
        ),
        key(
            "ctrl+n,ctrl+pagedown",
            "turn_draft(1)",
            "Next draft",
            id="console.next_draft",
            tooltip="Go to the next draft.",
        ),
        key(
            "ctrl+b,ctrl+pageup",
            "turn_draft(-1)",
            "Draft before",
            id="console.previous_draft",
            tooltip="Go to the draft before.",
        ),
        key(
            "alt+n",
            "new_draft",
            "New draft",
            id="console.new_draft",
            tooltip="Begin a draft in the same profile; f10 n does it, too.",
            priority=True,
        ),
        key(
            "alt+w",
            "close_draft",
            "Close draft",
            id="console.close_draft",
            tooltip="Close this draft and its results; f10 has it, and opens it again.",
            priority=True,
        ),
    ]

    _is_read = False

    def on_screen_resume(self) -> None:
        """Stand on a profile, if one is open."""
        if self.is_mounted:
            self._find_profile()

    def on_event_published(self, message: EventPublished) -> None:
        """A session opened or was lost."""
        if isinstance(message.event, SessionChanged) and self.is_mounted:
            self._find_profile()

    def _find_profile(self) -> None:
        names = self.open_profiles()
        if self._sheet is None and names:
            self.show_profile(names[-1])
        self.set_class(self._sheet is None, "-without")
        if self._sheet is None and (self.focused is None or self.focused is self.editor):
            self.query_one("#console-empty").focus()

    def show_profile(self, name: str, path: tuple[str, ...] = ()) -> None:
        """Turn to the draft of a profile that was used last, or to a new one."""
        start_work(self, "sheet", self._show_profile, name)

    async def _show_profile(self, name: str) -> None:
        history = await self._history()
        if not self._is_read:
            kept = await asyncio.to_thread(history.drafts.open)
            self._sheets[:0] = [Sheet.of(draft) for draft in kept]
            self._is_read = True
        mine = [sheet for sheet in self._sheets if sheet.profile == name]
        self.turn_to(max(mine, key=lambda sheet: sheet.used) if mine else self._added(name))

    def _added(self, profile: str) -> Sheet:
        sheet = Sheet(profile, new_name(profile))
        self._sheets.append(sheet)
        return sheet

    @on(TextArea.Changed)
    def _text_changed(self) -> None:
        sheet = self._sheet
        if sheet is not None and self.editor.text != sheet.text:
            sheet.text = self.editor.text
            self._show_tabs(sheet)
            self._keep_soon(sheet)

    def _keep_soon(self, sheet: Sheet) -> None:
        if not sheet.is_keeping:
            sheet.is_keeping = True
            start_work(self, "draft", self._keep_late, sheet, is_exclusive=False)

    async def _keep_late(self, sheet: Sheet) -> None:
        await asyncio.sleep(DRAFT_SECONDS)
        sheet.is_keeping = False
        await self._keep(sheet)

    async def on_unmount(self) -> None:
        """Keep what was typed within the last moment."""
        for sheet in self._sheets:
            if sheet.is_keeping:
                await self._keep(sheet)

    async def _keep(self, sheet: Sheet) -> None:
        """Keep a draft as it stands now."""
        await asyncio.to_thread(self.deck.services.history.drafts.keep, sheet.draft)

    def why_no_drafts(self, action: str) -> str:
        """Why there is no other draft, or why this one stays; empty where nothing is in the way."""
        if action == "turn_draft" and len(self._sheets) < 2:
            return "this is the only draft, f10 makes another"
        if action == "close_draft" and self._sheet is not None and self._sheet.is_running:
            return "a statement runs, ctrl+g stops it"
        return ""

    def action_turn_draft(self, by: int) -> None:
        """Go to another draft."""
        if self._sheet is not None:
            self.turn_to(neighbour(self._sheets, self._sheet, by))

    @on(TabbedTitle.Chosen, "#console-editor TabbedTitle")
    def _draft_clicked(self, event: TabbedTitle.Chosen) -> None:
        if event.index < len(self._sheets):
            self.turn_to(self._sheets[event.index])

    def action_new_draft(self) -> None:
        """Begin a draft."""
        if self._sheet is not None:
            self.turn_to(self._added(self._sheet.profile))

    def action_close_draft(self) -> None:
        """Close the draft on show."""
        if self._sheet is not None:
            start_work(self, "close-draft", self._close_draft, self._sheet, is_exclusive=False)

    async def _close_draft(self, sheet: Sheet) -> None:
        history = await self._history()
        if history.is_private and sheet.is_unsaved and not await self._may_lose(sheet):
            return
        if sheet not in self._sheets or sheet.is_running:
            return
        if sheet is self._sheet:
            self._note_places()
        draft, results = sheet.draft, list(sheet.results)
        self._take_away(sheet)
        await asyncio.to_thread(history.drafts.keep, draft)
        await asyncio.to_thread(history.drafts.close, draft.name)
        for tab in results:
            await self._free(tab)
        if draft.text.strip() and not history.is_private:
            self.set_status(f"closed: {one_line(sheet.title)}; f10 opens it again")

    def _take_away(self, sheet: Sheet) -> None:
        """Close the tab; another draft comes on show in its place, a new one after the last."""
        after = neighbour(self._sheets, sheet, 1 if self._sheets[0] is sheet else -1)
        self._sheets.remove(sheet)
        if after is sheet:
            after = self._added(sheet.profile)
        if self._sheet is sheet:
            self._sheet = None
            self.turn_to(after)
        else:
            self._show_notes()

    async def _may_lose(self, sheet: Sheet) -> bool:
        from tui.modals.confirm import ConfirmModal

        lines = [f"{one_line(sheet.title)}: in private mode nothing is kept.", "Its text will be gone."]
        answer = await self.deck.push_screen_wait(ConfirmModal("Close the draft?", lines, yes="close", no="keep"))
        return bool(answer)

    def action_drafts(self) -> None:
        """List the drafts and what can be done with them."""
        start_work(self, "drafts", self._from_drafts)

    async def _from_drafts(self) -> None:
        from tui.modals.menu import MenuModal

        history = await self._history()
        closed = {draft.name: draft for draft in (await asyncio.to_thread(history.drafts.closed))[:CLOSED_SHOWN]}
        current = self._sheet.name if self._sheet is not None else ""
        chosen = await self.deck.push_screen_wait(MenuModal("Drafts", self._entries(closed), current=current))
        if chosen in _DEEDS:
            await self.run_action(chosen)
        elif chosen in closed:
            await asyncio.to_thread(history.drafts.reopen, chosen)
            self._sheets.append(Sheet.of(closed[chosen]))
            self.turn_to(self._sheets[-1])
        elif chosen is not None:
            self.turn_to(next(sheet for sheet in self._sheets if sheet.name == chosen))

    def _entries(self, closed: dict[str, Draft]) -> list[MenuEntry]:
        from tui.modals.menu import MenuEntry

        entries = [
            MenuEntry(
                sheet.name,
                one_line(sheet.title[:40]) + ("*" if sheet.is_unsaved else ""),
                key=str(number) if number < 10 else "",
                note=f"{sheet.profile} {sheet.path}",
            )
            for number, sheet in enumerate(self._sheets, 1)
        ]
        entries += [
            MenuEntry(action, words, key=letter, why_off=self.why_off(action))
            for action, (letter, words) in _DEEDS.items()
        ]
        entries += [
            MenuEntry(
                draft.name,
                one_line(title_of(draft.text, draft.path)[:40]),
                note=f"closed {clock(draft.closed or 0.0)}, {draft.profile}",
            )
            for draft in closed.values()
        ]
        return entries
