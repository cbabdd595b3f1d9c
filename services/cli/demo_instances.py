"""Steps of `demo --check` for stores that manage instances: one is made, changed and deleted again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from services.errors import NotFound, Refused
from services.instances.pacing import Pacing
from services.instances.waiting import wait_for
from services.stores.instances import ActionResult, ManagesInstances

if TYPE_CHECKING:
    from services.cli.demo_bench import Bench

NAME: Final = "demo-check"
WAIT_SECONDS: Final = 60.0


def _managing(bench: Bench) -> ManagesInstances:
    store = bench.store
    assert isinstance(store, ManagesInstances)
    return store


def _done(bench: Bench, result: ActionResult) -> float:
    """Wait until it has come about; the seconds that took."""
    pacing = Pacing(WAIT_SECONDS, first_seconds=0.1, longest_seconds=1.0)
    return wait_for(_managing(bench), result, pacing, bench.cancel).elapsed_seconds


def created(bench: Bench) -> str:
    """Make one, wait until it is ready, and find its database and its user in it."""
    store = _managing(bench)
    form = {field.name: field for field in store.action_fields("create")}
    datastore = form["datastore"].choices[0].value
    arguments = {"name": NAME, "datastore": datastore, "size": 1, "databases": ["orders"], "users": ["app"]}
    form = {field.name: field for field in store.action_fields("create", "", arguments)}
    arguments |= {name: form[name].default or form[name].choices[0].value for name in ("datastore_version", "flavor")}
    if not store.plan_action("create", "", arguments).call:
        raise Refused("the plan shows no call")
    result = store.act("create", "", arguments)
    seconds = _done(bench, result)
    if not (store.show_instance(result.instance_id).instance.is_ready and result.secrets):
        raise Refused("it is not ready, or its password was not told")
    for view in ("databases", "users"):
        if store.listing(view, result.instance_id).batch.num_rows != 1:
            raise Refused(f"not one row in {view}")
    return f"{datastore}, ready after {seconds:.1f} s, a database and a user in it"


def acted(bench: Bench) -> str:
    """Restart it; what is not possible meanwhile has a reason."""
    store = _managing(bench)
    result = store.act("restart", NAME, {})
    reasons = [action.reason for action in store.actions(NAME) if action.name == "resize-volume"]
    seconds = _done(bench, result)
    if not reasons or not reasons[0]:
        raise Refused("nothing says that it cannot be resized meanwhile")
    return f"restarted in {seconds:.1f} s; meanwhile resizing {reasons[0]}"


def deleted(bench: Bench) -> str:
    """Delete it and wait until it is not found."""
    store = _managing(bench)
    seconds = _done(bench, store.act("delete", NAME, {}))
    try:
        store.show_instance(NAME)
    except NotFound:
        return f"gone after {seconds:.1f} s"
    raise Refused("it is still there")
