"""The contract, on the Tablestore sandbox."""

import pytest
from conformance import *
from tablestore_harness import table_harness
from tablestore_sandbox import *

from services.sandbox.tablestore.server import TablestoreSandbox


@pytest.fixture(scope="module")
def harness(tablestore_sandbox: TablestoreSandbox) -> Harness:
    """An instance in this process."""
    return table_harness(tablestore_sandbox.profile)
