"""Opening sessions from the console: asks for a missing secret, tells errors."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Final

from textual.app import App

from services.errors import Cancelled, SecretNeeded, StoredeckError
from services.events import Event
from services.stores.features import Feature
from services.text import displayable
from tui.working import start_work

if TYPE_CHECKING:
    from services.bootstrap import Services
    from services.connections.api import SessionApi
    from services.editing.staged import StagedSnapshot
    from services.secrets import Secret
    from services.stores.types import CheckStep

CLOSE_SECONDS: Final = 5.0
MOST_TOLD: Final = 600
"""Characters of an error that a toast shows; the events have all of it."""


class OpensSessions(App[None]):
    """The part of the app that opens sessions and reports failures."""

    services: Services
    is_leaving = False
    """Set once sessions are being closed for good: none is opened any more."""

    def session(self, profile_name: str) -> SessionApi | None:
        """The open session of a profile; None also for one that was lost."""
        sessions = vars(self.services).get("sessions")
        session: SessionApi | None = sessions.get(profile_name) if sessions is not None else None
        return session if session is not None and not session.is_lost else None

    def has_session(self, profile_name: str) -> bool:
        """Whether a profile was opened and not closed since; its session may be lost."""
        sessions = vars(self.services).get("sessions")
        return sessions is not None and sessions.get(profile_name) is not None

    async def open_session(self, profile_name: str) -> SessionApi:
        """The session of a profile, opened if need be; call it from a worker, since it may ask for a secret.

        Raises:
            StoredeckError: with advice; `Cancelled` when the user gave no secret.
        """
        if self.is_leaving:
            raise Cancelled(f"{profile_name}: not opened, Storedeck is being left")
        given: dict[str, Secret] = {}
        was_open = self.session(profile_name) is not None
        while True:
            try:
                session = await self.services.sessions.open(profile_name, given)
            except SecretNeeded as needed:
                given[needed.field] = await self.ask_secret(profile_name, needed)
            else:
                break
        if not was_open:
            await asyncio.to_thread(self.services.profiles.note_use, profile_name)
        return session

    async def ask_secret(self, profile_name: str, needed: SecretNeeded) -> Secret:
        """Ask for one secret by a modal, after saying once that there is no keyring.

        Raises:
            Cancelled: the user closed the modal.
        """
        from tui.modals.secret_prompt import SecretPrompt

        await self.say_keyring_notice()
        secret = await self.push_screen_wait(SecretPrompt(profile_name, needed))
        if secret is None:
            raise Cancelled(f"{profile_name}: not opened, no secret was given")
        return secret

    async def say_keyring_notice(self) -> None:
        """Say once a run that there is no usable keyring, if so."""
        notice = await asyncio.to_thread(self.services.vault.notice)
        if notice:
            self.notify(displayable(notice), title="No keyring", severity="warning", timeout=12, markup=False)

    async def check_profile(self, profile_name: str) -> AsyncIterator[CheckStep]:
        """The steps of a connection check as they finish; asks for a missing secret, so call it from a worker.

        Raises:
            StoredeckError: the check could not begin.
        """
        given: dict[str, Secret] = {}
        while True:
            profile = await asyncio.to_thread(self.services.profiles.get, profile_name)
            try:
                async for step in self.services.sessions.check(profile, given):
                    yield step
            except SecretNeeded as needed:
                given[needed.field] = await self.ask_secret(profile_name, needed)
            else:
                return

    def open_profile(self, profile_name: str) -> None:
        """Open a profile and go to the browser, in a worker; a failure is reported."""
        self.open_path(profile_name, ())

    def open_path(self, profile_name: str, path: tuple[str, ...]) -> None:
        """The same, and there go to a container."""
        start_work(self, "open", self._open_and_show, profile_name, path)

    async def _open_and_show(self, profile_name: str, path: tuple[str, ...]) -> None:
        try:
            session = await self.open_session(profile_name)
        except StoredeckError as error:
            self.report(error, f"open {profile_name}", is_logged=True)
            return
        is_managing = Feature.MANAGES_INSTANCES in session.features and not path
        await self.switch_mode("instances" if is_managing else "browser")
        show: Any = getattr(self.screen, "show_profile", None)
        if show is not None:
            show(profile_name, path)

    def load_staged(self) -> StagedSnapshot:
        """Read what is staged; blocks on the disk, also when the journal is first made."""
        return self.services.journal.load()

    async def may_leave(self, staged: StagedSnapshot) -> bool:
        """Whether to leave now: asks while edits are staged, which are kept for the next start."""
        if not len(staged):
            return True
        from tui.modals.confirm import ConfirmModal

        stores = len({item.profile for item in staged})
        what = f"{counted(len(staged), 'staged change')} in {counted(stores, 'store')}"
        answer = await self.push_screen_wait(
            ConfirmModal(
                "Leave Storedeck?",
                [f"{what}, not sent.", "They are kept on this machine and are there again at the next start."],
                yes="Leave",
                no="Stay",
            )
        )
        return bool(answer)

    async def close_sessions(self) -> None:
        """End every session, for at most a few seconds; their processes end with the console in any case."""
        self.is_leaving = True
        sessions = vars(self.services).get("sessions")
        if sessions is not None:
            with contextlib.suppress(TimeoutError, StoredeckError):
                await asyncio.wait_for(sessions.close_all(), CLOSE_SECONDS)

    def report(self, error: StoredeckError, what: str = "", *, is_logged: bool = False) -> None:
        """Tell an error: a toast now, a line in the events for later unless it has one already."""
        text = displayable(error.message, MOST_TOLD) + (f"\n{displayable(error.hint, MOST_TOLD)}" if error.hint else "")
        is_error = not isinstance(error, Cancelled)
        self.notify(
            text,
            title=displayable(what[:1].upper() + what[1:]),
            severity="error" if is_error else "warning",
            timeout=8,
            markup=False,
        )
        if not is_logged:
            self.services.events.publish(failure(error, what))


def failure(error: StoredeckError, what: str) -> Event:
    """The event of a failed act."""
    return Event(
        what=what,
        result=displayable(error.message),
        is_error=not isinstance(error, Cancelled),
        hint=displayable(error.hint),
        request_id=displayable(error.request_id),
    )


def counted(number: int, noun: str) -> str:
    """`1 change`, `12 changes`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
