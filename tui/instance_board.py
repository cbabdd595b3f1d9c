"""The instances of one session as the screen holds them: searched, filtered and sorted without asking again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from services.instances.transitions import Transitions
from services.stores.instances import Instance

SORTS: Final[dict[str, Callable[[Instance], Any]]] = {
    "newest first": lambda one: one.created,
    "name": lambda one: one.name.casefold(),
    "status": lambda one: (one.status, one.operating_status, one.name.casefold()),
    "datastore": lambda one: (one.datastore, one.datastore_version, one.name.casefold()),
    "flavor": lambda one: (one.flavor, one.name.casefold()),
    "volume": lambda one: -(one.volume_gb or 0),
}
_NEWEST: Final = "newest first"
ALL: Final = ""


class InstanceBoard:
    """All instances that were told, and which of them are shown."""

    def __init__(self) -> None:
        self.transitions = Transitions()
        self.visible: list[Instance] = []
        self.search = ""
        self.status = ALL
        self.sort = _NEWEST
        self.is_complete = False
        self._all: dict[str, Instance] = {}
        self._texts: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._all)

    def begin(self) -> None:
        """Forget all; a list is read from its beginning."""
        self._all.clear()
        self._texts.clear()
        self.is_complete = False
        self.arrange()

    def take(self, instances: Iterable[Instance]) -> None:
        """Instances as they are now; those known by their id take their place."""
        told = list(instances)
        for one in told:
            self._all[one.id] = one
            self._texts[one.id] = _text(one)
        self.transitions.see(told)
        self.arrange()

    def keep_only(self, identifiers: set[str]) -> None:
        """A list was read whole: what it does not have is gone."""
        for identifier in set(self._all) - identifiers:
            self._drop(identifier)
        self.is_complete = True
        self.arrange()

    def drop(self, identifier: str) -> None:
        """It is gone."""
        self._drop(identifier)
        self.arrange()

    def _drop(self, identifier: str) -> None:
        self._all.pop(identifier, None)
        self._texts.pop(identifier, None)
        self.transitions.forget(identifier)

    def get(self, identifier: str) -> Instance | None:
        """One by its id."""
        return self._all.get(identifier)

    def statuses(self) -> dict[str, int]:
        """How many are in each status."""
        found: dict[str, int] = {}
        for one in self._all.values():
            found[one.status] = found.get(one.status, 0) + 1
        return dict(sorted(found.items()))

    def arrange(self) -> None:
        """Work out what is shown, by search, status and order."""
        words = self.search.casefold().split()
        chosen = [
            one
            for identifier, one in self._all.items()
            if (not self.status or one.status == self.status) and all(word in self._texts[identifier] for word in words)
        ]
        chosen.sort(key=SORTS[self.sort], reverse=self.sort == _NEWEST)
        self.visible = chosen


def _text(one: Instance) -> str:
    parts = (
        *(one.name, one.id, one.status, one.operating_status, one.datastore, one.datastore_version, one.flavor),
        *(one.region, one.project, *one.addresses),
    )
    return " ".join(parts).casefold()
