"""The profiles of this user: kept in one readable file, their secrets in the vault, safe with several processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

from services.connections.last_uses import LastUses
from services.connections.parsed_cache import ParsedCache
from services.connections.profile import Environment, Profile, check_name, check_profile
from services.connections.profile_file import ProfileFile, no_profile
from services.connections.secret_refs import SecretRef, SecretSource
from services.errors import UsageError, VaultUnusable
from services.events import EventBus, ProfilesChanged
from services.paths import Paths
from services.secrets import Secret

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

    from services.connections.vault import KeyringVault

__all__ = ["Environment", "Profile", "Profiles", "SecretRef", "SecretSource"]


class Profiles:
    """Reads and changes profiles. Every change re-reads the file under its lock, so that no other change is lost."""

    def __init__(self, paths: Paths, vault: KeyringVault, events: EventBus | None = None) -> None:
        self._file = ProfileFile(paths.profiles, ParsedCache(paths.cache / "profiles.json"))
        self._uses = LastUses(paths.state / "last_uses.json")
        self._vault = vault
        self._events = events

    def all(self) -> tuple[Profile, ...]:
        """Every usable profile in the file's order.

        Raises:
            UsageError: the file is broken; the message names the line.
        """
        return tuple(self._file.read()[0].values())

    def problems(self) -> dict[str, str]:
        """What is wrong with the entries that cannot be used, by name."""
        return dict(self._file.read()[1])

    def get(self, name: str) -> Profile:
        """The profile of that name.

        Raises:
            UsageError: there is none, or its entry is wrong.
        """
        profiles, problems = self._file.read()
        if name in problems:
            raise UsageError(f"profile {name}: {problems[name]}", hint=f"Correct it in {self._file.path}.")
        if name not in profiles:
            raise no_profile(name, list(profiles))
        return profiles[name]

    def last_uses(self) -> dict[str, float]:
        """When each profile was last connected, seconds since 1970, by name."""
        uses = self._uses.read()
        return {profile.name: uses[profile.id] for profile in self.all() if profile.id in uses}

    def note_use(self, name: str) -> None:
        """Remember that the profile was connected now."""
        self._uses.note(self.get(name).id)

    def add(self, profile: Profile, secrets: Mapping[str, Secret] | None = None) -> Profile:
        """Add a profile; `secrets` go to the vault under its id.

        Raises:
            UsageError: a field is wrong, or the name is taken.
            VaultUnusable: there is a secret and no keyring; nothing was saved.
        """
        profile = self._with_refs(profile, secrets or {})
        check_profile(profile)
        self._keep(profile, secrets or {})
        try:
            self._file.change(lambda document: _appended(document, profile))
        except BaseException:
            self._forget([profile.keyring_ref(name).detail for name in secrets or {}])
            raise
        self._changed(profile.name)
        return profile

    def edit(
        self, name: str, change: Callable[[Profile], Profile], secrets: Mapping[str, Secret] | None = None
    ) -> Profile:
        """Change a profile as it stands in the file now; its name and id stay. A keyring entry no longer used goes.

        Raises:
            UsageError, VaultUnusable: as for `add`; nothing was changed.
        """
        from services.connections.profile_edits import entry_of, write_entry

        before = self.get(name)
        check_profile(self._with_refs(change(before), secrets or {}))
        self._keep(before, secrets or {})
        result: list[Profile] = []

        def apply(document: TOMLDocument) -> TOMLDocument:
            entry = entry_of(document, name)
            changed = replace(change(_read_entry(entry.unwrap())), name=name, id=before.id)
            result.append(self._with_refs(changed, secrets or {}))
            check_profile(result[0])
            write_entry(entry, result[0])
            return document

        self._file.change(apply)
        self._forget_unused(before)
        self._changed(name)
        return result[0]

    def rename(self, name: str, new_name: str) -> None:
        """Give a profile another name; its secrets stay where they are.

        Raises:
            UsageError: there is no such profile, or the name is taken or no name.
        """
        from services.connections.profile_edits import entry_of

        check_name(new_name)

        def apply(document: TOMLDocument) -> TOMLDocument:
            entry = entry_of(document, name)
            if new_name != name:
                _refuse_taken(document, new_name)
                entry["name"] = new_name
            return document

        self._file.change(apply)
        self._changed(new_name)

    def copy(self, name: str, new_name: str) -> Profile:
        """A second profile with the same facts and its own copies of the secrets.

        Raises:
            UsageError: as for `rename`.
            VaultUnusable: a secret cannot be copied; nothing was saved.
        """
        original = self.get(name)
        kept = {field: ref for field, ref in original.secrets.items() if ref.source is SecretSource.KEYRING}
        found = {field: self._vault.read(ref.detail) for field, ref in kept.items()}
        twin = replace(original, name=check_name(new_name), id=uuid4().hex)
        refs = {field: twin.keyring_ref(field) if field in kept else ref for field, ref in original.secrets.items()}
        return self.add(replace(twin, secrets=refs), {field: secret for field, secret in found.items() if secret})

    def remove(self, name: str) -> None:
        """Remove a profile and then its own secrets; without a keyring it goes all the same.

        Raises:
            UsageError: there is no such profile.
        """
        from services.connections.profile_edits import entry_of, without_entry

        removed: list[Profile] = []

        def apply(document: TOMLDocument) -> TOMLDocument:
            entry = entry_of(document, name).unwrap()
            try:
                removed.append(_read_entry(entry))
            except UsageError:
                removed.clear()
            return without_entry(document, name)

        self._file.change(apply)
        for profile in removed:
            self._uses.forget(profile.id)
            self._forget_unused(profile)
        self._changed(name)

    def _with_refs(self, profile: Profile, secrets: Mapping[str, Secret]) -> Profile:
        refs = dict(profile.secrets) | {name: profile.keyring_ref(name) for name in secrets}
        return replace(profile, secrets=refs)

    def _keep(self, profile: Profile, secrets: Mapping[str, Secret]) -> None:
        for name, secret in secrets.items():
            if not profile.store_kind.field(name).is_secret:
                raise UsageError(f"{name}: no secret of {profile.kind}", hint=f"Set it by --set {name}=VALUE.")
            self._vault.write(profile.keyring_ref(name).detail, secret)

    def _forget_unused(self, before: Profile) -> None:
        """Delete the keyring entries of a former profile that no profile refers to any more."""
        used = {ref.detail for profile in self.all() for ref in profile.secrets.values()}
        entries = [ref.detail for ref in before.secrets.values() if ref.source is SecretSource.KEYRING]
        self._forget([entry for entry in entries if entry not in used])

    def _forget(self, entries: list[str]) -> None:
        for entry in entries:
            try:
                self._vault.delete(entry)
            except VaultUnusable:
                return  # a secret in a keyring that cannot be reached harms nobody; the profile is what was asked for

    def _changed(self, name: str) -> None:
        if self._events is not None:
            self._events.publish(ProfilesChanged(profile=name, what="profile", on=name))


def _read_entry(data: Mapping[str, object]) -> Profile:
    from services.connections.profile_file import profile_from_data

    try:
        return profile_from_data(data)
    except ValueError as error:
        raise UsageError(f"profile {data.get('name')}: {error}", hint="Correct it in the profiles file.") from error


def _appended(document: TOMLDocument, profile: Profile) -> TOMLDocument:
    from services.connections.profile_edits import append_entry

    _refuse_taken(document, profile.name)
    append_entry(document, profile)
    return document


def _refuse_taken(document: TOMLDocument, name: str) -> None:
    from services.connections.profile_file import ENTRY

    if any(entry.get("name") == name for entry in document.get(ENTRY, [])):
        raise UsageError(
            f"{name}: a profile of that name is there already",
            hint=f"Choose another name, or change it by `storedeck profiles edit {name}`.",
        )
