"""Tablestore sandboxes for tests. Import the fixtures into a conftest: `from tablestore_sandbox import *`.

| fixture | scope | gives |
| --- | --- | --- |
| `tablestore_sandbox` | session | an instance with the sample data; leave its data as it is |
| `fresh_tablestore` | function | a factory with the arguments of `TablestoreSandbox`, closed after the test |
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

import pytest

from services.sandbox.tablestore.messages import pb
from services.sandbox.tablestore.server import TablestoreSandbox

# The SDK warns at its import when a codec for another Python is missing; this import keeps quiet about it.
pb()
from tablestore import (  # noqa: E402
    AsyncOTSClient,
    CapacityUnit,
    NoRetryPolicy,
    OTSClient,
    OTSServiceError,
    ReservedThroughput,
    TableMeta,
    TableOptions,
)

__all__ = ["AsyncOTSClient", "NoRetryPolicy", "OTSClient", "fresh_tablestore", "tablestore_sandbox"]


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


def refusal(call: Callable[..., object], *words: object, **options: object) -> tuple[str, int]:
    """Code and status of the service error that a call ends in."""
    with pytest.raises(OTSServiceError) as caught:
        call(*words, **options)
    assert caught.value.get_request_id()
    return caught.value.get_error_code(), caught.value.get_http_status()


def make(
    client: OTSClient,
    name: str,
    key: Sequence[tuple[object, ...]] = (("k", "INTEGER"),),
    defined: Sequence[tuple[str, str]] = (),
    indexes: Sequence[object] = (),
    **options: int,
) -> None:
    """A table with that key; options are those of `TableOptions`."""
    free = ReservedThroughput(CapacityUnit(0, 0))
    client.create_table(TableMeta(name, list(key), list(defined)), TableOptions(**options), free, list(indexes))
