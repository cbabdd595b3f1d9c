"""Waiting until an instance is gone: it ends as soon as the deletion has failed, and not before."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from trove_sandbox_access import access_to
from trove_stores import made, pacing

from services.errors import Refused
from services.instances.waiting import wait_for
from services.sandbox.trove.server import TroveSandbox
from services.stores.instances import ActionResult
from services.stores.trove.actions.deed import Target
from services.stores.trove.deletions import Deletions
from services.stores.trove.rest import Request
from services.stores.trove.servers import read_instance
from services.stores.trove.store import TroveStore


@pytest.fixture
def sandbox(fresh_trove: Callable[..., TroveSandbox]) -> TroveSandbox:
    """A cloud of the test's own, fast."""
    return fresh_trove(samples=False, speed=20.0)


@pytest.fixture
def store(sandbox: TroveSandbox) -> Iterator[TroveStore]:
    """A member, signed in."""
    with access_to(sandbox).opened() as opened:
        yield opened


def gone(identifier: str) -> ActionResult:
    """What somebody waits for who deleted nothing."""
    return ActionResult("", identifier, is_asynchronous=True, wait_for="gone")


def test_a_failed_deletion_ends_the_wait_with_its_fault(store: TroveStore) -> None:
    """SHUTDOWN, then ERROR: told at once with the fault's words, to who deleted it and to who only watched."""
    one = made(store, "DELETE_ERROR")
    result = store.act("delete", one.id, {})
    assert not store.is_reached(result)
    with pytest.raises(Refused, match="was not deleted, is ERROR: Server entered ERROR") as told:
        wait_for(store, result, pacing())
    assert "administrator" in told.value.hint
    again = store.act("delete", one.id, {})
    with pytest.raises(Refused, match="was not deleted"):
        wait_for(store, again, pacing())


def test_a_deletion_given_up_ends_the_wait(fresh_trove: Callable[..., TroveSandbox]) -> None:
    """An administrator resets its status: it is ACTIVE again, and nothing deletes it any more."""
    sandbox = fresh_trove(samples=False)
    access = access_to(sandbox)
    with access.opened() as store, access.opened("admin") as admin:
        created = store.act("create", "", {"name": "kept", "flavor": "1", "size": 1, "datastore": "mysql"})
        sandbox.settle()
        result = store.act("delete", created.instance_id, {})
        # The console refuses it for one that is being deleted; another client does not.
        request = Request("POST", f"/instances/{created.instance_id}/action", {"reset_status": {}})
        admin._rest.ask(request, "reset")
        with pytest.raises(Refused, match="kept: was not deleted, is ACTIVE"):
            store.is_reached(result)


def test_one_at_rest_may_be_deleted_later(store: TroveStore) -> None:
    """Who waits for somebody else's deletion waits also before it has begun."""
    one = made(store, "later")
    assert not store.is_reached(gone(one.id))
    assert not store.is_reached(gone(one.id))
    store.act("delete", one.id, {})
    wait_for(store, gone(one.id), pacing())


def seen(status: str, fault: str = "") -> Target:
    """An instance as the service tells it."""
    data: dict[str, object] = {"id": "i", "name": "n", "status": status}
    if fault:
        data["fault"] = {"message": fault, "created": "2026-11-21T10:00:04"}
    return Target(read_instance(data, {}), data)


def refused(before: Target, *after: Target) -> list[str]:
    """What is told at each look after a deletion was taken."""
    deletions, told = Deletions(), []
    deletions.taken(before)
    for now in after:
        try:
            deletions.look(now)
            told.append("")
        except Refused as error:
            told.append(error.message)
    return told


def test_one_that_was_in_error_stays_so_while_it_goes() -> None:
    """Only another fault than the one it had says that its deletion failed."""
    broken = seen("ERROR", "no host")
    assert ["", ""] == refused(broken, broken, seen("ERROR", "no host"))
    assert ["", "n: was not deleted, is ERROR: volume busy"] == refused(broken, broken, seen("ERROR", "volume busy"))
    assert ["", "n: was not deleted, is ERROR"] == refused(broken, seen("SHUTDOWN", "no host"), broken)


def test_a_state_that_hides_the_deletion_says_nothing() -> None:
    """A backup that runs, a machine that is busy: neither done nor failed; an old fault is no reason."""
    before = seen("BACKUP", "a refused call")
    assert ["", "", ""] == refused(before, before, seen("RESIZE"), seen("SHUTDOWN", "a refused call"))
    assert ["n: was not deleted, is RESTART_REQUIRED"] == refused(before, seen("RESTART_REQUIRED", "a refused call"))
