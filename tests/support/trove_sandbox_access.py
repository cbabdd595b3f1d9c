"""The way into a Trove sandbox for stores under test."""

from __future__ import annotations

from trove_stores import TroveAccess

from services.sandbox.trove.server import TroveSandbox


def access_to(sandbox: TroveSandbox) -> TroveAccess:
    """As a user of the sandbox."""

    def fields(user: str) -> dict[str, str]:
        profile = sandbox.profile_of(user)
        return {name: str(value) for name, value in profile.items() if name != "secrets"} | {"timeout_seconds": "10"}

    def password(user: str) -> str:
        return sandbox.directory.user(user).password

    return TroveAccess(fields, password)
