"""Read-only profiles: what could change something is refused here, before any request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from services.errors import ReadOnlyRefused

ADVICE: Final = "The profile is read-only. Edit the profile to allow changes, or use another one."


@dataclass(frozen=True, slots=True)
class Guard:
    """Lets reads through and, on a read-only profile, nothing else."""

    profile_name: str
    is_read_only: bool

    def write(self, what: str) -> None:
        """Refuse a call that changes something.

        Raises:
            ReadOnlyRefused: the profile is read-only.
        """
        if self.is_read_only:
            raise ReadOnlyRefused(f"{self.profile_name}: {what} refused, nothing was sent", hint=ADVICE)

    def statement(self, text: str, dialect: str) -> None:
        """Refuse a statement that is not surely a pure read.

        Raises:
            ReadOnlyRefused: the profile is read-only.
        """
        if not self.is_read_only:
            return
        from services.queries.classify import is_read

        if not is_read(text, dialect):
            raise ReadOnlyRefused(
                f"{self.profile_name}: statement refused, it is not surely a pure read; nothing was sent", hint=ADVICE
            )
