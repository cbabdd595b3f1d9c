"""Replicas: made by `create`; here what becomes of them."""

from __future__ import annotations

from typing import Final

from services.stores.trove.actions.deed import INSTANCE, Deed, Sending, Work
from services.stores.trove.actions.lifecycle import act_on, change
from services.stores.trove.actions.states import is_replica, may_eject, may_promote


def _promote(work: Work) -> Sending:
    return Sending(act_on(work, "promote_to_replica_source"), notes=("its primary becomes one of its replicas",))


def _detach(work: Work) -> Sending:
    return Sending(change(work, replica_of=None), notes=("it stops following, and cannot be attached again",))


def _eject(work: Work) -> Sending:
    return Sending(act_on(work, "eject_replica_source"), notes=("the replica with the newest data takes its place",))


DEEDS: Final = (
    Deed(
        "promote",
        "Promote",
        INSTANCE,
        _promote,
        "Make this replica the primary of all.",
        reason=may_promote,
        wait_for="ACTIVE",
    ),
    Deed(
        "detach",
        "Detach from primary",
        INSTANCE,
        _detach,
        "Make it an instance of its own.",
        reason=is_replica,
        wait_for="ACTIVE",
    ),
    Deed(
        "eject",
        "Eject",
        INSTANCE,
        _eject,
        "Take a dead primary out, so that a replica follows it.",
        reason=may_eject,
        wait_for="settled",
    ),
)
