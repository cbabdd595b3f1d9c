"""`demo --check`: what the console does, done once on every store of the demo, a row a step."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

from services.cli.demo_bench import Bench
from services.cli.demo_home import READ_ONLY_SUFFIX, prepare_demo
from services.cli.demo_steps import steps_for
from services.errors import StoredeckError
from services.text import one_line

if TYPE_CHECKING:
    from services.bootstrap import Services
    from services.cli.run import Run
    from services.connections.profile import Profile

SPEED: Final = 20.0
"""Instances change their states so much faster than in the console's demo."""


def check(run: Run) -> int | None:
    """Run every step of every store; an error when one did not do what its row says."""
    failed: list[str] = []
    with prepare_demo(SPEED) as services, run.output() as output:
        for profile in services.profiles.all():
            if profile.name.endswith(READ_ONLY_SUFFIX):
                continue
            for row in _rows(run, services, profile):
                output.live_record(row)
                if not row["ok"]:
                    failed.append(f"{row['store']} {row['step']}: {row['detail']}")
    if failed:
        raise StoredeckError(
            f"demo --check: {len(failed)} steps failed: {failed[0]}", hint="See the rows with ok false."
        )
    return None


def _rows(run: Run, services: Services, profile: Profile) -> Iterator[dict[str, Any]]:
    secrets = services.vault.resolve_secrets(profile)
    bench = Bench(lambda: profile.store_kind.build(profile.fields, secrets), profile, services, run.cancel)
    with closing(bench):
        for name, step in steps_for(bench):
            run.cancel.check()
            row = {"store": profile.kind, "step": name} | _taken(step)
            yield row
            if name == "connect" and not row["ok"]:
                return


def _taken(step: Callable[[], str]) -> dict[str, Any]:
    """Take one step and time it; a step fails by raising."""
    started = time.perf_counter()
    try:
        ok, detail = True, step()
    except StoredeckError as error:
        ok, detail = False, error.message
    except Exception as error:
        ok, detail = False, f"{type(error).__name__}: {error}"
    return {"ok": ok, "seconds": round(time.perf_counter() - started, 6), "detail": one_line(detail)}
