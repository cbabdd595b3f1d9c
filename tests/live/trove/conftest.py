"""Real Keystone and Trove for the tests under this folder, started once and ended with the session."""

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from live_cache import LiveUnavailable, skip_or_fail
from trove_environment import trove_python
from trove_fixtures import *  # noqa: F403
from trove_servers import RealTrove, real_trove_servers

HERE = Path(__file__).parent
TEST_SECONDS = 120

RUNNING = pytest.StashKey[RealTrove]()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Time the tests alone: what installs and starts the servers has time limits of its own."""
    for item in items:
        if item.path.is_relative_to(HERE) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(TEST_SECONDS, func_only=True))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the end of the logs of the servers when a test that used them failed."""
    report = yield
    running = item.config.stash.get(RUNNING, None)
    if report.failed and running is not None and item.path.is_relative_to(HERE):
        report.sections.append(("log of the real servers", running.log_tail()))
    return report


@pytest.fixture(scope="session")
def oracle_python() -> Path:
    """The Python that has the real troveclient; without it tests skip, but fail where CI is set."""
    try:
        return trove_python()
    except LiveUnavailable as missing:
        skip_or_fail(missing)


@pytest.fixture(scope="session")
def real_trove(
    oracle_python: Path, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[RealTrove]:
    """Keystone and Trove with users, datastores and flavors, and no instances."""
    with real_trove_servers(tmp_path_factory.mktemp("trove")) as running:
        pytestconfig.stash[RUNNING] = running
        yield running
        del pytestconfig.stash[RUNNING]
