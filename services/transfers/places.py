"""Where a transfer reads and writes: an address in a store, or a file."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from services.connections.guard import Guard
from services.errors import UnsupportedOperation, UsageError
from services.secrets import Secret

if TYPE_CHECKING:
    from services.cancel import CancelToken
    from services.connections.profile import Profile
    from services.connections.profiles import Profiles
    from services.connections.vault import KeyringVault
    from services.stores.base import Store
    from services.stores.bulk import BulkReads, BulkWrites
    from services.stores.changes import Path

_PROFILE: Final = re.compile(r"(\w[\w.@+-]{0,63}):(.*)", re.DOTALL)
STANDARD: Final = "-"

TypedSecrets = Mapping[str, Mapping[str, Secret]]
"""By profile and field."""


@dataclass(frozen=True, slots=True)
class Place:
    """One end of a transfer.

    Attributes:
        profile: a profile's name; empty for a file.
        path: what follows the colon, or the file's path.
    """

    profile: str
    path: str

    @property
    def is_file(self) -> bool:
        """Whether it is a file."""
        return not self.profile

    @property
    def text(self) -> str:
        """The address."""
        return f"{self.profile}:{self.path}" if self.profile else self.path


def place_of(text: str, *, has_drives: bool = os.name == "nt") -> Place:
    """The place of an address: `PROFILE:PATH`, and anything else is a file. A file's path becomes absolute.

    A file whose name begins like a profile is written with its folder, such as `./a:b.csv`.

    Args:
        has_drives: one letter before a colon is a drive of the system, not a profile.
    """
    match = _PROFILE.fullmatch(text)
    if match and not (has_drives and len(match.group(1)) == 1):
        return Place(match.group(1), match.group(2))
    if not text:
        raise UsageError("no address: empty", hint="Write PROFILE:PATH or the path of a file.")
    if text == STANDARD:
        return Place("", STANDARD)
    ending = os.sep if text.endswith(os.sep) else ""
    return Place("", os.path.abspath(os.path.expanduser(text)) + ending)


class Places:
    """Opens both ends of transfers; keeps connected stores for the next part. Used by one thread.

    Args:
        typed: secrets that somebody typed, by profile and field; all others come from where the profile says.
    """

    def __init__(self, profiles: Profiles, vault: KeyringVault, typed: TypedSecrets | None = None) -> None:
        self._profiles = profiles
        self._vault = vault
        self._typed = {} if typed is None else typed
        self._stores: dict[str, tuple[Profile, Store]] = {}

    def source(self, address: str, options: Mapping[str, str], cancel: CancelToken) -> tuple[BulkReads, Path]:
        """Who reads this address, and the path for it.

        Raises:
            ConnectError, UsageError, UnsupportedOperation.
        """
        from services.stores.bulk import BulkReads

        place = place_of(address)
        if place.is_file:
            from services.transfers.formats import open_source

            return open_source(place.path, options), (place.path,)
        store = self._connected(place.profile, cancel)
        if not isinstance(store, BulkReads):
            raise _cannot(place, "reading in bulk")
        return store, store.parse_address(place.path)

    def target(self, address: str, options: Mapping[str, str], cancel: CancelToken) -> tuple[BulkWrites, Path]:
        """Who writes this address, and the path for it.

        Raises:
            ConnectError, UsageError, UnsupportedOperation.
            ReadOnlyRefused: before any request.
        """
        from services.stores.bulk import BulkWrites

        place = place_of(address)
        if place.is_file:
            from services.transfers.formats import open_target

            return open_target(place.path, options), (place.path,)
        self.check_writable(place)
        store = self._connected(place.profile, cancel)
        if not isinstance(store, BulkWrites):
            raise _cannot(place, "writing in bulk")
        return store, store.parse_address(place.path)

    def check_writable(self, place: Place) -> None:
        """Refuse a target in a read-only profile; asks no server.

        Raises:
            ReadOnlyRefused, UsageError.
        """
        if not place.is_file:
            profile = self._profiles.get(place.profile)
            Guard(profile.name, profile.is_read_only).write("transfer")

    def _connected(self, name: str, cancel: CancelToken) -> Store:
        profile = self._profiles.get(name)
        known = self._stores.get(name)
        if known is not None and known[0] == profile:
            return known[1]
        self.drop(name)
        store = profile.store_kind.build(profile.fields, self._vault.resolve_secrets(profile, self._typed.get(name)))
        try:
            store.connect(cancel)
        except BaseException:
            store.close()
            raise
        self._stores[name] = profile, store
        return store

    def drop(self, name: str) -> None:
        """Close the store of a profile; the next use connects again."""
        found = self._stores.pop(name, None)
        if found is not None:
            found[1].close()

    def close(self) -> None:
        """Close all stores."""
        for name in list(self._stores):
            self.drop(name)


def _cannot(place: Place, what: str) -> UnsupportedOperation:
    return UnsupportedOperation(
        f"{place.profile}: {what} is not possible with this kind of store",
        hint="`storedeck spec` lists what each kind of store can do.",
    )
