"""The real troveclient and an instance that it made, over the servers of the folder that takes these fixtures.

Each folder takes them by itself: a fixture that two folders share would keep the servers of the first.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest
from trove_oracle import Oracle, oracle_with, password_access
from trove_servers import RealTrove

__all__ = ["admin_oracle", "instance", "oracle", "oracle_as"]


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
