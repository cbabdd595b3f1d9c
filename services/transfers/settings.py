"""What holds for all transfers together; kept in the queue's file, so that a change reaches a running runner."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any


def _cores() -> int:
    return os.cpu_count() or 2


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """Bounds over all transfers.

    Attributes:
        items: transfers that run at once.
        workers: processes that run parts, over all transfers; more where one transfer asks for more.
        bandwidth: bytes a second over all transfers; 0 for no cap.
        hook: a command for every ended item whose options name none.
        window: `HH:MM-HH:MM` local time in which transfers start and go on; empty for always.
        is_draining: what runs is finished, nothing else is started.
    """

    items: int = 2
    workers: int = max(2, min(8, _cores()))
    bandwidth: int = 0
    hook: str = ""
    window: str = ""
    is_draining: bool = False

    @classmethod
    def of_rows(cls, rows: Iterable[tuple[str, str]]) -> QueueSettings:
        """Settings as the file keeps them: names and JSON."""
        known = {entry.name for entry in fields(cls)}
        values: dict[str, Any] = {name: json.loads(value) for name, value in rows if name in known}
        return cls(**values)
