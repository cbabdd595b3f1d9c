"""Clients of the MaxCompute sandbox: the unmodified SDK."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from maxcompute_tunnels import entry
from odps import ODPS

from services.sandbox.maxcompute.server import MaxComputeSandbox

Rows = list[list[object]]
Query = Callable[[str], Rows]


@pytest.fixture(scope="session")
def stocked() -> Iterator[MaxComputeSandbox]:
    """A sandbox with the sample data, for tests that only read."""
    with MaxComputeSandbox() as made:
        yield made


@pytest.fixture(scope="session")
def reader(stocked: MaxComputeSandbox) -> ODPS:
    """The SDK's entry to the sample data."""
    return entry(stocked)


@pytest.fixture
def bare() -> Iterator[MaxComputeSandbox]:
    """A sandbox of the test's own, without tables."""
    with MaxComputeSandbox(samples=False, page_items=3) as made:
        yield made


@pytest.fixture
def writer(bare: MaxComputeSandbox) -> ODPS:
    """The SDK's entry to the test's own sandbox."""
    return entry(bare)


def rows_of(client: ODPS, sql: str) -> Rows:
    """The rows that a query gives, over the short way of results."""
    with client.execute_sql(sql).open_reader(tunnel=False) as found:
        return [list(record.values) for record in found]


@pytest.fixture
def query(writer: ODPS) -> Query:
    """Runs a query on the test's own sandbox."""
    return lambda sql: rows_of(writer, sql)


@pytest.fixture(scope="session")
def look(reader: ODPS) -> Query:
    """Runs a query on the sample data."""
    return lambda sql: rows_of(reader, sql)
