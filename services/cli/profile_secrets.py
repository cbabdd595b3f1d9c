"""How a secret gets to a profile: typed, read from standard input, or by reference; never as an argument."""

from __future__ import annotations

import sys
from getpass import getpass
from typing import TYPE_CHECKING

from services.connections.profile import Profile
from services.connections.secret_refs import SecretRef
from services.errors import UsageError, VaultUnusable
from services.secrets import Secret

if TYPE_CHECKING:
    from services.cli.parser import Parser
    from services.cli.run import Run

Refs = dict[str, SecretRef]
Secrets = dict[str, Secret]


def add_options(command: Parser) -> None:
    """The options that give secrets; without one a new profile asks, where someone can answer."""
    group = command.add_argument_group("secrets")
    group.add_argument(
        "--secret-stdin",
        metavar="FIELD",
        nargs="?",
        const="",
        help="read it from standard input now and store it in the keyring",
    )
    group.add_argument(
        "--secret-env", metavar="[FIELD=]VAR", action="append", default=[], help="take it from VAR at each connect"
    )
    group.add_argument(
        "--secret-command",
        metavar="[FIELD=]CMD",
        action="append",
        default=[],
        help="take what CMD prints at each connect; it runs without a shell",
    )
    group.add_argument(
        "--secret-prompt",
        metavar="FIELD",
        action="append",
        default=[],
        help="ask at each connect",
    )


def given(run: Run, profile: Profile, *, is_new: bool) -> tuple[Refs, Secrets]:
    """References and secrets from the options; for a new profile without any, from a prompt.

    Raises:
        UsageError: an option names no secret of the kind.
        VaultUnusable: a secret would have to be stored and there is no keyring.
    """
    args = run.args
    refs: Refs = {}
    secrets: Secrets = {}
    for text in args.secret_env:
        field, variable = _field_and_value(profile, text)
        refs[field] = SecretRef.env(variable)
    for text in args.secret_command:
        field, line = _field_and_value(profile, text)
        refs[field] = SecretRef.command(line)
    for name in args.secret_prompt:
        refs[_secret_field(profile, name)] = SecretRef.prompt()
    if args.secret_stdin is not None:
        field = _secret_field(profile, args.secret_stdin)
        _require_keyring(run)
        secrets[field] = _from_stdin()
    if is_new and not refs and not secrets and _needs_one(profile):
        return _prompted(run, profile)
    return refs, secrets


def _secret_names(profile: Profile) -> list[str]:
    return [field.name for field in profile.store_kind.fields if field.is_secret]


def _secret_field(profile: Profile, name: str) -> str:
    """The name of a secret, or the kind's first one.

    Raises:
        UsageError: the kind has none, or none of that name.
    """
    names = _secret_names(profile)
    if not names:
        raise UsageError(f"{profile.kind}: it has no secret", hint="Leave the --secret-... options out.")
    if name and name not in names:
        raise UsageError(f"{name}: no secret of {profile.kind}", hint=f"Its secrets are {', '.join(names)}.")
    return name or names[0]


def _field_and_value(profile: Profile, text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (equals and name in _secret_names(profile)):
        name, value = "", text
    if not value:
        raise UsageError(f"{text!r}: a variable or a command is missing", hint="Write [FIELD=]VAR or [FIELD=]CMD.")
    return _secret_field(profile, name), value


def _needs_one(profile: Profile) -> bool:
    """Whether the profile as it is will hardly connect without a secret: it names a user."""
    names = ("username", "access_key_id", "account_id")
    return bool(_secret_names(profile)) and any(profile.fields.get(name) for name in names)


def _require_keyring(run: Run) -> None:
    problem = run.services.vault.problem
    if problem:
        raise VaultUnusable(
            f"keyring: {problem}, the secret cannot be stored",
            hint="Use --secret-env VAR, --secret-command CMD or --secret-prompt FIELD: they store no secret.",
        )


def _from_stdin() -> Secret:
    text = sys.stdin.buffer.read().decode("utf-8").removesuffix("\n").removesuffix("\r")
    if not text:
        raise UsageError(
            "--secret-stdin: standard input is empty", hint="Pipe the secret in: pass show x | storedeck ..."
        )
    return Secret(text)


def _prompted(run: Run, profile: Profile) -> tuple[Refs, Secrets]:
    """Ask for the first secret; an empty answer, or nobody to answer, means to ask at each connect."""
    field = _secret_names(profile)[0]
    if run.can_ask:
        _require_keyring(run)
        text = getpass(f"{field} of {profile.name} (empty: ask at each connect): ")
        if text:
            return {}, {field: Secret(text)}
    run.note(
        f"note: {field} is asked for at each connect; --secret-stdin, --secret-env or --secret-command change that"
    )
    return {field: SecretRef.prompt()}, {}
