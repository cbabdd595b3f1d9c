"""Faults of the service and of the way to it: one clear error each, and nothing sent twice that is not safe."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from trove_sandbox_access import access_to
from trove_stores import SMALL, TroveAccess, done, made, pacing

from services.cancel import CancelToken
from services.errors import (
    Cancelled,
    NotFound,
    ProtocolError,
    Refused,
    SessionLost,
    SignInFailed,
    TimedOut,
    Unavailable,
)
from services.instances.waiting import wait_for
from services.sandbox.faults import parse_faults
from services.sandbox.trove.server import TroveSandbox
from services.stores.trove.store import TroveStore

Break = Callable[[str], None]


@pytest.fixture
def sandbox(fresh_trove: Callable[..., TroveSandbox]) -> TroveSandbox:
    """A cloud of the test's own, fast."""
    return fresh_trove(samples=False, speed=20.0)


@pytest.fixture
def access(sandbox: TroveSandbox) -> TroveAccess:
    """The way into it."""
    return access_to(sandbox)


@pytest.fixture
def store(access: TroveAccess) -> Iterator[TroveStore]:
    """A member, signed in."""
    with access.opened(timeout_seconds="2") as opened:
        yield opened


@pytest.fixture
def broken(sandbox: TroveSandbox) -> Break:
    """Adds faults."""
    return lambda spec: sandbox.plan.add(*parse_faults(";".join(f"trove:{one}" for one in spec.split(";"))))


def listed(store: TroveStore) -> list[str]:
    """The names of all instances."""
    return [one.name for page in store.list_instances() for one in page]


@pytest.mark.parametrize("fault", ["html", "reset", "error=Busy,status=503"])
def test_a_read_is_asked_again(store: TroveStore, broken: Break, fault: str) -> None:
    """What passes in a moment is not noticed while listing."""
    made(store, "one")
    broken(f"{fault},op=ListInstanceDetails,times=1")
    assert ["one"] == listed(store)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("html", Unavailable),
        ("reset", SessionLost),
        ("error=Busy,status=503", Unavailable),
        ("error=Too fast,status=413", Unavailable),
        ("error=Boom,status=500", Refused),
        ("garbage", SessionLost),
        ("stall", TimedOut),
    ],
)
def test_a_change_is_sent_once(
    store: TroveStore, broken: Break, sandbox: TroveSandbox, fault: str, kind: type[Exception]
) -> None:
    """A creation that fails is told and never repeated: nothing is built, or just the one."""
    broken(f"{fault},op=CreateInstance,times=1")
    with pytest.raises(kind) as told:
        store.act("create", "", {**SMALL, "name": "once"})
    assert told.value.hint
    assert [] == listed(store)


@pytest.mark.parametrize("fault", ["lost", "cut"])
def test_a_lost_answer_is_not_repeated(store: TroveStore, broken: Break, fault: str) -> None:
    """Carried out, then cut off: the error says to look, and there is one instance."""
    broken(f"{fault},op=CreateInstance,times=1")
    with pytest.raises(SessionLost) as told:
        store.act("create", "", {**SMALL, "name": "once"})
    assert "look whether it was done" in told.value.hint
    assert ["once"] == listed(store)


def test_an_internal_error_has_its_request_id(store: TroveStore, broken: Break) -> None:
    """500 is not asked again, and told with the words and the id."""
    broken("error=Out of order,status=500,op=ListInstanceDetails,times=1")
    with pytest.raises(Refused, match=r"Out of order \(HTTP 500\)") as told:
        listed(store)
    assert told.value.request_id.startswith("req-")
    assert [] == listed(store)


def test_a_page_in_place_of_the_service_is_told(store: TroveStore, broken: Break) -> None:
    """Where it stays, its text is told without its marks."""
    broken("html,op=ListFlavors")
    with pytest.raises(Unavailable) as told:
        store.listing("flavors")
    assert "<" not in told.value.message
    assert "HTTP 502" in told.value.message


def test_an_expired_token_is_replaced_once(store: TroveStore, sandbox: TroveSandbox, broken: Break) -> None:
    """Signed in again without a word, also for a change; a service that takes no token at all is told."""
    sandbox.expire_tokens()
    made(store, "one")
    sandbox.expire_tokens()
    assert ["one"] == listed(store)
    broken("expired")
    with pytest.raises(SignInFailed, match="HTTP 401"):
        listed(store)


def test_one_deleted_meanwhile_is_not_found(store: TroveStore, access: TroveAccess) -> None:
    """Someone else deletes it while one waits: the wait ends and says so."""
    result = store.act("create", "", {**SMALL, "name": "brief"})
    wait_for(store, result, pacing())
    restart = store.act("restart", result.instance_id, {})
    with access.opened() as other:
        wait_for(other, restart, pacing())
        done(other, "delete", result.instance_id)
    with pytest.raises(Refused, match="is gone"):
        wait_for(store, restart, pacing())
    with pytest.raises(NotFound):
        store.act("restart", result.instance_id, {})


def test_two_users_at_once(store: TroveStore, access: TroveAccess) -> None:
    """The second learns from the state, before a request, what the first has begun."""
    one = made(store, "both")
    with access.opened() as other:
        other.act("backup", one.id, {"name": "first"})
        with pytest.raises(Refused, match="waits for ACTIVE, is BACKUP"):
            store.act("resize-flavor", one.id, {"flavor": "2"})


def test_stuck_in_build_is_told(fresh_trove: Callable[..., TroveSandbox]) -> None:
    """An instance that stays in BUILD: the deadline tells its state and what an administrator can do, who then can."""
    sandbox = fresh_trove(samples=False)
    access = access_to(sandbox)
    with access.opened() as store, access.opened("admin") as admin:
        result = store.act("create", "", {**SMALL, "name": "stuck"})
        with pytest.raises(TimedOut, match="is BUILD since") as told:
            wait_for(store, result, pacing(0.2))
        assert "administrator" in told.value.hint
        forced = admin.act("force-delete", result.instance_id, {})
        sandbox.settle()
        assert admin.is_reached(forced)


def test_a_failed_build_tells_its_fault(store: TroveStore) -> None:
    """The wait ends at once with the words of the fault."""
    result = store.act("create", "", {**SMALL, "name": "SERVER_ERROR"})
    with pytest.raises(Refused, match="SERVER_ERROR: ERROR: "):
        wait_for(store, result, pacing())


def test_names_that_several_have(store: TroveStore) -> None:
    """Not found as one; the ids are listed."""
    first, second = made(store, "twin"), made(store, "twin")
    with pytest.raises(NotFound, match="2 instances have that name") as told:
        store.show_instance("twin")
    assert {first.id, second.id} == set(told.value.hint.removeprefix("Name it by its id: ").rstrip(".").split(", "))


def test_cancelling_ends_a_listing_and_a_wait(store: TroveStore) -> None:
    """Both stop at the next chance; what was begun goes on."""
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        list(store.list_instances(cancel))
    result = store.act("create", "", {**SMALL, "name": "goes on"})
    with pytest.raises(Cancelled):
        wait_for(store, result, pacing(), cancel)
    wait_for(store, result, pacing())


def test_an_answer_that_is_no_trove(store: TroveStore, broken: Break) -> None:
    """JSON of another kind is a protocol error."""
    broken("error=fine,status=200,op=ListInstanceDetails,times=1")
    with pytest.raises(ProtocolError, match="no instances"):
        listed(store)


def test_older_services_have_no_detailed_list(store: TroveStore, broken: Break) -> None:
    """The plain list comes in its place."""
    made(store, "one")
    broken("error=No such resource,status=404,op=ListInstanceDetails")
    assert ["one"] == listed(store)


def test_quotas_of_a_service_that_tells_only_limits(store: TroveStore, broken: Break) -> None:
    """The limits are known, the use is not; a creation beyond them is told all the same."""
    broken("error=Not allowed,status=403,op=ShowQuotas")
    quotas = {row["resource"]: row for row in store.listing("quotas").batch.to_pylist()}
    assert {"instances", "volumes", "backups"} <= quotas.keys()
    plan = store.plan_action("create", "", {**SMALL, "name": "huge", "size": 99_999})
    assert "volumes" in [quota.resource for quota in plan.quotas if quota.is_exceeded]


def test_a_resize_tells_its_quota(store: TroveStore, access: TroveAccess) -> None:
    """Only what it adds counts."""
    one = made(store, "one", size=2)
    with access.opened("admin") as admin:
        admin.act("set-quota", "", {"volumes": 5, "ram": 1024})
    for action, arguments, resource, asked in (
        ("resize-volume", {"size": 6}, "volumes", 4.0),
        ("resize-flavor", {"flavor": "db.large"}, "ram", 3584.0),
    ):
        (quota,) = store.plan_action(action, one.id, arguments).quotas
        assert (resource, asked, True) == (quota.resource, quota.asked, quota.is_exceeded)
