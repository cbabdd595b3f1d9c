"""Real servers for the tests under this folder: started when first asked for, ended with the session."""

import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / folder) for folder in ("tools", "ignite", "tablestore", "trove")]

from ignite_clusters import LiveCluster, plain_cluster, secure_cluster  # noqa: E402
from ignite_jars import ignite_jars  # noqa: E402
from java_tools import java_program  # noqa: E402
from live_cache import LiveUnavailable, skip_or_fail  # noqa: E402
from sandbox_clusters import SandboxCluster, sandbox_cluster  # noqa: E402

TEST_SECONDS = 120
FIRST_TEST_SECONDS = 400  # the first test may have to wait for Maven

RUNNING = pytest.StashKey[list[LiveCluster]]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder as live and give it the time a real server needs."""
    ours = [item for item in items if item.path.is_relative_to(HERE)]
    for item in ours:
        item.add_marker(pytest.mark.live)
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(FIRST_TEST_SECONDS if item is ours[0] else TEST_SECONDS))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the end of the logs of the nodes that a failed test used (of all, where it did not get as far)."""
    report = yield
    if report.failed and item.path.is_relative_to(HERE):
        running = item.config.stash.get(RUNNING, [])
        used = [cluster for cluster in running if cluster in getattr(item, "funcargs", {}).values()]
        for cluster in used or running:
            report.sections.append(("log of the real nodes", cluster.log_tail()))
    return report


@pytest.fixture(scope="session")
def ignite_ready() -> None:
    """Make sure that Java and the jars are there: skip without them, but fail where CI is set."""
    try:
        java_program()
        ignite_jars()
    except LiveUnavailable as missing:
        skip_or_fail(missing)


@pytest.fixture(scope="session")
def plain_node(
    ignite_ready: None, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[LiveCluster]:
    """One node in memory, without users or TLS."""
    yield from _kept(request, lambda: plain_cluster(tmp_path_factory.mktemp("plain"), is_short_lived=True))


@pytest.fixture(scope="session")
def secure_node(
    ignite_ready: None, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[LiveCluster]:
    """One active node with persistence, users and TLS; its certificate names localhost only."""
    yield from _kept(request, lambda: secure_cluster(tmp_path_factory.mktemp("secure")))


@pytest.fixture(scope="session")
def two_node_cluster(
    ignite_ready: None, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[LiveCluster]:
    """Two nodes in memory that form one cluster."""
    yield from _kept(request, lambda: plain_cluster(tmp_path_factory.mktemp("two"), count=2, is_short_lived=True))


@pytest.fixture
def two_nodes(two_node_cluster: LiveCluster) -> LiveCluster:
    """The two-node cluster with both nodes running; a test may kill them."""
    two_node_cluster.heal()
    return two_node_cluster


@pytest.fixture(scope="session")
def sandbox() -> Iterator[SandboxCluster]:
    """The sandbox's two nodes, for tests that hold for real nodes and for it."""
    with sandbox_cluster() as cluster:
        yield cluster


def _kept(
    request: pytest.FixtureRequest, start: Callable[[], AbstractContextManager[LiveCluster]]
) -> Iterator[LiveCluster]:
    """Run a cluster for the session, known to the reports while it runs."""
    running = request.config.stash.setdefault(RUNNING, [])
    with start() as cluster:
        running.append(cluster)
        yield cluster
        running.remove(cluster)
