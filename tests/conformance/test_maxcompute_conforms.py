"""The contract, on the MaxCompute sandbox."""

from collections.abc import Iterator

import pytest
from conformance import *
from maxcompute_harness import table_harness

from services.sandbox.maxcompute.server import MaxComputeSandbox


@pytest.fixture(scope="module", params=["with a key", "without a key"])
def harness(request: pytest.FixtureRequest) -> Iterator[Harness]:
    """A project with the sample data, and a table of its own: one that is upserted to, or one that takes blocks."""
    with MaxComputeSandbox() as sandbox:
        yield table_harness(sandbox.profile, has_key=request.param == "with a key")
