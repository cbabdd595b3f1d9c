"""The transfer queue with a profile of a MaxCompute sandbox.

| fixture | gives |
| --- | --- |
| `services` | services with the profile `mc` of the fixture `warehouse` |
| `turns` | a runner over them that does everything in the test's own process |
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from maxcompute_stores import Warehouse
from transfer_runs import Turns, home

from services.bootstrap import Services
from services.connections.profile import Profile

__all__ = ["services", "turns"]


@pytest.fixture
def services(storedeck_home: Path, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """Services with the profile `mc`; its key comes from the environment, for child processes too."""
    facts = warehouse.sandbox.profile
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", str(facts["access_key_id"]))
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", warehouse.sandbox.access.access_key_secret)
    made = home(storedeck_home)
    fields = {name: str(facts[name]) for name in ("endpoint", "tunnel_endpoint", "project")}
    made.profiles.add(Profile("mc", "maxcompute", fields))
    yield made
    made.transfers.close()
    warehouse.sandbox.plan.clear()


@pytest.fixture
def turns(services: Services) -> Turns:
    """A runner that does everything in this process."""
    return Turns(services)
