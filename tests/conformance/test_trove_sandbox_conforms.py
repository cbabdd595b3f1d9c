"""The contract, on the Trove sandbox: a store of instances, whose tables are read and changed by actions alone."""

from collections.abc import Iterator

import pytest
from conformance import *
from trove_sandbox_access import access_to

from services.sandbox.trove.server import TroveSandbox
from services.secrets import Secret
from services.stores.base import Store
from services.stores.trove.store import TroveStore
from services.values import Typed

UNWRITTEN = "a listing is changed by actions, not by rows, and the test inserts its own first"
GAPS = {name: Gap(GapKind.NEVER, UNWRITTEN) for name in ("test_limit_and_columns_hold", "test_reading_can_end_early")}


def _row(number: int) -> tuple[Cells, Cells]:
    return {"id": Typed("text", str(number))}, {"name": Typed("text", "db.tiny"), "ram": Typed("whole number", 512)}


@pytest.fixture(scope="module")
def harness() -> Iterator[Harness]:
    """A cloud with the samples, whose time stands still."""
    with TroveSandbox(speed=0) as sandbox:
        access = access_to(sandbox)

        def opened() -> Store:
            store = TroveStore(access.fields("demo"), {"password": Secret(access.password("demo"))})
            store.connect()
            return store

        yield Harness(open=opened, address="@flavors", row=_row, change=lambda number: {}, gaps=GAPS)
