"""`profiles test`: the steps of a connection with their times."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from services.cli.connecting import asked_secrets
from services.errors import ConnectError
from services.stores.types import CheckStep, StepState

if TYPE_CHECKING:
    from services.cli.parser import Commands
    from services.cli.run import Run
    from services.connections.profile import Profile
    from services.secrets import Secret


def add(commands: Commands) -> None:
    """Add the command."""
    command = commands.add("test", "Connect step by step: resolve, connect, TLS, sign in, list.", test)
    command.add_argument("name", metavar="NAME")


def test(run: Run) -> int | None:
    """`profiles test`."""
    profile = run.services.profiles.get(run.args.name)
    failed: CheckStep | None = None
    with run.output() as output:
        for step in steps(run, profile, asked_secrets(run, profile)):
            output.live_record(step_record(profile.name, step))
            failed = step if step.state is StepState.FAILED else failed
    if failed is not None:
        raise ConnectError(f"{profile.name}: {failed.name}: {failed.detail}", hint=failed.hint)
    return None


def steps(run: Run, profile: Profile, secrets: dict[str, Secret]) -> Iterator[CheckStep]:
    """The steps of a check on a store of its own."""
    store = profile.store_kind.build(profile.fields, secrets)
    try:
        yield from store.check(run.cancel)
    finally:
        store.close()


def step_record(profile_name: str, step: CheckStep) -> dict[str, Any]:
    """A step as a row."""
    return {
        "profile": profile_name,
        "step": step.name,
        "ok": step.state is not StepState.FAILED,
        "state": step.state.value,
        "seconds": round(step.seconds, 6),
        "detail": step.detail,
        "hint": step.hint,
    }
