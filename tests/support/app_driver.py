"""Runs the console in tests: over a temporary home, with the loop watched for blocking calls."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from pathlib import Path

from blockbuster import BlockBuster
from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen

from services.bootstrap import Services, build_services
from services.connections.profiles import Environment, Profile
from services.paths import Paths
from tui.app import StoredeckApp

WIDE = (160, 48)
NARROW = (80, 24)


def services_in(folder: Path, *profiles: Profile) -> Services:
    """Services with a home of their own, and these profiles in it."""
    services = build_services(Paths(folder / "config", folder / "state", folder / "cache"))
    for profile in profiles:
        services.profiles.add(profile)
    return services


def ignite_profile(name: str, nodes: str = "127.0.0.1:1", **attributes: object) -> Profile:
    """A profile of kind ignite; nothing listens at its default address."""
    environment = Environment(str(attributes.pop("environment", "dev")))
    return Profile(name=name, kind="ignite", fields={"nodes": nodes}, environment=environment, **attributes)  # type: ignore[arg-type]


@contextmanager
def watched_loop() -> Iterator[None]:
    """Fail on a call of our own code that blocks the event loop."""
    watcher = BlockBuster(scanned_modules=["tui", "services"])
    for function in watcher.functions.values():
        function.can_block_in("<frozen importlib._bootstrap>", {"_find_and_load", "_find_spec"})
        function.can_block_in("<frozen importlib._bootstrap_external>", {"find_spec", "get_code"})
        function.can_block_in("services/connections/process.py", {"_spawn", "_environment"})  # one short system call
        function.can_block_in("textual/css/stylesheet.py", {"read", "read_all"})
    watcher.activate()
    try:
        yield
    finally:
        watcher.deactivate()


@asynccontextmanager
async def running(
    services: Services, *, size: tuple[int, int] = WIDE, profile: str = "", watch: bool = True
) -> AsyncIterator[tuple[StoredeckApp, Pilot[None]]]:
    """The console, started and at rest, over these services; the loop is watched unless told otherwise."""
    app = StoredeckApp(services, profile=profile)
    try:
        async with app.run_test(size=size, notifications=True) as pilot:
            await pilot.pause()
            try:
                with watched_loop() if watch else nullcontext():
                    yield app, pilot
            finally:
                await app.close_sessions()
    finally:
        services.close()


async def until(condition: Callable[[], object], what: str = "the condition", seconds: float = 20.0) -> None:
    """Wait until the condition holds.

    Raises:
        AssertionError: it does not within the time.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come"
        await asyncio.sleep(0.01)


def notices(app: App[object]) -> list[str]:
    """What the notices say, whole: on the screen they wrap, and where depends on the words in them."""
    return [notice.message for notice in app._notifications]


def screen_lines(app: App[object], screen: Screen[object] | None = None) -> list[str]:
    """What the terminal shows, as text."""
    shown = app.screen if screen is None else screen
    return [strip.text.rstrip() for strip in shown._compositor.render_strips()]


def screen_text(app: App[object]) -> str:
    """What the terminal shows, as one text."""
    return "\n".join(screen_lines(app))
