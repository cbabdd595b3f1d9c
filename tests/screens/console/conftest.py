"""The in-memory store is a kind of its own here."""

from __future__ import annotations

import pytest
from memory_session import EXTRA_KINDS


@pytest.fixture(autouse=True)
def memory_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Known to this process and to the session processes."""
    monkeypatch.setenv("STOREDECK_EXTRA_KINDS", EXTRA_KINDS)
