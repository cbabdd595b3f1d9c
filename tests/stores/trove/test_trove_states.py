"""What the list says of a state, and that the reasons against an action are the service's own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from trove_sandbox_access import access_to

from services.errors import Refused
from services.sandbox.trove.server import TroveSandbox
from services.stores.instances import Instance
from services.stores.trove.actions.deed import Work
from services.stores.trove.actions.deeds import DEEDS
from services.stores.trove.servers import age_seconds, is_stuck, moment, read_instance

BARE = ("restart", "promote", "detach", "eject", "detach-configuration", "delete")
"""Actions of a member without arguments."""


@pytest.mark.parametrize("action", BARE)
def test_reasons_agree_with_the_service(fresh_trove: Callable[..., TroveSandbox], action: str) -> None:
    """For every sample in every state the service refuses where there is a reason, and obeys where there is none."""
    sandbox = fresh_trove()
    with access_to(sandbox).opened() as store:
        for instance in [one for page in store.list_instances() for one in page]:
            target = store._acting.target(instance.id)
            deed = DEEDS[action]
            reason = deed.reason(target)
            request = deed.make(Work(store._service, {}, target)).request
            refusal = ""
            try:
                store._rest.ask(request, action)
            except Refused as error:
                refusal = error.message
            # To delete twice, and to detach a group that is not there, are taken without effect.
            is_needless = reason in ("is being deleted", "has no configuration group")
            assert bool(reason) == bool(refusal) or is_needless, (instance, reason, refusal)


def row(**changed: object) -> Instance:
    """An instance as read from a row of the list."""
    return read_instance({"id": "i", "name": "n", "status": "ACTIVE", "operating_status": "HEALTHY", **changed}, {})


def test_ready_changing_and_failed() -> None:
    """Ready is ACTIVE and HEALTHY; an empty health passes; a dead database and an error need a person."""
    cases = (
        ({}, (True, False, False)),
        ({"operating_status": ""}, (False, True, False)),
        ({"operating_status": "SHUTDOWN"}, (False, False, False)),
        ({"operating_status": "ERROR"}, (False, False, True)),
        ({"status": "BUILD", "operating_status": ""}, (False, True, False)),
        ({"status": "SHUTDOWN", "operating_status": ""}, (False, True, False)),
        ({"status": "RESTART_REQUIRED", "operating_status": ""}, (False, False, False)),
        ({"status": "ERROR", "operating_status": ""}, (False, False, True)),
    )
    for changed, expected in cases:
        one = row(**changed)
        assert expected == (one.is_ready, one.is_changing, one.is_failed), changed


def test_a_service_without_health_is_ready_when_active() -> None:
    """Older services tell nothing of the database."""
    old = read_instance({"id": "i", "name": "n", "status": "ACTIVE"}, {})
    assert (True, False, "") == (old.is_ready, old.is_changing, old.operating_status)


def test_times_are_utc() -> None:
    """The service does not say so; what has a zone keeps it."""
    assert "2026-11-21T02:24:19Z" == moment("2026-11-21T02:24:19")
    assert "2026-11-21T02:24:19Z" == moment("2026-11-21T02:24:19Z")
    assert "" == moment(None)
    assert None is age_seconds("soon")


def test_an_old_build_is_stuck() -> None:
    """After an hour the service has given it up; a fresh one is not."""
    assert is_stuck(row(status="BUILD", operating_status="", created="2020-01-01T00:00:00"))
    assert not is_stuck(row(created="2020-01-01T00:00:00"))
    assert not is_stuck(row(status="BUILD", created="2999-01-01T00:00:00"))


def test_addresses_come_once() -> None:
    """Newer services name addresses twice."""
    found = row(addresses=[{"address": "10.0.0.7", "type": "private"}], ip=["10.0.0.7", "203.0.113.9"])
    assert ("10.0.0.7", "203.0.113.9") == found.addresses
