"""Versions of cells: what a store kept of a column beside its present value."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

from services.stores.changes import Path
from services.values import Key, Typed


@dataclass(frozen=True, slots=True)
class CellVersion:
    """One version of a cell; `timestamp` in milliseconds since 1970, UTC."""

    timestamp: int
    value: Typed


class ReadsVersions(ABC):
    """Reads every version of the cells of a row."""

    @abstractmethod
    def read_versions(self, path: Path, key: Key) -> Mapping[str, tuple[CellVersion, ...]]:
        """The versions of each column of one row, the newest first; nothing where there is no such row."""
