"""`profiles import`: profiles from what `sandbox --json` prints, from the vendors' own files and variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from services.cli.file_secret import command_line
from services.cli.foreign_files import entries_of, from_variables
from services.cli.json_values import read_text
from services.connections.profile import Environment, Profile
from services.connections.secret_refs import SecretRef
from services.errors import UsageError
from services.secrets import Secret
from services.stores.registry import store_kind

if TYPE_CHECKING:
    from services.cli.parser import Commands
    from services.cli.run import Run


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add(
        "import",
        "Add the profiles that a file describes.",
        import_profiles,
        "The file is what `sandbox --json` prints, odps_config.ini or clouds.yaml; `env` takes the vendors' variables.",
    )
    command.add_argument("--from", dest="source", metavar="FILE|env", required=True, help="- is standard input")
    command.add_argument("--only", metavar="NAME,...", default="", help="only these of what the file describes")
    command.add_argument("--prefix", metavar="TEXT", default="", help="before each name")
    command.add_argument("--replace", action="store_true", help="change profiles of the same names")


def import_profiles(run: Run) -> int | None:
    """`profiles import`."""
    found = _found(run.args.source)
    only = [name for name in run.args.only.split(",") if name]
    missing = [name for name in only if name not in found]
    if missing:
        raise UsageError(f"--only {missing[0]}: not in the file", hint=f"It describes {', '.join(found)}.")
    with run.output() as output:
        for key, (profile, secrets) in found.items():
            if only and key not in only:
                continue
            profile = replace(profile, name=f"{run.args.prefix}{profile.name}")
            output.live_record(_imported(run, key, profile, secrets))
    return None


def _found(source: str) -> dict[str, tuple[Profile, dict[str, Secret]]]:
    if source == "env":
        found = from_variables()
        if not found:
            raise _no_variables()
        return {key: _of_variables(key, entry) for key, entry in found.items()}
    text = read_text(source, "--from")
    try:
        data = entries_of(source, text)
    except ValueError as error:
        raise UsageError(f"--from {source}: no JSON: {error}", hint=_SHAPE) from error
    if not isinstance(data, Mapping):
        raise UsageError(f"--from {source}: not an object", hint=_SHAPE)
    return {str(key): _entry(str(key), entry) for key, entry in data.items()}


_SHAPE: Final = "The file looks like what `storedeck sandbox --json` prints: a key a kind, its value the fields."


def _of_variables(key: str, entry: dict[str, Any]) -> tuple[Profile, dict[str, Secret]]:
    """A profile whose secrets stay in their variables and are taken from there at each connect."""
    variables = entry.pop("variables")
    profile, _ = _entry(key, entry)
    return replace(profile, secrets={field: SecretRef.env(name) for field, name in variables.items()}), {}


def _no_variables() -> UsageError:
    return UsageError(
        "--from env: no variables of a store are set",
        hint="MaxCompute's are ODPS_ENDPOINT and ODPS_PROJECT_NAME, OpenStack's OS_CLOUD or OS_AUTH_URL.",
    )


def _entry(key: str, entry: Any) -> tuple[Profile, dict[str, Secret]]:
    """The profile and the secrets of one entry.

    Raises:
        UsageError: its kind or a field is unknown.
    """
    if not isinstance(entry, Mapping):
        raise UsageError(f"--from: {key}: not an object", hint=_SHAPE)
    kind = store_kind(str(entry.get("kind", key)))
    secrets = entry.get("secrets") or {}
    if not isinstance(secrets, Mapping):
        raise UsageError(f"--from: {key}: `secrets` is not an object", hint=_SHAPE)
    fields = {
        str(name): _text(value)
        for name, value in entry.items()
        if name not in ("secrets", "kind", "name", "environment", "read_only") and value not in (None, "")
    }
    for name in (*fields, *secrets):
        kind.field(name)
    environment = Environment(str(entry.get("environment", Environment.DEV)))
    profile = Profile(
        str(entry.get("name", key)),
        kind.kind,
        fields,
        environment=environment,
        is_read_only=bool(entry.get("read_only", False)),
    )
    return profile, {str(name): Secret(_text(value)) for name, value in secrets.items() if value not in (None, "")}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _imported(run: Run, key: str, profile: Profile, secrets: dict[str, Secret]) -> dict[str, Any]:
    """Add or change one profile; without a keyring its secrets stay where they are, and that is said."""
    profiles = run.services.profiles
    problem = run.services.vault.problem if secrets else ""
    if problem:
        refs = {name: _elsewhere(run.args.source, key, profile.name, name) for name in secrets}
        profile, secrets = replace(profile, secrets=refs), {}
        words = ", ".join(f"{name} {ref.words}" for name, ref in refs.items())
        run.note(f"note: {problem}; at each connect {profile.name} takes its {words}")
    is_there = profile.name in {known.name for known in profiles.all()}
    if is_there and run.args.replace:
        profiles.edit(profile.name, lambda now: replace(profile, id=now.id), secrets)
    else:
        profiles.add(profile, secrets)
    return {"name": profile.name, "kind": profile.kind, "action": "changed" if is_there else "added"}


def _elsewhere(source: str, key: str, profile_name: str, field: str) -> SecretRef:
    """Where a secret is had from that no keyring can hold: the imported file itself, or a variable."""
    if source == "-":
        return SecretRef.env(variable_name(profile_name, field))
    return SecretRef.command(command_line(source, key, field))


def variable_name(profile_name: str, field: str) -> str:
    """The variable that stands for a secret which no keyring can hold."""
    return "STOREDECK_" + re.sub(r"\W", "_", f"{profile_name}_{field}").upper()
