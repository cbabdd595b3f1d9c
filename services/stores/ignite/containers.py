"""What SQL tables and caches have in common: the part of the Store contract that acts on one container."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any

from services.cancel import CancelToken
from services.stores.changes import Call, Change, Condition, Outcome, Path
from services.stores.types import Description, Page, RowQuery
from services.values import Key, Row, Typed


class Containers(ABC):
    """One kind of container of a cluster; see `services.stores.base` for the methods."""

    @abstractmethod
    def describe(self, path: Path) -> Description: ...

    @abstractmethod
    def read_rows(self, path: Path, query: RowQuery, cancel: CancelToken) -> Iterator[Page]: ...

    @abstractmethod
    def read_key(self, path: Path, key: Key) -> dict[str, Typed] | None: ...

    @abstractmethod
    def plan(self, change: Change) -> Call: ...

    @abstractmethod
    def apply(self, change: Change, cancel: CancelToken) -> Outcome: ...

    @abstractmethod
    def put(self, path: Path, row: Row, condition: Condition) -> Outcome: ...

    @abstractmethod
    def remove(self, path: Path, key: Key, condition: Condition) -> Outcome: ...

    @abstractmethod
    def type_words(self, path: Path, column: str) -> tuple[str, ...]: ...

    @abstractmethod
    def create(self, path: Path, definition: Mapping[str, Any]) -> None: ...

    @abstractmethod
    def drop(self, path: Path) -> None: ...
