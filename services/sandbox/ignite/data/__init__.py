"""Sample data of the sandbox cluster."""

from __future__ import annotations

from services.sandbox.ignite.data.caches import load_caches
from services.sandbox.ignite.data.rows import load_rows
from services.sandbox.ignite.data.world import load_world
from services.sandbox.ignite.sql.engine import Engine

__all__ = ["load_rows", "load_samples"]


def load_samples(engine: Engine) -> None:
    """The world tables and the caches that show the range of types."""
    load_world(engine)
    load_caches(engine)
