"""What `instances` does: plans an action, sends it once, waits where asked, and prints what came of it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from services.cli.connecting import ask_secret, opened
from services.cli.instances_reading import (
    detail_data,
    given_arguments,
    managing,
    profile_of,
    record_of,
    write_single,
)
from services.errors import NotFound, Refused, StoredeckError, UsageError
from services.instances.pacing import Pacing
from services.instances.waiting import Waited, wait_for
from services.stores.instances import ActionResult, ManagesInstances, Plan

if TYPE_CHECKING:
    from services.cli.run import Run

CREATE_OPTIONS: Final = (
    "flavor",
    "size",
    "datastore",
    "datastore_version",
    "volume_type",
    "network",
    "subnet",
    "ip_address",
    "databases",
    "users",
    "replica_of",
    "replica_count",
    "locality",
    "from_backup",
    "configuration",
    "availability_zone",
    "modules",
    "is_public",
    "allowed_cidrs",
)
INSIDE_OPTIONS: Final = (
    "name",
    "host",
    "databases",
    "database",
    "character_set",
    "collate",
    "new_name",
    "new_host",
)
PASSWORD: Final = "password of "  # noqa: S105 - the words before a name


def _given(run: Run, names: tuple[str, ...]) -> dict[str, Any]:
    """The options that were given."""
    found = {name: getattr(run.args, name, None) for name in names}
    return {name: value for name, value in found.items() if value not in (None, [], "")}


def create(run: Run) -> int | None:
    """`instances create`."""
    arguments = {"name": run.args.name, **_given(run, CREATE_OPTIONS)}
    return _carried_out(run, "create", "", arguments)


def restore(run: Run) -> int | None:
    """`instances restore`."""
    arguments = {"id": run.args.backup, "name": run.args.name, **_given(run, CREATE_OPTIONS)}
    return _carried_out(run, "restore", "", arguments)


def plain(run: Run) -> int | None:
    """An action of the command's own name, without arguments."""
    return _carried_out(run, run.args.action, run.args.instance, {})


def resize(run: Run) -> int | None:
    """`instances resize`."""
    name = "flavor" if run.args.flavor else "volume"
    return _carried_out(run, f"resize-{name}", run.args.instance, _given(run, ("flavor", "size")))


def backup(run: Run) -> int | None:
    """`instances backup`."""
    arguments = _given(run, ("name", "description", "incremental", "parent", "container"))
    return _carried_out(run, "backup", run.args.instance, arguments)


def delete(run: Run) -> int | None:
    """`instances delete`."""
    return _carried_out(run, "force-delete" if run.args.force else "delete", run.args.instance, {}, asks_name=True)


def inside(run: Run) -> int | None:
    """An action on a database, a user, root or a log."""
    return _carried_out(run, run.args.deed, run.args.instance, _given(run, INSIDE_OPTIONS))


def any_action(run: Run) -> int | None:
    """`instances act`."""
    return _carried_out(run, run.args.deed, run.args.instance, given_arguments(run.args.given), asks_name=True)


def _carried_out(
    run: Run, action: str, identifier: str, arguments: Mapping[str, Any], *, asks_name: bool = False
) -> int | None:
    given = dict(arguments)
    if getattr(run.args, "ask_password", False):
        given["password"] = ask_secret(f"password for {run.args.command} {action}")
    with opened(run, profile_of(run), writes="" if run.args.dry_run else action) as found:
        store = managing(found)
        if asks_name and not run.args.dry_run:
            _require_name(run, store, action, identifier, given)
        plan = store.plan_action(action, identifier, given)
        if run.args.dry_run:
            write_single(run, plan_data(plan))
            return None
        _require_quota(action, plan)
        result = store.act(action, identifier, given, run.cancel)
        _finish(run, store, result)
    return None


def _require_name(
    run: Run, store: ManagesInstances, action: str, identifier: str, arguments: Mapping[str, Any]
) -> None:
    """What destroys something wants its name again: that of the instance, or of the thing that is acted on.

    Raises:
        UsageError: it was not given.
    """
    known = {one.name: one for one in store.actions(identifier)}.get(action)
    if known is None or not known.asks_name:
        return
    if known.scope == "instance":
        name = store.show_instance(identifier).instance.name
    else:
        name = str(arguments.get("name") or arguments.get("id") or "")
    if run.args.yes != name:
        raise UsageError(
            f"{action} {identifier or name}: its name is wanted to make sure", hint=f"Add --yes {name or 'NAME'}."
        )


def _require_quota(action: str, plan: Plan) -> None:
    exceeded = [quota.words for quota in plan.quotas if quota.is_exceeded]
    if exceeded:
        hint = "Delete what is not needed, ask for less, or ask the administrator to raise the quota. Nothing was sent."
        raise Refused(f"{action}: over the quota: {'; '.join(exceeded)}", hint=hint)


def plan_data(plan: Plan) -> dict[str, Any]:
    """A plan as JSON data."""
    quotas = [
        {"resource": one.resource, "used": one.used, "limit": one.limit, "asked": one.asked, "text": one.words}
        for one in plan.quotas
    ]
    return {"call": plan.call, "quotas": quotas, "notes": list(plan.notes)}


def _finish(run: Run, store: ManagesInstances, result: ActionResult) -> None:
    """Wait where asked; passwords are printed also where that fails, for nobody will tell them again."""
    run.note(result.message)
    try:
        if run.args.wait and result.is_asynchronous:
            _waited(run, store, result)
    finally:
        write_single(run, _result_data(store, result, is_waited=run.args.wait))


def _result_data(store: ManagesInstances, result: ActionResult, *, is_waited: bool) -> dict[str, Any]:
    data: dict[str, Any] = {"message": result.message}
    if result.instance_id:
        data = _instance_data(store, result, is_waited=is_waited) | data
    if result.subject:
        data["subject"] = result.subject
    if result.request_id:
        data["request_id"] = result.request_id
    if result.secrets:
        data["passwords"] = {label.removeprefix(PASSWORD): secret.reveal() for label, secret in result.secrets}
    return data


def _instance_data(store: ManagesInstances, result: ActionResult, *, is_waited: bool) -> dict[str, Any]:
    """The instance as it is now; one that is gone has only its id."""
    try:
        return record_of(store.show_instance(result.instance_id).instance)
    except NotFound:
        return {"id": result.instance_id, "status": "gone" if is_waited else None}
    except StoredeckError:
        return {"id": result.instance_id}


def wait(run: Run) -> int | None:
    """`instances wait`."""
    with opened(run, profile_of(run)) as found:
        store = managing(found)
        word = "gone" if run.args.awaited.lower() in ("gone", "deleted") else run.args.awaited
        try:
            identifier = store.show_instance(run.args.instance).instance.id
        except NotFound:
            if word != "gone":
                raise
            write_single(run, {"id": None, "name": run.args.instance, "status": "gone"})
            return None
        result = ActionResult("", identifier, is_asynchronous=True, wait_for=word)
        _waited(run, store, result)
        try:
            data = detail_data(store.show_instance(identifier))
        except NotFound:
            data = {"id": identifier, "status": "gone"}
        write_single(run, data)
    return None


def _waited(run: Run, store: ManagesInstances, result: ActionResult) -> None:
    with _progress(run) as tell:
        wait_for(store, result, Pacing(run.args.timeout), run.cancel, tell)


@contextlib.contextmanager
def _progress(run: Run) -> Iterator[Any]:
    """A line that tells how long it has taken, on a terminal alone."""
    is_shown = sys.stderr.isatty() and not getattr(run.args, "quiet", False)

    def tell(waited: Waited) -> None:
        if is_shown:
            sys.stderr.write(f"\rwaiting for {waited.result.wait_for}: {waited.elapsed_seconds:.0f} s\x1b[K")
            sys.stderr.flush()

    try:
        yield tell
    finally:
        if is_shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
