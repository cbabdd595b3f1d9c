"""The profiles as the console last read them: looked up freely on the event loop, read anew in a thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from services.errors import StoredeckError, UsageError

if TYPE_CHECKING:
    from services.connections.profile import Profile
    from services.connections.profiles import Profiles


@dataclass(frozen=True)
class ProfileBook:
    """One reading of the profiles.

    Attributes:
        problems: what is wrong with entries that cannot be used, by name.
        last_uses: seconds since 1970, by name.
        error: why the file as a whole could not be read.
    """

    profiles: tuple[Profile, ...] = ()
    problems: Mapping[str, str] = field(default_factory=dict)
    last_uses: Mapping[str, float] = field(default_factory=dict)
    error: StoredeckError | None = None

    def get(self, name: str) -> Profile | None:
        """The profile of that name, None where there is none."""
        return next((profile for profile in self.profiles if profile.name == name), None)

    @property
    def names(self) -> list[str]:
        """Every name, in the file's order."""
        return [profile.name for profile in self.profiles]


def read_book(profiles: Profiles) -> ProfileBook:
    """Read everything; blocks on the disk, so never on the event loop."""
    try:
        return ProfileBook(profiles.all(), profiles.problems(), profiles.last_uses())
    except StoredeckError as error:
        return ProfileBook(error=error)
    except OSError as error:
        return ProfileBook(
            error=UsageError(f"profiles: {error.strerror}: {error.filename}", hint="Check its access rights.")
        )
