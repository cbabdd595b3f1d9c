"""Stores in the command's own process: found by profile, opened with their secrets, closed at the end."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from getpass import getpass
from typing import TYPE_CHECKING, TypeVar

from services.connections.guard import Guard
from services.errors import Cancelled, SecretNeeded, UnsupportedOperation, UsageError
from services.secrets import Secret
from services.stores.changes import Path
from services.stores.types import ROOT

if TYPE_CHECKING:
    from services.cli.run import Run
    from services.connections.profile import Profile
    from services.results.presenting import Presentation
    from services.stores.base import Store

Power = TypeVar("Power")
Pages = TypeVar("Pages")


@dataclass(frozen=True)
class Opened:
    """A connected store and its profile."""

    profile: Profile
    store: Store
    guard: Guard

    def power(self, kind: type[Power], what: str) -> Power:
        """The store as one that has a power.

        Raises:
            UnsupportedOperation: it has not.
        """
        if isinstance(self.store, kind):
            return self.store
        raise UnsupportedOperation(
            f"{self.profile.name}: {what} is not possible with {self.profile.store_kind.title}",
            hint="`storedeck spec` lists what each kind of store can do.",
        )

    @property
    def presentation(self) -> Presentation:
        """How to read the store's own cells."""
        from services.results.presenting import presentation_of

        return presentation_of(self.store)


def split_address(text: str) -> tuple[str, str]:
    """Profile and the rest of an address.

    Raises:
        UsageError: there is no colon.
    """
    profile, colon, rest = text.partition(":")
    if not colon or not profile:
        raise UsageError(f"{text}: no address", hint=f"Write PROFILE:PATH, such as {text or 'grid'}: for its root.")
    return profile, rest


def profile_name(text: str) -> str:
    """The profile that `PROFILE` or `PROFILE:` names.

    Raises:
        UsageError: a path follows.
    """
    name, _, rest = text.partition(":")
    if rest:
        raise UsageError(f"{text}: a profile is wanted here, not an address", hint=f"Write {name} alone.")
    return name


@contextlib.contextmanager
def opened(run: Run, name: str, *, writes: str = "", first: Callable[[Opened], None] | None = None) -> Iterator[Opened]:
    """The connected store of a profile.

    Args:
        writes: what will be changed; refused here on a read-only profile, before anything is asked or sent.
        first: what else to check before connecting.
    Raises:
        ConnectError, TimedOut, UsageError, ReadOnlyRefused.
    """
    profile = run.services.profiles.get(name)
    guard = Guard(name, profile.is_read_only or run.is_read_only)
    if writes:
        guard.write(writes)
    store = profile.store_kind.build(profile.fields, asked_secrets(run, profile))
    found = Opened(profile, store, guard)
    try:
        if first is not None:
            first(found)
        store.connect(run.cancel)
        run.services.profiles.note_use(name)
        yield found
        for notice in getattr(store, "notices", ()):
            run.note(f"note: {notice}")
    finally:
        _note_usage(run, store)
        store.close()


def _note_usage(run: Run, store: Store) -> None:
    """Take into the statistics what a store tells of its requests, each of which it may leave out."""
    run.stats.requests = getattr(store, "requests", None)
    run.stats.cost = dict(getattr(store, "cost", {}))
    known = run.stats.request_ids
    known += [one for one in getattr(store, "request_ids", ()) if one not in known]


@contextlib.contextmanager
def opened_at(run: Run, address: str, *, writes: str = "") -> Iterator[tuple[Opened, Path]]:
    """The connected store of an address and the path in it; `writes` as for `opened`."""
    name, rest = split_address(address)
    with opened(run, name, writes=writes) as store:
        yield store, store.store.parse_address(rest) if rest else ROOT


@contextlib.contextmanager
def ended(pages: Iterator[Pages]) -> Iterator[Iterator[Pages]]:
    """Close an iterator of pages at the end, so that the server frees its cursor."""
    try:
        yield pages
    finally:
        close = getattr(pages, "close", None)
        if close is not None:
            close()


def asked_secrets(run: Run, profile: Profile) -> dict[str, Secret]:
    """Every secret of a profile; what has to be asked for is asked, where someone can answer.

    Raises:
        SecretNeeded: nobody can.
    """
    given: dict[str, Secret] = {}
    while True:
        try:
            return run.services.vault.resolve_secrets(profile, given)
        except SecretNeeded as needed:
            if needed.field in given or not run.can_ask:
                raise
            notice = run.services.vault.notice() if "keyring" in needed.message else ""
            if notice:
                run.note(f"note: {notice}")
            given[needed.field] = ask_secret(f"{needed.field} of {profile.name}")


def ask_secret(what: str, ask: Callable[[str], str] = getpass) -> Secret:
    """A secret typed at the terminal, not shown.

    Raises:
        Cancelled: nothing was typed.
    """
    try:
        text = ask(f"{what}: ")
    except EOFError:
        text = ""
    if not text:
        raise Cancelled(f"{what}: none given")
    return Secret(text)
