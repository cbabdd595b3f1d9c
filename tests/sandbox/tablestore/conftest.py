"""Clients of the Tablestore sandbox: the unmodified SDK, sync and async."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from tablestore_sandbox import AsyncOTSClient, NoRetryPolicy, OTSClient, fresh_tablestore, tablestore_sandbox

from services.sandbox.tablestore.server import TablestoreSandbox

__all__ = ["fresh_tablestore", "tablestore_sandbox"]

Connect = Callable[..., OTSClient]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Makes sync clients of a sandbox; other options than the wrong `secret`, `key_id`, `instance` go to the SDK."""
    with ExitStack() as stack:

        def open_client(
            sandbox: TablestoreSandbox, secret: str = "", key_id: str = "", instance: str = "", **options: object
        ) -> OTSClient:
            access = sandbox.access
            options = {"retry_policy": NoRetryPolicy(), "socket_timeout": 20, **options}
            client = OTSClient(
                sandbox.endpoint,
                key_id or access.access_key_id,
                secret or access.access_key_secret,
                instance or access.instance,
                **options,
            )
            client.logger.setLevel(logging.CRITICAL)
            stack.callback(client.connection.pool.clear)
            return client

        yield open_client


@pytest.fixture
def client(tablestore_sandbox: TablestoreSandbox, connect: Connect) -> OTSClient:
    """A sync client of the shared instance."""
    return connect(tablestore_sandbox)


@pytest.fixture
def own(fresh_tablestore: Callable[..., TablestoreSandbox]) -> TablestoreSandbox:
    """An instance of the test's own, with the sample data."""
    return fresh_tablestore()


@pytest.fixture
def writer(own: TablestoreSandbox, connect: Connect) -> OTSClient:
    """A sync client of the test's own instance."""
    return connect(own)


@pytest.fixture
def run_async() -> Callable[..., object]:
    """Runs a coroutine function with an async client of a sandbox."""

    def run(sandbox: TablestoreSandbox, work: Callable[[AsyncOTSClient], object]) -> object:
        async def main() -> object:
            access = sandbox.access
            client = AsyncOTSClient(
                sandbox.endpoint,
                access.access_key_id,
                access.access_key_secret,
                access.instance,
                retry_policy=NoRetryPolicy(),
            )
            client.logger.setLevel(logging.CRITICAL)
            async with client:
                return await work(client)

        return asyncio.run(main())

    return run
