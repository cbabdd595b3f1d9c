"""The home of a demo: sandbox servers, and a profile for each; nothing of it stays."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from services.bootstrap import Services, build_services
from services.connections.profile import Environment, Profile
from services.connections.secret_refs import SecretRef
from services.errors import ConnectError
from services.paths import Paths
from services.sandbox.process import SandboxError, SandboxProcess, start
from services.transfers.starting import end_runners

READ_ONLY_SUFFIX: Final = "-readonly"


@contextlib.contextmanager
def prepare_demo(speed: float = 1.0, *, has_upload: bool = False) -> Iterator[Services]:
    """Services over a temporary home with a profile for each started sandbox server; all gone at the end.

    The passwords stand in variables of this process and of the session processes that it starts, in no file.

    Args:
        speed: how many times faster instances change their states.
        has_upload: a slow upload is under way, to look at.
    Raises:
        ConnectError: the sandbox does not start.
    """
    with contextlib.ExitStack() as stack:
        home = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="storedeck-demo-", ignore_cleanup_errors=True))
        )
        sandbox = stack.enter_context(started(speed))
        services = build_services(Paths(home / "config", home / "state", home / "cache"))
        stack.callback(services.close)
        for kind, facts in sandbox.endpoints.items():
            _add_profiles(stack, services, kind, facts)
        stack.callback(end_runners, services.paths)
        if has_upload:
            from services.cli.demo_transfers import queue_upload

            queue_upload(services, home / "files")
        yield services


def started(speed: float = 1.0) -> SandboxProcess:
    """The sandbox servers in a process of their own.

    Raises:
        ConnectError: they do not start.
    """
    try:
        return start(speed=speed)
    except (SandboxError, OSError) as error:
        raise ConnectError(f"demo: {error}", hint="Run `storedeck sandbox` to see why it does not start.") from error


def _add_profiles(stack: contextlib.ExitStack, services: Services, kind: str, facts: Mapping[str, Any]) -> None:
    """A profile to play with, and a read-only one marked as production to see how that looks."""
    refs: dict[str, SecretRef] = {}
    for field, text in facts.get("secrets", {}).items():
        variable = f"STOREDECK_DEMO_{kind}_{field}".upper()
        stack.enter_context(_variable(variable, str(text)))
        refs[field] = SecretRef.env(variable)
    fields = {name: str(value) for name, value in facts.items() if name != "secrets" and value}
    services.profiles.add(Profile(f"demo-{kind}", kind, fields, refs))
    services.profiles.add(
        Profile(f"demo-{kind}{READ_ONLY_SUFFIX}", kind, fields, refs, environment=Environment.PROD, is_read_only=True)
    )


@contextlib.contextmanager
def _variable(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = before
