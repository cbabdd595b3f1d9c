"""The queue of a temporary home, with no runner but the one a test starts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from app_driver import services_in

from services.bootstrap import Services


@pytest.fixture
def services(tmp_path: Path, without_runner: None) -> Iterator[Services]:
    """Services over a new home; orders start no runner."""
    made = services_in(tmp_path / "home")
    yield made
    made.transfers.close()
