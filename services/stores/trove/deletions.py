"""Deletions that are waited for: what was seen of each, and from it whether one has failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from services.errors import Refused
from services.stores.instances import Fault
from services.stores.trove.actions.deed import Target
from services.stores.trove.actions.states import DELETING
from services.stores.trove.servers import READY_STATUS, RESTART_REQUIRED, read_fault

AT_REST: Final = frozenset((READY_STATUS, RESTART_REQUIRED))
"""What no instance is while it is deleted; others, such as BACKUP and ERROR, can hide the deletion."""

_HINT: Final = "Look at it and delete it again; one that stays in ERROR can be deleted by an administrator's force."


@dataclass(slots=True)
class _Seen:
    """One deletion.

    Attributes:
        fault: what the instance had before.
        is_taken: the service took it in this session, or was seen at it.
        was_deleting: was seen in the state of one that goes.
    """

    fault: Fault | None
    is_taken: bool
    was_deleting: bool = False


class Deletions:
    """Of one session, by the instance's id."""

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}

    def taken(self, before: Target) -> None:
        """The service took the deletion of an instance that was like this."""
        self._seen[before.instance.id] = _Seen(read_fault(before.data), is_taken=True)

    def ended(self, identifier: str) -> None:
        """It is gone."""
        self._seen.pop(identifier, None)

    def look(self, now: Target) -> None:
        """Take in the instance as it is, while it is waited for that it goes.

        One whose machine had failed before stays in ERROR while it is deleted: that alone says nothing. One that is at
        rest, and was never seen to be deleted, may be deleted later by somebody else.

        Raises:
            Refused: the deletion has failed.
        """
        instance, fault = now.instance, read_fault(now.data)
        seen = self._seen.setdefault(instance.id, _Seen(fault, is_taken=False))
        if instance.status == DELETING:
            seen.is_taken = seen.was_deleting = True
            return
        is_new = fault is not None and fault != seen.fault
        is_back = instance.status in AT_REST or (seen.was_deleting and instance.is_failed)
        if seen.is_taken and (is_back or (is_new and instance.is_failed)):
            self.ended(instance.id)
            why = f": {fault.message}" if fault is not None and is_new else ""
            raise Refused(f"{instance.name}: was not deleted, is {instance.status}{why}", hint=_HINT)
