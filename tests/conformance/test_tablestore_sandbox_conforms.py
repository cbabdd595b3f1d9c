"""The contract, on the Tablestore sandbox: with the store's own decoders, and with the SDK's in their place."""

from collections.abc import Iterator

import pytest
from conformance import *
from tablestore_harness import table_harness
from tablestore_sandbox import *

from services.sandbox.tablestore.server import TablestoreSandbox


@pytest.fixture(scope="module", params=["own decoders", "SDK decoders"])
def harness(request: pytest.FixtureRequest, tablestore_sandbox: TablestoreSandbox) -> Iterator[Harness]:
    """An instance in this process; a SDK that has moved its places for decoders leaves the store with those it has."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "SDK decoders":
            patch.setattr("services.stores.tablestore.hooks.install", lambda client: False)
        yield table_harness(tablestore_sandbox.profile)
