"""Services over the test's own home, with three profiles."""

from __future__ import annotations

from pathlib import Path

import pytest
from app_driver import ignite_profile, services_in

from services.bootstrap import Services


@pytest.fixture
def empty_services(storedeck_home: Path) -> Services:
    """No profile."""
    return services_in(storedeck_home)


@pytest.fixture
def services(storedeck_home: Path) -> Services:
    """One profile an environment; nothing listens where they lead to."""
    return services_in(
        storedeck_home,
        ignite_profile("lab"),
        ignite_profile("stage", environment="test"),
        ignite_profile("grid-prod", environment="prod", is_read_only=True),
    )
