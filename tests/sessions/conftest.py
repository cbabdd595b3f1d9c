"""Sessions in these tests are real processes over the in-memory store."""

from __future__ import annotations

pytest_plugins = ["memory_session"]
