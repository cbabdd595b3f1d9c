"""How much the results of a session may hold and load by themselves."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final

MB: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Budget:
    """Bounds in megabytes of Arrow data.

    Attributes:
        memory_mb: of one result in memory; what is beyond goes to a mapped file.
        session_mb: of all results of a session in memory.
        spill_mb: of all results of a session in mapped files; loading stops there.
        ahead_rows: rows that a statement loads by itself; more are loaded when someone looks at them.
        ahead_mb: what a statement loads by itself.
    """

    memory_mb: float = 256
    session_mb: float = 512
    spill_mb: float = 4096
    ahead_rows: int = 1_000_000
    ahead_mb: float = 1024


DEFAULT: Final = Budget()


class Usage:
    """What the results of one session hold together. Thread-safe."""

    def __init__(self, budget: Budget = DEFAULT) -> None:
        self.budget = budget
        self._lock = threading.Lock()
        self.memory_bytes = 0
        self.spilled_bytes = 0

    def add(self, memory_bytes: int, spilled_bytes: int) -> None:
        """Count more, or less."""
        with self._lock:
            self.memory_bytes += memory_bytes
            self.spilled_bytes += spilled_bytes

    @property
    def is_memory_full(self) -> bool:
        """More is in memory than the session may hold there."""
        return self.memory_bytes > self.budget.session_mb * MB

    @property
    def is_spill_full(self) -> bool:
        """As much is in files as may be."""
        return self.spilled_bytes >= self.budget.spill_mb * MB
