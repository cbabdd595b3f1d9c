"""What the header says of a profile."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from services.errors import UsageError
from tui.widgets.header import Place

if TYPE_CHECKING:
    from services.connections.profile import Profile

_LOOPBACK: Final = re.compile(r"127(\.\d{1,3}){3}")


def place_of(profile: Profile | None, name: str, path: tuple[str, ...] = ()) -> Place:
    """The place of a path in a profile; a profile that is gone has its name only."""
    if profile is None:
        return Place(profile=name, path=path)
    return Place(
        profile=name,
        path=path,
        kind=profile.kind,
        tag=tag_of(profile),
        environment=profile.environment.value,
        is_read_only=profile.is_read_only,
        is_insecure=is_insecure(profile),
    )


def tag_of(profile: Profile) -> str:
    """The two letters of its kind, `??` for a kind that this version does not know."""
    try:
        return profile.store_kind.tag
    except UsageError:
        return "??"


def is_insecure(profile: Profile) -> bool:
    """Whether secrets or data cross a network in a way that nobody checked.

    That is: a switch that turns checks off, plain HTTP, or a password without TLS, each to another machine.
    """
    fields = profile.fields
    if fields.get("tls_verify") == "false":
        return True
    endpoint = profile.endpoint
    if all(_is_loopback(part) for part in endpoint.split(",")):
        return False
    if fields.get("plaintext") == "true":
        return True
    has_secret = bool(profile.secrets or fields.get("username"))
    return endpoint.startswith("http://") or (profile.kind == "ignite" and has_secret and fields.get("tls") != "true")


def _is_loopback(address: str) -> bool:
    host = address.strip().partition("://")[2] or address.strip()
    host = host.partition("/")[0]
    host = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    return host in ("", "localhost", "::1") or _LOOPBACK.fullmatch(host) is not None
