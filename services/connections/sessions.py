"""The open sessions, by profile name, in the order they were opened."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from services.connections.channel import GRACE_SECONDS
from services.connections.opening import Opening
from services.connections.process import HostProcess
from services.connections.proxy import Session
from services.errors import SessionLost, StoredeckError
from services.events import EventBus, SessionChanged
from services.results.budget import Budget

if TYPE_CHECKING:
    from services.connections.profile import Profile
    from services.paths import Paths
    from services.secrets import Secret
    from services.settings import Settings
    from services.stores.types import CheckStep


class ProfileSource(Protocol):
    """Where profiles come from."""

    def get(self, name: str) -> Profile:
        """The profile of that name."""
        ...


class Sessions:
    """Opens and closes sessions, each in a process of its own, and publishes what becomes of them.

    No secret comes here: each session's process gets its own. `states` holds the word of each
    profile that was opened: opening, open, failed, lost or closed.
    """

    def __init__(
        self,
        profiles: ProfileSource,
        events: EventBus,
        settings: Settings | None = None,
        paths: Paths | None = None,
        *,
        budget: Budget | None = None,
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:
        self._profiles = profiles
        self._events = events
        self._settings = settings
        self._paths = paths
        self._budget = budget
        self._grace_seconds = grace_seconds
        self._sessions: dict[str, Session] = {}
        self._opening_now: dict[str, asyncio.Lock] = {}
        self._spare: HostProcess | None = None
        self.states: dict[str, str] = {}

    def __iter__(self) -> Iterator[Session]:
        """The open sessions, oldest first."""
        return iter(self._sessions.values())

    def get(self, name: str) -> Session | None:
        """The open session of that profile, also one that was lost and not yet reopened."""
        return self._sessions.get(name)

    def prepare(self) -> None:
        """Start a spare process now, so that it does its imports while the console does its own."""
        if self._spare is None or not self._spare.is_alive:
            self._spare = HostProcess(self._log())

    async def open(self, profile_name: str, secrets: Mapping[str, Secret] | None = None) -> Session:
        """The session of a profile, opened if it is not open or was lost.

        Raises:
            SecretNeeded: a secret has to be asked for and given as `secrets`.
            ConnectError, TimedOut, UsageError: it could not be opened.
        """
        async with self._opening_now.setdefault(profile_name, asyncio.Lock()):
            found = self._sessions.get(profile_name)
            if found is not None and not found.is_lost:
                return found
            if found is not None:
                await found.close()
            return await self._open(profile_name, secrets or {})

    async def _open(self, profile_name: str, secrets: Mapping[str, Secret]) -> Session:
        profile = await self._read_profile(profile_name)
        started = time.monotonic()
        self._tell(profile_name, "opening", started)
        session = await self._start(profile, secrets)
        try:
            await session.open()
        except BaseException as error:
            self._tell(profile_name, "failed", started, error)
            await session.close()
            raise
        session.on_lost = lambda error: self._lost(session, error)
        self._sessions[profile_name] = session
        self._tell(profile_name, "open", started)
        return session

    async def _read_profile(self, name: str) -> Profile:
        """Profiles are in a file, so they are read off the event loop."""
        return await asyncio.get_running_loop().run_in_executor(None, self._profiles.get, name)

    async def _start(self, profile: Profile, secrets: Mapping[str, Secret]) -> Session:
        """A session in the spare process, or in a new one, started off the event loop."""
        process, self._spare = self._spare, None
        if process is None or not process.is_alive:
            process = await asyncio.get_running_loop().run_in_executor(None, HostProcess, self._log())
        return Session(process, self._opening(profile, secrets), self._events.publish, self._grace_seconds)

    def _opening(self, profile: Profile, secrets: Mapping[str, Secret]) -> Opening:
        budget, page_rows = self._budget, None
        if self._settings is not None:
            budget = budget or _budget(self._settings)
            page_rows = self._settings.page_rows or None
        folder = self._paths.cache / "results" if self._paths is not None else None
        return Opening(profile, budget or Budget(), dict(secrets), folder, page_rows)

    def _log(self) -> Path | None:
        return self._paths.state / "sessions.log" if self._paths is not None else None

    async def reopen(self, profile_name: str, secrets: Mapping[str, Secret] | None = None) -> Session:
        """Open a session anew, in a new process.

        Raises:
            as `open`.
        """
        await self.close(profile_name)
        return await self.open(profile_name, secrets)

    async def close(self, profile_name: str) -> None:
        """End a session and its process; nothing happens where there is none."""
        session = self._sessions.pop(profile_name, None)
        if session is not None:
            started = time.monotonic()
            await session.close()
            self._tell(profile_name, "closed", started)

    async def close_all(self) -> None:
        """End all sessions and the spare process."""
        spare, self._spare = self._spare, None
        await asyncio.gather(*(self.close(name) for name in list(self._sessions)))
        if spare is not None:
            spare.kill()
            await spare.end(self._grace_seconds)

    async def check(
        self, profile: Profile, secrets: Mapping[str, Secret] | None = None
    ) -> AsyncGenerator[CheckStep, None]:
        """Try a profile, also one that is not saved, in a process of its own that ends with the check.

        Raises:
            SecretNeeded, VaultUnusable, ExtraMissing, UsageError: before the first step.
        """
        session = await self._start(profile, secrets or {})
        try:
            async with aclosing(session.check_alone()) as steps:
                async for step in steps:
                    yield step
        finally:
            await session.close()

    def _lost(self, session: Session, error: SessionLost) -> None:
        if self._sessions.get(session.profile_name) is session:
            self._tell(session.profile_name, "lost", None, error)

    def _tell(self, name: str, state: str, started: float | None, error: BaseException | None = None) -> None:
        self.states[name] = state
        is_known = isinstance(error, StoredeckError)
        self._events.publish(
            SessionChanged(
                profile=name,
                what="session",
                on=name,
                state=state,
                result="ok" if error is None else error.message if isinstance(error, StoredeckError) else "stopped",
                is_error=is_known,
                hint=error.hint if isinstance(error, StoredeckError) else "",
                seconds=time.monotonic() - started if started is not None and state != "opening" else None,
            )
        )


def _budget(settings: Settings) -> Budget:
    return Budget(
        memory_mb=settings.result_budget_mb,
        session_mb=settings.session_budget_mb,
        spill_mb=settings.spill_budget_mb,
    )
