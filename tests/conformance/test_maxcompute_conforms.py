"""The contract, on the MaxCompute sandbox."""

from collections.abc import Iterator

import pytest
from conformance import *
from maxcompute_harness import table_harness

from services.sandbox.maxcompute.server import MaxComputeSandbox


@pytest.fixture(scope="module")
def harness() -> Iterator[Harness]:
    """A project with the sample data, and a table of its own."""
    with MaxComputeSandbox() as sandbox:
        yield table_harness(sandbox.profile)
