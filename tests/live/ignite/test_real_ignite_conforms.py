"""The contract on real nodes: a table and a cache, on a plain node, over TLS as a user, and on two nodes."""

import pytest
from conformance import *
from ignite_clusters import LiveCluster
from ignite_harness import cache_harness, table_harness
from live_stores import profile_fields

from services.secrets import Secret

HARNESSES = {"table": table_harness, "cache": cache_harness}
CLUSTERS = ("plain_node", "secure_node", "two_node_cluster")


@pytest.fixture(scope="module", params=[f"{kind} on {name}" for name in CLUSTERS for kind in HARNESSES])
def harness(request: pytest.FixtureRequest) -> Harness:
    """A container made on one of the clusters."""
    kind, _, name = request.param.partition(" on ")
    cluster: LiveCluster = request.getfixturevalue(name)
    cluster.heal()
    secrets = {"password": Secret(cluster.password)} if cluster.password else {}
    return HARNESSES[kind](profile_fields(cluster), secrets)
