"""How much a result set may hold and load by itself."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Budget:
    """Bounds of one result set.

    Attributes:
        memory_mb: Arrow bytes kept in memory; what is beyond goes to a mapped file.
        ahead_rows: rows that a statement loads by itself; more are loaded when someone looks at them.
        ahead_mb: Arrow bytes that a statement loads by itself.
    """

    memory_mb: float = 256
    ahead_rows: int = 1_000_000
    ahead_mb: float = 1024

    @property
    def memory_bytes(self) -> int:
        """`memory_mb` in bytes."""
        return int(self.memory_mb * MIB)

    @property
    def ahead_bytes(self) -> int:
        """`ahead_mb` in bytes."""
        return int(self.ahead_mb * MIB)


DEFAULT = Budget()
