"""`doctor`: what of Storedeck's surroundings works, what does not, and what to do about it."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from services.errors import ConnectError, SecretNeeded, StoredeckError
from services.stores.registry import KINDS
from services.stores.types import StepState

if TYPE_CHECKING:
    from services.cli.parser import Commands
    from services.cli.run import Run
    from services.connections.profile import Profile
    from services.stores.kinds import StoreKind


class State(StrEnum):
    """How a check went; a warning takes something away but stops nothing."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    check: str
    on: str
    state: State
    detail: str
    hint: str = ""


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add("doctor", "Check terminal, keyring, SDKs, directories and each profile.", examine)
    command.add_argument("--offline", action="store_true", help="do not try to reach the profiles")


def examine(run: Run) -> int | None:
    """`doctor`: 0 when nothing failed, 3 when only profiles did not answer, else 1."""
    failed: list[Finding] = []
    with run.output() as output:
        for finding in _findings(run):
            run.cancel.check()
            output.live_record(
                {
                    "check": finding.check,
                    "on": finding.on,
                    "state": finding.state.value,
                    "detail": finding.detail,
                    "hint": finding.hint,
                }
            )
            if finding.state is State.FAILED:
                failed.append(finding)
    if not failed:
        return None
    words = f"doctor: {len(failed)} of the checks failed: {failed[0].on}: {failed[0].detail}"
    kind = ConnectError if all(finding.check == "profile" for finding in failed) else StoredeckError
    raise kind(words, hint=failed[0].hint or "See the rows marked failed.")


def _findings(run: Run) -> Iterator[Finding]:
    yield Finding("python", sys.executable, State.OK, sys.version.split()[0])
    yield _terminal()
    yield _keyring(run)
    yield from map(_sdk, KINDS)
    yield from _directories(run)
    yield from _files(run)
    if not run.args.offline:
        yield from _profiles(run)


def _terminal() -> Finding:
    term = os.environ.get("TERM", "")
    if not sys.stdout.isatty():
        return Finding(
            "terminal", "standard output", State.OK, "no terminal here; commands work, the console needs one"
        )
    if term in ("", "dumb", "unknown"):
        hint = "Use another terminal, or set TERM; all commands work without."
        return Finding("terminal", term or "no TERM", State.WARNING, "the console cannot draw on it", hint)
    size = os.get_terminal_size(sys.stdout.fileno())
    words = f"{size.columns} columns, {size.lines} lines, {os.environ.get('COLORTERM') or 'colours by TERM'}"
    if size.columns < 80 or size.lines < 24:
        return Finding("terminal", term, State.WARNING, words, "Give it at least 80 columns and 24 lines.")
    return Finding("terminal", term, State.OK, words)


def _keyring(run: Run) -> Finding:
    try:
        problem, name = run.services.vault.problem, run.services.vault.backend_name
    except StoredeckError as error:
        return Finding("keyring", "keyring", State.WARNING, error.message, error.hint)
    if problem:
        hint = "Install and unlock one (GNOME Keyring, KWallet), or use --secret-env and --secret-command."
        return Finding("keyring", "none", State.WARNING, problem, hint)
    return Finding("keyring", name, State.OK, "secrets are stored there")


def _sdk(kind: StoreKind) -> Finding:
    if not kind.is_installed:
        return Finding("sdk", kind.title, State.WARNING, "not installed", f"Run: {kind.install_command}")
    return Finding("sdk", kind.title, State.OK, _version(kind.sdk))


def _version(module: str) -> str:
    """The distribution that a module comes from, which may have another name, and its version."""
    from importlib.metadata import packages_distributions, version

    if not module:
        return "built in"
    found = packages_distributions().get(module, ())
    return f"{found[0]} {version(found[0])}" if found else f"{module}, version unknown"


def _directories(run: Run) -> Iterator[Finding]:
    paths = run.services.paths
    for name, folder in (("config", paths.config), ("state", paths.state), ("cache", paths.cache)):
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryFile(dir=folder) as file:
                file.write(b"x")
        except OSError as error:
            hint = "Give yourself access to it, or set STOREDECK_HOME to another folder."
            yield Finding("directory", name, State.FAILED, f"{folder}: {error.strerror}", hint)
        else:
            yield Finding("directory", name, State.OK, str(folder))


def _files(run: Run) -> Iterator[Finding]:
    settings = run.services.settings_file
    _ = settings.current
    if settings.problem:
        hint = "Correct it in an editor; until then the defaults hold."
        yield Finding("file", "settings.toml", State.WARNING, settings.problem, hint)
    try:
        problems = run.services.profiles.problems()
    except StoredeckError as error:
        yield Finding("file", "profiles.toml", State.FAILED, error.message, error.hint)
        return
    for name, problem in problems.items():
        yield Finding("file", "profiles.toml", State.FAILED, f"{name}: {problem}", "Correct it in an editor.")
    if not problems:
        yield Finding("file", "profiles.toml", State.OK, f"{len(run.services.profiles.all())} profiles")


def _profiles(run: Run) -> Iterator[Finding]:
    try:
        profiles = run.services.profiles.all()
    except StoredeckError:
        return
    for profile in profiles:
        yield _reached(run, profile)


def _reached(run: Run, profile: Profile) -> Finding:
    from services.cli.profile_test import steps

    try:
        secrets = run.services.vault.resolve_secrets(profile)
        taken = list(steps(run, profile, secrets))
    except SecretNeeded as error:
        return Finding("profile", profile.name, State.WARNING, error.message, "Test it: storedeck profiles test NAME")
    except StoredeckError as error:
        return Finding("profile", profile.name, State.FAILED, error.message, error.hint)
    for step in taken:
        if step.state is StepState.FAILED:
            return Finding("profile", profile.name, State.FAILED, f"{step.name}: {step.detail}", step.hint)
    seconds = sum(step.seconds for step in taken)
    return Finding("profile", profile.name, State.OK, f"{len(taken)} steps in {seconds * 1000:.0f} ms")
