"""Why a cell or a row cannot be edited, in words for the status line."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from services.results.types import ResultColumn
from services.stores.features import Feature
from services.text import one_line


@dataclass(frozen=True, slots=True)
class RowsAccess:
    """What is known of the rows on show.

    Attributes:
        described_lock: why the container's rows cannot be edited, as its description says.
        result_lock: the same, as the result says.
    """

    profile: str
    is_read_only: bool = False
    features: Collection[Feature] = ()
    described_lock: str = ""
    result_lock: str = ""
    has_key: bool = True

    @property
    def lock(self) -> str:
        """Why no row can be changed, added or deleted; empty where all can."""
        if self.is_read_only:
            return f"the profile {one_line(self.profile)} is read-only"
        if Feature.WRITES_ROWS not in self.features:
            return one_line(self.described_lock) or "this store takes no changes of rows"
        for lock in (self.described_lock, self.result_lock):
            if lock:
                return one_line(lock)
        return "" if self.has_key else "these rows show no full key, so a change could hit another row"

    def cell_lock(self, column: ResultColumn, *, is_new: bool = False) -> str:
        """Why a cell of this column cannot be edited; empty where it can."""
        if self.lock:
            return self.lock
        if column.is_key and not is_new:
            return "a key column names the row: add a row with the new key and delete this one"
        return ""
