"""Staged changes as the console sees them: a snapshot in memory that never touches the disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from services.stores.changes import Change, Outcome, Path
from services.value_json import key_token

Container = tuple[str, Path]
"""A profile's name and a path in its store."""


@dataclass(frozen=True, slots=True)
class Staged:
    """One staged change.

    Attributes:
        id: grows in the order of first staging; stays the same over undo and redo.
        outcome: what the last attempt to send it came to (a conflict or a refusal), None before the first.
    """

    id: int
    profile: str
    change: Change
    outcome: Outcome | None = None

    @property
    def path(self) -> Path:
        """Its container."""
        return self.change.path

    @property
    def token(self) -> str:
        """The canonical key, as in a window's `keys`."""
        return key_token(self.change.key)

    @property
    def container(self) -> Container:
        """Profile and path."""
        return self.profile, self.change.path


_NOTHING: Final[Mapping[str, Staged]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class StagedSnapshot:
    """All staged changes at one moment, by container in the order of first staging, then by id."""

    containers: Mapping[Container, Mapping[str, Staged]] = field(default_factory=dict)

    @classmethod
    def of(cls, changes: Iterable[Staged]) -> StagedSnapshot:
        """A snapshot of these; containers of one profile stay together."""
        ordered = sorted(changes, key=lambda item: item.id)
        profiles = {item.profile: {} for item in ordered}  # type: dict[str, dict[Container, dict[str, Staged]]]
        for item in ordered:
            profiles[item.profile].setdefault(item.container, {})[item.token] = item
        return cls({name: rows for containers in profiles.values() for name, rows in containers.items()})

    def __iter__(self) -> Iterator[Staged]:
        for rows in self.containers.values():
            yield from rows.values()

    def __len__(self) -> int:
        return sum(len(rows) for rows in self.containers.values())

    def rows(self, profile: str, path: Path) -> Mapping[str, Staged]:
        """The staged changes of one container by the canonical key of their row."""
        return self.containers.get((profile, path), _NOTHING)

    def count(self, profile: str | None = None) -> int:
        """How many are staged, in all or for one profile."""
        if profile is None:
            return len(self)
        return sum(len(rows) for (name, _), rows in self.containers.items() if name == profile)

    def profiles(self) -> dict[str, int]:
        """How many are staged for each profile that has any."""
        counts: dict[str, int] = {}
        for (name, _), rows in self.containers.items():
            counts[name] = counts.get(name, 0) + len(rows)
        return counts

    def words(self) -> str:
        """For people: `12 staged changes in 2 stores`."""
        count, stores = len(self), len(self.profiles())
        changes = f"{count:,} staged change{'' if count == 1 else 's'}"
        return f"{changes} in {stores} store{'' if stores == 1 else 's'}"
