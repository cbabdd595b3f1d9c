"""The instances of one session as the screen holds them: searched, filtered and sorted without asking again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from services.errors import StoredeckError
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
GROUPED: Final = (_NEWEST, "name")
"""Orders in which replicas stand below their primary."""

ALL: Final = ""


class InstanceBoard:
    """All instances that were told, and which of them are shown.

    Attributes:
        trouble: why the list could not be read; None when it could.
    """

    def __init__(self) -> None:
        self.transitions = Transitions()
        self.visible: list[Instance] = []
        self.search = ""
        self.status = ALL
        self.sort = _NEWEST
        self.is_complete = False
        self.trouble: StoredeckError | None = None
        self._all: dict[str, Instance] = {}
        self._texts: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._all)

    def begin(self) -> None:
        """Forget all; a list is read from its beginning."""
        self._all.clear()
        self._texts.clear()
        self.transitions = Transitions()
        self.is_complete = False
        self.trouble = None
        self.arrange()

    def take(self, instances: Iterable[Instance]) -> None:
        """Instances as they are now; those known by their id take their place."""
        told = [self._with_use(one) for one in instances]
        for one in told:
            self._all[one.id] = one
            self._texts[one.id] = _text(one)
        self.transitions.see(told)
        self.arrange()

    def _with_use(self, one: Instance) -> Instance:
        """Lists do not tell how much of a volume is used: what was told before stays."""
        known = self._all.get(one.id)
        if known is None or one.volume_used_gb is not None or one.volume_gb is None:
            return one
        return replace(one, volume_used_gb=known.volume_used_gb)

    @property
    def identifiers(self) -> set[str]:
        """Of all that were told."""
        return set(self._all)

    def complete(self, gone: Iterable[str]) -> None:
        """A list was read to its end; it did not have these any more."""
        for identifier in gone:
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
        self.visible = _grouped(chosen) if self.sort in GROUPED else chosen


def _grouped(instances: Sequence[Instance]) -> list[Instance]:
    """Each primary with its replicas right below it, otherwise in the order given."""
    shown = {one.id for one in instances}
    below: dict[str, list[Instance]] = {}
    for one in instances:
        below.setdefault(one.replica_of if one.replica_of in shown else "", []).append(one)
    grouped = [each for one in below.get("", ()) for each in (one, *below.get(one.id, ()))]
    return grouped if len(grouped) == len(instances) else list(instances)


def _text(one: Instance) -> str:
    parts = (
        *(one.name, one.id, one.status, one.operating_status, one.datastore, one.datastore_version, one.flavor),
        *(one.region, one.project, *one.addresses),
    )
    return " ".join(parts).casefold()
