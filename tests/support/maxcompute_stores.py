"""Connected stores on MaxCompute sandboxes, for the tests of the store.

| fixture | scope | gives |
| --- | --- | --- |
| `warehouse` | module | a project with the sample data and a store on it; a test gives what it makes a new name |
| `fresh_warehouse` | function | a factory with the arguments of `MaxComputeSandbox`: sandbox and connected store |
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest

from services.sandbox.maxcompute.server import MaxComputeSandbox
from services.secrets import Secret
from services.stores.maxcompute.store import MaxComputeStore
from services.stores.types import SqlPage, Statement

__all__ = ["Warehouse", "fresh_warehouse", "warehouse"]

TABLE: dict[str, Any] = {
    "columns": [
        {"name": "id", "type": "BIGINT", "key": True},
        {"name": "label", "type": "STRING", "key": False},
        {"name": "tags", "type": "ARRAY<STRING>", "key": False},
        {"name": "pt", "type": "STRING", "key": False},
    ],
    "options": {"partitions": [{"name": "pt", "type": "STRING"}], "lifecycle": 7, "comment": "it's a \\ test"},
}
SLOW = "SELECT COUNT(*) FROM sales a, sales b, sales c WHERE a.amount + b.amount + c.amount = 1.23"

_names = count(1)


def opened(profile: Mapping[str, Any], **changes: str) -> MaxComputeStore:
    """A connected store on what a sandbox says of itself."""
    fields = {name: str(value) for name, value in profile.items() if name != "secrets"} | changes
    store = MaxComputeStore(fields, {name: Secret(text) for name, text in profile["secrets"].items()})
    store.connect()
    return store


@dataclass
class Warehouse:
    """A sandbox and a store on it."""

    sandbox: MaxComputeSandbox
    store: MaxComputeStore

    def run(self, text: str, **options: Any) -> list[SqlPage]:
        """All pages of a statement."""
        return list(self.store.run_sql(Statement(text, **options)))

    def rows(self, text: str) -> list[dict[str, Any]]:
        """All rows of a statement."""
        return [row for page in self.run(text) if page.batch is not None for row in page.batch.to_pylist()]

    def table(self, columns: str, values: str = "") -> str:
        """A new table of one's own; its name."""
        name = f"made_{next(_names)}"
        self.run(f"CREATE TABLE {name} {columns}")
        if values:
            self.run(f"INSERT INTO {name} VALUES {values}")
        return name


@pytest.fixture(scope="module")
def warehouse() -> Iterator[Warehouse]:
    """The sample data and a store on it."""
    with MaxComputeSandbox() as sandbox, closing(opened(sandbox.profile)) as store:
        yield Warehouse(sandbox, store)


@pytest.fixture
def fresh_warehouse() -> Iterator[Callable[..., Warehouse]]:
    """Makes sandboxes of one's own, each with a store on it."""
    with ExitStack() as stack:

        def make(**options: Any) -> Warehouse:
            sandbox = stack.enter_context(MaxComputeSandbox(**options))
            return Warehouse(sandbox, stack.enter_context(closing(opened(sandbox.profile))))

        yield make
