"""The numbers of a store that bound a request."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one connected store; `None` where the system states none.

    Attributes:
        page_rows: rows asked for in one page.
        batch_rows: rows in one write batch.
        batch_bytes: bytes in one write batch.
        key_bytes: bytes of one key.
        cell_bytes: bytes of one cell.
        requests_per_second: requests the service answers before it throttles.
    """

    page_rows: int = 1024
    batch_rows: int | None = None
    batch_bytes: int | None = None
    key_bytes: int | None = None
    cell_bytes: int | None = None
    requests_per_second: float | None = None
