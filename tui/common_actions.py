"""The keys that work everywhere, and what they do."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual.binding import Binding, BindingType

from tui.keys import key, load_all
from tui.opening import OpensSessions
from tui.skeleton import MODES
from tui.transfer_watch import FollowsTransfers
from tui.working import start_work


def _mode_key(digit: int, mode: str, name: str) -> Binding:
    return key(
        f"{digit},alt+{digit}",
        f"mode('{mode}')",
        name,
        id=f"app.{mode}",
        tooltip=f"Go to the screen {name}; alt+{digit} also works inside a text field.",
    )


class CommonActions(OpensSessions, FollowsTransfers):
    """The part of the app that answers the keys of every screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("question_mark,f1", "help", "more", id="app.help", tooltip="Every key that works here.", weight=1),
        key("ctrl+p,colon", "palette", "Palette", id="app.palette", tooltip="Find any action, profile or table."),
        key("ctrl+q", "quit", "Quit", id="app.quit", tooltip="Leave; asks first while edits wait.", priority=True),
        key("ctrl+c", "copy_or_hint", "Copy", id="app.copy", tooltip="Copy what is selected; never quits."),
        key("ctrl+o", "jump", "Jump", id="app.jump", tooltip="Show a letter on every pane and field; it goes there."),
        key("c", "review", "Review", id="app.review", tooltip="Every staged change, and what will be sent.", weight=45),
        *(_mode_key(digit, mode, name) for digit, (mode, name) in enumerate(MODES, start=1)),
    ]

    def action_mode(self, mode: str) -> None:
        """Go to a screen."""
        self.switch_mode(mode)

    def action_copy_or_hint(self) -> None:
        """Copy what is selected, or say how to leave."""
        selected = self.screen.get_selected_text()
        if selected:
            self.copy_to_clipboard(selected)
            return
        self.notify("Nothing is selected to copy. ctrl+q leaves Storedeck.", markup=False)

    async def action_help(self) -> None:
        """Show every key that works here."""
        await asyncio.to_thread(load_all)
        from tui.modals.help import HelpModal

        await self.push_screen(HelpModal(self.screen))

    async def action_jump(self) -> None:
        """Show a letter on everything that can have the focus, and go where the user says."""
        from tui.modals.jump import JumpScreen

        below = self.screen
        await self.push_screen(JumpScreen(below), lambda target: below.set_focus(target) if target else None)

    async def action_palette(self) -> None:
        """Find any action, profile or table."""
        await asyncio.to_thread(load_all)
        from tui.palette import Palette

        await self.push_screen(Palette(self.screen))

    def action_review(self) -> None:
        """Show every staged change."""
        from tui.modals.review import ReviewScreen

        self.push_screen(ReviewScreen())

    async def action_quit(self) -> None:
        """Leave; asks first while edits wait."""
        start_work(self, "quit", self._quit)

    async def _quit(self) -> None:
        if await self.may_leave(await asyncio.to_thread(self.load_staged)):
            await self.close_sessions()
            self.exit()
