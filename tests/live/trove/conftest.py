"""Real Keystone and Trove for the tests under this folder, started once and ended with the session."""

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest
from live_cache import LiveUnavailable, skip_or_fail
from trove_environment import trove_python
from trove_oracle import Oracle, oracle_with, password_access
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


@pytest.fixture(scope="session")
def oracle_as(
    real_trove: RealTrove, oracle_python: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Oracle]]:
    """The real troveclient, signed in as the user that is named; one process a user."""
    with ExitStack() as ended:

        @cache
        def oracle(user: str) -> Oracle:
            access = password_access(real_trove, user)
            return ended.enter_context(oracle_with(oracle_python, tmp_path_factory.mktemp("oracle"), access))

        yield oracle


@pytest.fixture(scope="session")
def oracle(oracle_as: Callable[[str], Oracle]) -> Oracle:
    """The real troveclient, signed in as demo, a member of the project demo."""
    return oracle_as("demo")


@pytest.fixture(scope="session")
def admin_oracle(oracle_as: Callable[[str], Oracle]) -> Oracle:
    """The real troveclient, signed in as admin, an administrator in the project demo."""
    return oracle_as("admin")


@pytest.fixture(scope="module")
def instance(oracle: Oracle) -> Iterator[str]:
    """A ready instance of the project demo with the databases orders and stock, and writer who may use orders."""
    databases = [{"name": "orders"}, {"name": "stock", "character_set": "utf8", "collate": "utf8_general_ci"}]
    users = [{"name": "writer", "password": "first", "databases": [{"name": "orders"}]}]
    made = oracle.create("walk", databases=databases, users=users)["id"]
    oracle.ready(made)
    yield made
    oracle.delete(made)
