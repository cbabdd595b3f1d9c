"""The contract, on the store in memory."""

import pytest
from conformance import *

from services.stores.base import Store
from services.stores.memory.store import MemoryStore
from services.values import Typed


@pytest.fixture(scope="module")
def harness() -> Harness:
    """Stores that share one set of tables."""
    shared = MemoryStore({}, {})

    def opened() -> Store:
        store = MemoryStore({}, {})
        store._shelf = shared._shelf
        store.connect()
        return store

    return Harness(
        open=opened,
        address="main/stock",
        row=lambda n: ({"shop": Typed("String", "east"), "item": Typed("Long", n)}, {"amount": Typed("Int", n % 50)}),
        change=lambda n: {"amount": Typed("Int", n % 50 + 1)},
        select=lambda rows: f"SELECT id, label FROM numbers LIMIT {rows}",
        slow_select="SELECT sleep(300)",
        spare_address="main/spare",
        definition={
            "columns": [{"name": "id", "type": "Long", "key": True}, {"name": "text", "type": "String", "key": False}]
        },
        wrong_text=("amount", "abc"),
    )
