"""Tablestore sandboxes for tests. Import the fixtures into a conftest: `from tablestore_sandbox import *`.

| fixture | scope | gives |
| --- | --- | --- |
| `tablestore_sandbox` | session | an instance with the sample data; leave its data as it is |
| `fresh_tablestore` | function | a factory with the arguments of `TablestoreSandbox`, closed after the test |
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from services.sandbox.tablestore.server import TablestoreSandbox

__all__ = ["fresh_tablestore", "tablestore_sandbox"]


@pytest.fixture(scope="session")
def tablestore_sandbox() -> Iterator[TablestoreSandbox]:
    """An instance with the sample data, shared by all tests that only read it."""
    with TablestoreSandbox() as sandbox:
        yield sandbox


@pytest.fixture
def fresh_tablestore() -> Iterator[Callable[..., TablestoreSandbox]]:
    """Makes instances of one's own; they take the arguments of `TablestoreSandbox`."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(TablestoreSandbox(**options))
