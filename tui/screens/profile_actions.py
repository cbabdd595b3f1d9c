"""What can be done with profiles from the list: add, edit, copy, rename, remove, disconnect."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from services.text import displayable
from tui.screens.base import DeckScreen
from tui.working import Work, start_told_work

if TYPE_CHECKING:
    from services.connections.profile import Profile
    from tui.widgets.profile_list import ProfileList


class ProfileActions(DeckScreen):
    """Each action asks by a modal and works in a thread; the list follows by the event that the change publishes."""

    profiles: ProfileList

    def action_new(self) -> None:
        """Add a profile."""
        from tui.modals.profile_form import ProfileForm

        self.app.push_screen(ProfileForm(self.deck.book.names), self._saved)

    def action_edit(self) -> None:
        """Change the profile."""
        from tui.modals.profile_form import ProfileForm

        if (profile := self.profiles.current) is not None:
            self.app.push_screen(ProfileForm(self.deck.book.names, profile), self._saved)

    def _saved(self, name: str | None) -> None:
        if name:
            self._work(self._reload_and_select, name)

    async def _reload_and_select(self, name: str) -> None:
        await self.deck.read_book_again()
        self.profiles.select(name)

    def action_copy(self) -> None:
        """A second profile with the same facts."""
        if (profile := self.profiles.current) is not None:
            self._work(self._copy_as, profile, "Copy")

    def action_rename(self) -> None:
        """Another name for the profile."""
        if (profile := self.profiles.current) is not None:
            self._work(self._rename, profile)

    def action_remove(self) -> None:
        """Remove the profile."""
        if (profile := self.profiles.current) is not None:
            self._work(self._remove, profile)

    def action_close_session(self) -> None:
        """End the open session."""
        if (profile := self.profiles.current) is not None:
            self._work(self.deck.services.sessions.close, profile.name)

    def action_reload(self) -> None:
        """Read the profiles file again."""
        self._work(self.deck.read_book_again)

    async def _copy_as(self, profile: Profile, title: str) -> None:
        name = await self._ask_name(f"{title} {profile.name}", f"{profile.name}-copy")
        if name:
            await asyncio.to_thread(self.deck.services.profiles.copy, profile.name, name)
            await self._reload_and_select(name)

    async def _rename(self, profile: Profile) -> None:
        name = await self._ask_name(f"Rename {profile.name}", profile.name)
        if not name or name == profile.name:
            return
        if self.deck.has_session(profile.name):
            await self.deck.services.sessions.close(profile.name)
        await asyncio.to_thread(self.deck.services.profiles.rename, profile.name, name)
        await asyncio.to_thread(self.deck.services.journal.rename_profile, profile.name, name)
        await self._reload_and_select(name)

    async def _ask_name(self, title: str, start: str) -> str | None:
        from tui.modals.name_prompt import NamePrompt

        return await self.app.push_screen_wait(NamePrompt(title, start, self.deck.book.names))

    async def _remove(self, profile: Profile) -> None:
        staged = self.deck.services.journal.count(profile.name)
        lines = [f"{profile.name} ({profile.environment.value}), {profile.endpoint}"]
        lines.append("Its entry and its secrets in the keyring go. Nothing in the store is touched.")
        if staged:
            lines.append(f"{staged} staged changes of it would have nowhere to go; review them first (c).")
        weighs = profile.environment.value == "prod" or staged > 0
        from tui.modals.confirm import ConfirmModal

        question = ConfirmModal(
            "Remove the profile?", lines, yes="Remove", no="Keep", type_name=profile.name if weighs else ""
        )
        if not await self.app.push_screen_wait(question):
            return
        if self.deck.has_session(profile.name):
            await self.deck.services.sessions.close(profile.name)
        await asyncio.to_thread(self.deck.services.profiles.remove, profile.name)
        await self.deck.read_book_again()
        self.app.notify(f"{displayable(profile.name)} was removed.", markup=False)

    def _work(self, work: Work, *arguments: object) -> None:
        start_told_work(self, "profiles", "profile", work, *arguments)
