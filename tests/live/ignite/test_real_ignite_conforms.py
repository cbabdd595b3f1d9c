"""The contract, on a real node: an SQL table and a cache."""

import pytest
from conformance import *
from ignite_clusters import LiveCluster
from ignite_harness import cache_harness, table_harness


@pytest.fixture(scope="module", params=[table_harness, cache_harness], ids=["table", "cache"])
def harness(request: pytest.FixtureRequest, plain_node: LiveCluster) -> Harness:
    """The plain node."""
    return request.param({"nodes": plain_node.addresses}, {})
