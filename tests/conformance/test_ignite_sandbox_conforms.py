"""The contract, on the Ignite sandbox: an SQL table and a cache."""

import pytest
from conformance import *
from ignite_harness import cache_harness, table_harness
from ignite_sandbox import *

from services.sandbox.ignite.server import IgniteSandbox


@pytest.fixture(scope="module", params=[table_harness, cache_harness], ids=["table", "cache"])
def harness(request: pytest.FixtureRequest, ignite_sandbox: IgniteSandbox) -> Harness:
    """Two nodes in this process."""
    return request.param({"nodes": ignite_sandbox.nodes}, {})
