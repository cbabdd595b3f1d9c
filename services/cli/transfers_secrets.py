"""Secrets that a runner cannot get by itself, asked for where somebody sits at a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from services.cli.connecting import asked_secrets
from services.errors import SecretNeeded, UsageError
from services.transfers.places import place_of

if TYPE_CHECKING:
    from services.cli.run import Run
    from services.connections.profile import Profile
    from services.secrets import Secret


def asked_for(run: Run, addresses: Iterable[str]) -> Mapping[str, Mapping[str, Secret]]:
    """The secrets of those profiles that have one to be typed, by profile; none where nobody can answer."""
    if not run.can_ask:
        return {}
    names = dict.fromkeys(place.profile for place in map(place_of, addresses) if not place.is_file)
    profiles = [profile for name in names if (profile := _known(run, name)) is not None and _asks(run, profile)]
    return {profile.name: asked_secrets(run, profile) for profile in profiles}


def _known(run: Run, name: str) -> Profile | None:
    """The profile, None for one that is gone: its transfer will say so."""
    try:
        return run.services.profiles.get(name)
    except UsageError:
        return None


def _asks(run: Run, profile: Profile) -> bool:
    try:
        run.services.vault.resolve_secrets(profile)
    except SecretNeeded:
        return True
    return False
