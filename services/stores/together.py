"""Changes that are done all or none, where a store can promise it for those rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

from services.cancel import NEVER, CancelToken
from services.stores.changes import Call, Change, Outcome


class CommitsTogether(ABC):
    """Sends changes of several rows as one transaction."""

    @abstractmethod
    def plan_together(self, changes: Sequence[Change]) -> list[Call]:
        """The exact calls, one a change; each has the reason where these changes cannot be one transaction."""

    @abstractmethod
    def apply_together(self, changes: Sequence[Change], cancel: CancelToken = NEVER) -> Iterator[Outcome]:
        """Send the changes all or none, yielding one outcome each; all are applied or none is."""
