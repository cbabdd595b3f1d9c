"""How the screens of instances and transfers look with fixed data. After a wanted change: --snapshot-update."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from app_driver import NARROW, ignite_profile, until
from browser_driver import services_over
from fake_session import FakeSession
from textual.pilot import Pilot
from transfer_items import at_work, ended, queued, rejecting

from services.bootstrap import Services
from services.stores.features import Feature
from services.stores.instances import Fault, Instance, InstanceDetail
from services.stores.types import Group
from services.transfers.model import Failure, ItemState
from tui.app import StoredeckApp
from tui.screens.instances import InstancesScreen

MEDIUM = (120, 28)
Compare = Callable[..., bool]


def instance(name: str, status: str, days: int, **more: object) -> Instance:
    """One of a few."""
    created = (datetime.now(UTC) - timedelta(days=days, hours=3)).isoformat()
    kept = {
        "operating_status": "HEALTHY",
        "datastore": "mysql",
        "datastore_version": "8.0.36",
        "flavor": "db.large",
        "volume_gb": 50.0,
        "is_ready": True,
    }
    return Instance(f"id-of-{name}", name, status, created=created, **{**kept, **more})  # type: ignore[arg-type]


SHOWN = (
    instance("orders-db", "ACTIVE", 41, volume_used_gb=12.0, replicas=("id-of-orders-r1",), addresses=("10.0.0.7",)),
    instance("orders-r1", "ACTIVE", 40, replica_of="id-of-orders-db"),
    instance("billing", "ERROR", 3, operating_status="", is_ready=False, is_failed=True),
    instance(
        "stock",
        "RESTART_REQUIRED",
        90,
        operating_status="",
        is_ready=False,
        datastore="postgresql",
        datastore_version="16",
    ),
    instance("archive", "ACTIVE", 900, operating_status="SHUTDOWN", is_ready=False),
)


class FixedInstances:
    """A service with the same few instances at all times."""

    def __init__(self, shown: Sequence[Instance]) -> None:
        self._shown = {one.id: one for one in shown}

    async def list(self) -> AsyncIterator[Sequence[Instance]]:
        """All at once."""
        yield list(self._shown.values())

    async def show(self, identifier: str) -> InstanceDetail:
        """With a fault where it failed."""
        one = self._shown[identifier]
        fault = Fault("no valid host was found: there are not enough of them") if one.is_failed else None
        connections = tuple(("URL", f"mysql://{address}:3306") for address in one.addresses)
        groups = (Group("State", (("id", one.id), ("status", one.status))),)
        return InstanceDetail(one, connections, groups, fault, ("users", "databases", "logs"))


def over(folder: Path, shown: Sequence[Instance]) -> Services:
    """Services with a session that manages these instances."""
    session = FakeSession("lab", {})
    session.features = frozenset({Feature.MANAGES_INSTANCES})
    vars(session)["instances"] = FixedInstances(shown)
    return services_over(folder, session)


async def to_instances(pilot: Pilot[None]) -> None:
    """Open the session and the screen, and wait for the detail."""
    app = pilot.app
    assert isinstance(app, StoredeckApp)
    await app.open_session("lab")
    await pilot.press("4")
    screen = app.screen
    assert isinstance(screen, InstancesScreen)
    await until(lambda: screen.board.is_complete and (screen.detail or not screen.board.visible), "the detail")
    await pilot.pause()


@pytest.mark.parametrize("size", [MEDIUM, NARROW], ids=["wide", "80x24"])
def test_instances(snap_compare: Compare, storedeck_home: Path, size: tuple[int, int]) -> None:
    """A primary with its replica, one that failed, one that waits for a restart."""

    async def cursor_on_orders(pilot: Pilot[None]) -> None:
        await to_instances(pilot)
        await pilot.press("down")
        await until(lambda: "mysql://" in pilot.app.screen.detail_lines.text, "the detail")  # type: ignore[attr-defined]
        await pilot.pause()

    app = StoredeckApp(over(storedeck_home, SHOWN))
    assert snap_compare(app, run_before=cursor_on_orders, terminal_size=size)


def test_a_failed_instance(snap_compare: Compare, storedeck_home: Path) -> None:
    """Its fault stands beside the list."""
    app = StoredeckApp(over(storedeck_home, SHOWN))
    assert snap_compare(app, run_before=to_instances, terminal_size=MEDIUM)


def test_a_project_without_instances(snap_compare: Compare, storedeck_home: Path) -> None:
    """Words and the key that makes one."""
    app = StoredeckApp(over(storedeck_home, ()))
    assert snap_compare(app, run_before=to_instances, terminal_size=MEDIUM)


def busy_queue(folder: Path) -> Services:
    """A transfer in each state."""
    services = services_over(folder, profiles=(ignite_profile("grid"),))
    upload = queued(services, "/data/sales.parquet", "grid:sql:PUBLIC/SALES", bandwidth=4_000_000)
    at_work(services, upload, parts=14, done=7, flying=2)
    paused = queued(services, "grid:sql:PUBLIC/CITY", "/data/city.parquet")
    at_work(services, paused, parts=10, done=3, flying=0)
    services.transfers.pause([paused])
    queued(services, "/data/next.csv", "/data/next.parquet")
    failed = queued(services, "/data/wrong.csv", "/data/wrong.parquet")
    at_work(services, failed, done=1, flying=0)
    ended(services, failed, ItemState.FAILED, Failure("WrongSchema", "wrong.csv: line 17: 'abc' is no number"))
    rejected = queued(services, "/data/users.csv", "/data/users.parquet", rejects="/data/bad.jsonl")
    at_work(services, rejected, done=10, flying=0)
    rejecting(services, rejected, 3)
    ended(services, rejected, ItemState.DONE)
    return services


async def to_transfers(pilot: Pilot[None]) -> None:
    """The screen, at rest: the sparkline is of one height."""
    app = pilot.app
    assert isinstance(app, StoredeckApp)
    await pilot.press("5")
    await until(lambda: app.transfer_feed.items, "the queue")
    app.transfer_feed.rates.extend([2_000_000.0] * 24)
    app.show_transfers()
    await pilot.pause()


@pytest.mark.usefixtures("without_runner")
@pytest.mark.parametrize("size", [MEDIUM, NARROW], ids=["wide", "80x24"])
def test_transfers(snap_compare: Compare, storedeck_home: Path, size: tuple[int, int]) -> None:
    """Each state has a mark and words of its own."""
    app = StoredeckApp(busy_queue(storedeck_home))
    assert snap_compare(app, run_before=to_transfers, terminal_size=size)
