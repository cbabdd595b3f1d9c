"""What `instances` shows: the list, one instance, tables, logs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from services.cli.connecting import Opened, opened, profile_name
from services.cli.output.writers import Format
from services.errors import UsageError
from services.stores.instances import LOG_START, Instance, InstanceDetail, ManagesInstances

if TYPE_CHECKING:
    from services.cli.run import Run

FOLLOW_SECONDS: Final = 2.0
LINES_AT_ONCE: Final = 10_000


def managing(found: Opened) -> ManagesInstances:
    """The store as one that manages instances."""
    return found.power(ManagesInstances, "managing instances")  # type: ignore[type-abstract]


def profile_of(run: Run) -> str:
    """The profile that the command names."""
    return profile_name(run.args.profile)


def list_instances(run: Run) -> int | None:
    """`instances list`."""
    wanted = {status.upper() for status in run.args.status}
    with opened(run, profile_of(run)) as found, run.output() as output:
        for page in managing(found).list_instances(run.cancel):
            for instance in page:
                if not wanted or wanted & {instance.status, instance.operating_status}:
                    output.live_record(short(instance) if run.format is Format.TABLE else record_of(instance))
    return None


def short(instance: Instance) -> dict[str, Any]:
    """What fits into a line of a terminal."""
    return {
        "name": instance.name,
        "status": instance.status,
        "operating_status": instance.operating_status or None,
        "datastore": f"{instance.datastore} {instance.datastore_version}".strip(),
        "flavor": instance.flavor,
        "volume_gb": instance.volume_gb,
        "created": instance.created,
        "id": instance.id,
    }


def record_of(instance: Instance) -> dict[str, Any]:
    """An instance as a row; what is not known is null."""
    record = asdict(instance)
    record |= {name: list(record[name]) for name in ("addresses", "replicas")}
    return {name: None if value == "" and name in _MAY_LACK else value for name, value in record.items()}


_MAY_LACK: Final = frozenset(("created", "updated", "replica_of", "project"))


def show(run: Run) -> int | None:
    """`instances show`."""
    with opened(run, profile_of(run)) as found:
        detail = managing(found).show_instance(run.args.instance)
    write_single(run, detail_data(detail))
    return None


def detail_data(detail: InstanceDetail) -> dict[str, Any]:
    """A detail as JSON data."""
    data = record_of(detail.instance)
    data["connections"] = [{"for": what, "text": text} for what, text in detail.connections]
    data["fault"] = asdict(detail.fault) if detail.fault is not None else None
    data["facts"] = {group.title: _joined(group.facts) for group in detail.groups}
    return data


def _joined(facts: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Facts by name; those of one name with commas."""
    found: dict[str, str] = {}
    for name, value in facts:
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def write_single(run: Run, data: Mapping[str, Any]) -> None:
    """One thing: an object in JSON, names and values in a table for people."""
    if run.format is not Format.TABLE:
        with run.output(Format.JSONL if run.format is Format.JSON else run.format) as output:
            output.record(dict(data))
        return
    with run.output() as output:
        for name, value in _flat(data):
            output.record({"name": name, "value": value})


def _flat(data: Mapping[str, Any], head: str = "") -> Iterator[tuple[str, str]]:
    for name, value in data.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{head}{name}.")
        elif isinstance(value, list):
            for one in value:
                yield f"{head}{name}", _words(one)
        elif value is not None:
            for line in str(value).splitlines():
                yield f"{head}{name}", line


def _words(value: Any) -> str:
    return str(value["text"]) if isinstance(value, Mapping) and "text" in value else str(value)


def table(run: Run) -> None:
    """`instances table`."""
    _written(run, run.args.view, run.args.instance)


def versions(run: Run) -> None:
    """`instances versions`."""
    _written(run, "versions", "")


def listing(run: Run) -> None:
    """`instances users I list` and its like."""
    _written(run, run.args.view, run.args.instance)


def _written(run: Run, view: str, instance: str) -> None:
    with opened(run, profile_of(run)) as found, run.output() as output:
        output.batch(managing(found).listing(view, instance).batch, found.presentation)


def actions(run: Run) -> int | None:
    """`instances actions`."""
    with opened(run, profile_of(run)) as found, run.output() as output:
        for action in managing(found).actions(run.args.instance):
            output.record(
                {
                    "name": action.name,
                    "title": action.title,
                    "on": action.scope,
                    "possible": not action.reason,
                    "reason": action.reason or None,
                    "help": action.help,
                }
            )
    return None


def fields(run: Run) -> int | None:
    """`instances fields`."""
    with opened(run, profile_of(run)) as found, run.output() as output:
        for field in managing(found).action_fields(run.args.deed, run.args.instance, given_arguments(run.args.given)):
            output.record(
                {
                    "name": field.name,
                    "kind": field.kind,
                    "required": field.is_required,
                    "default": field.default or None,
                    "choices": [choice.label or choice.value for choice in field.choices],
                    "help": field.help,
                }
            )
    return None


def given_arguments(words: list[str]) -> dict[str, Any]:
    """Arguments of `--set NAME=VALUE`; one that comes twice is a list.

    Raises:
        UsageError: a word has no `=`.
    """
    found: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise UsageError(f"--set {word}: no value", hint="Write --set NAME=VALUE.")
        if name in found:
            known = found[name]
            found[name] = [*known, value] if isinstance(known, list) else [known, value]
        else:
            found[name] = value
    return found


def tail(run: Run) -> int | None:
    """`instances logs I tail`: the newest lines, and with `--follow` those that come."""
    is_publishing = run.args.publish or run.args.follow
    with _log_opened(run, is_publishing=is_publishing) as found, run.output() as output:
        store, token, count = managing(found), "", run.args.lines
        while True:
            if is_publishing:
                publish(store, run.args.instance, run.args.name)
            read = store.read_log(run.args.instance, run.args.name, token, count)
            for line in read.lines:
                output.live_record({"line": line})
            token = read.token
            if not run.args.follow:
                if read.note:
                    run.note(f"note: {read.note}")
                return None
            run.cancel.wait(FOLLOW_SECONDS)
            run.cancel.check()


def save(run: Run) -> int | None:
    """`instances logs I save`."""
    with _log_opened(run, is_publishing=run.args.publish) as found, run.output() as output:
        if run.args.publish:
            publish(managing(found), run.args.instance, run.args.name)
        token = LOG_START
        while True:
            read = managing(found).read_log(run.args.instance, run.args.name, token, LINES_AT_ONCE)
            if not read.lines:
                return None
            for line in read.lines:
                output.record({"line": line})
            token = read.token
            run.cancel.check()


def _log_opened(run: Run, *, is_publishing: bool) -> Any:
    return opened(run, profile_of(run), writes="publish a log" if is_publishing else "")


def publish(store: ManagesInstances, instance: str, log: str) -> None:
    """Copy what is new in a log to the object store."""
    store.act("publish-log", instance, {"name": log})
