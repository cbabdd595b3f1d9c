"""`profiles`: the list of stores, and changes to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from services.cli import profile_secrets
from services.cli.output.writers import Format
from services.connections.profile import Environment, Profile
from services.errors import UsageError
from services.stores.registry import KINDS, store_kind

if TYPE_CHECKING:
    from services.cli.parser import Commands, Parser
    from services.cli.run import Run

_SWITCH = {"true": True, "false": False}


def add(commands: Commands) -> None:
    """Add the command and what stands below it."""
    from services.cli import profile_import, profile_test

    below = commands.below(commands.add("profiles", "The stores that are known here."))
    below.add("list", "List all profiles.", list_profiles)
    _named(below.add("show", "Show one profile; secrets are not shown.", show))
    command = below.add("add", "Add a profile.", add_profile)
    command.add_argument("kind", metavar="KIND", help="one of " + ", ".join(kind.kind for kind in KINDS))
    _named(command)
    _changes(command)
    command = below.add("edit", "Change fields or secrets of a profile.", edit)
    _named(command)
    _changes(command)
    for name, text, run in (
        ("rename", "Give a profile another name; its secrets stay as they are.", rename),
        ("copy", "Add a profile with the same fields and copies of the secrets.", copy),
    ):
        command = below.add(name, text, run)
        _named(command)
        command.add_argument("new_name", metavar="NEW_NAME")
    _named(below.add("remove", "Remove a profile and its secrets.", remove))
    profile_test.add(below)
    profile_import.add(below)


def _named(command: Parser) -> None:
    command.add_argument("name", metavar="NAME")


def _changes(command: Parser) -> None:
    command.add_argument(
        "--set",
        metavar="FIELD=VALUE",
        action="append",
        default=[],
        dest="values",
        help="a field of the kind, environment (dev, test, prod), read_only (true, false) or colour; empty unsets it",
    )
    profile_secrets.add_options(command)


def list_profiles(run: Run) -> int | None:
    """`profiles list`."""
    uses = run.services.profiles.last_uses()
    with run.output() as output:
        for profile in run.services.profiles.all():
            used = uses.get(profile.name)
            output.record(
                {
                    "name": profile.name,
                    "kind": profile.kind,
                    "environment": profile.environment.value,
                    "read_only": profile.is_read_only,
                    "endpoint": profile.endpoint,
                    "last_use": None if used is None else _time_text(used),
                }
            )
    for name, problem in run.services.profiles.problems().items():
        run.note(f"note: profile {name}: {problem}")
    return None


def _time_text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def show(run: Run) -> int | None:
    """`profiles show`."""
    profile = run.services.profiles.get(run.args.name)
    data = profile_data(profile)
    with run.output(Format.JSONL if run.format is Format.JSON else run.format) as output:
        if run.format is Format.TABLE:
            for name, value in _lines(data):
                output.record({"field": name, "value": value})
        else:
            output.record(data)
    return None


def profile_data(profile: Profile) -> dict[str, Any]:
    """A profile as JSON data: where each secret is, never the secret."""
    return {
        "name": profile.name,
        "kind": profile.kind,
        "environment": profile.environment.value,
        "read_only": profile.is_read_only,
        "colour": profile.colour or None,
        "fields": dict(profile.fields),
        "secrets": {name: ref.data() for name, ref in profile.secrets.items()},
    }


def _lines(data: Mapping[str, Any]) -> list[tuple[str, Any]]:
    lines = [(name, value) for name, value in data.items() if name not in ("fields", "secrets")]
    lines += data["fields"].items()
    return lines + [(name, f"secret, from {ref['from']}") for name, ref in data["secrets"].items()]


def add_profile(run: Run) -> int | None:
    """`profiles add`."""
    kind = store_kind(run.args.kind)
    fields = {field.name: field.default for field in kind.fields if field.is_required and field.default}
    profile = changed(Profile(run.args.name, kind.kind, fields), run.args.values)
    if run.is_read_only:
        profile = replace(profile, is_read_only=True)
    refs, secrets = profile_secrets.given(run, profile, is_new=True)
    added = run.services.profiles.add(replace(profile, secrets=refs), secrets)
    run.note(f"added {added.name}; test it by: storedeck profiles test {added.name}")
    return None


def changed(profile: Profile, values: list[str]) -> Profile:
    """The profile with what `--set` says.

    Raises:
        UsageError: a value is no FIELD=VALUE, or not possible.
    """
    for text in values:
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"--set {text}: no FIELD=VALUE", hint="Write --set nodes=127.0.0.1:10800.")
        profile = _with_value(profile, name.strip(), value)
    return profile


def _with_value(profile: Profile, name: str, value: str) -> Profile:
    match name:
        case "environment":
            if value not in Environment.__members__.values():
                raise UsageError(f"environment: {value!r} is not possible", hint="It is dev, test or prod.")
            return replace(profile, environment=Environment(value))
        case "read_only":
            if value not in _SWITCH:
                raise UsageError(f"read_only: {value!r} is not possible", hint="It is true or false.")
            return replace(profile, is_read_only=_SWITCH[value])
        case "colour":
            return replace(profile, colour=value)
    if profile.store_kind.field(name).is_secret:
        raise UsageError(
            f"{name}: a secret is no argument, others could read it",
            hint="Use --secret-stdin, --secret-env VAR or --secret-command CMD, or answer the prompt.",
        )
    fields = {key: old for key, old in profile.fields.items() if key != name}
    return replace(profile, fields=fields | ({name: value} if value else {}))


def edit(run: Run) -> int | None:
    """`profiles edit`."""
    profile = run.services.profiles.get(run.args.name)
    refs, secrets = profile_secrets.given(run, profile, is_new=False)
    if not run.args.values and not refs and not secrets:
        raise UsageError("profiles edit: nothing to change", hint="Add --set FIELD=VALUE, or a --secret-... option.")
    run.services.profiles.edit(
        run.args.name,
        lambda now: replace(changed(now, run.args.values), secrets=dict(now.secrets) | refs),
        secrets,
    )
    run.note(f"changed {run.args.name}")
    return None


def rename(run: Run) -> int | None:
    """`profiles rename`."""
    run.services.profiles.rename(run.args.name, run.args.new_name)
    run.services.journal.rename_profile(run.args.name, run.args.new_name)
    run.note(f"renamed {run.args.name} to {run.args.new_name}")
    return None


def copy(run: Run) -> int | None:
    """`profiles copy`."""
    run.services.profiles.copy(run.args.name, run.args.new_name)
    run.note(f"copied {run.args.name} to {run.args.new_name}")
    return None


def remove(run: Run) -> int | None:
    """`profiles remove`."""
    run.services.profiles.remove(run.args.name)
    run.note(f"removed {run.args.name}")
    return None
