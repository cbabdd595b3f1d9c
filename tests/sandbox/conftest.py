"""Clients of the Ignite sandbox: the unmodified SDK, sync and async, and a bare one."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from ignite_raw import RawClient
from ignite_sandbox import authority, fresh_ignite, ignite_sandbox
from pyignite import Client

from services.sandbox.ignite.server import IgniteSandbox

__all__ = ["authority", "fresh_ignite", "ignite_sandbox"]


@pytest.fixture
def connect() -> Iterator[Callable[..., Client]]:
    """Opens sync clients of the SDK, closed after the test."""
    with ExitStack() as stack:

        def open_client(sandbox: IgniteSandbox, *addresses: tuple[str, int], **options: object) -> Client:
            with warnings.catch_warnings():
                # The SDK asks for TLS by a constant that the standard library deprecates.
                warnings.filterwarnings("ignore", "ssl.PROTOCOL_TLS", DeprecationWarning)
                warnings.filterwarnings("ignore", "ssl.TLSVersion", DeprecationWarning)
                client = Client(**options)
                # Closed after failures too: the SDK leaves the socket of a failed handshake open.
                stack.callback(_close, client)
                client.connect(list(addresses) or sandbox.addresses[:1])
            return client

        yield open_client


def _close(client: Client) -> None:
    for node in client._nodes:
        if node._socket is not None:
            node._socket.close()


@pytest.fixture
def client(ignite_sandbox: IgniteSandbox, connect: Callable[..., Client]) -> Client:
    """A sync client of the shared cluster."""
    return connect(ignite_sandbox)


@pytest.fixture
def raw(ignite_sandbox: IgniteSandbox) -> Iterator[RawClient]:
    """A bare client of the shared cluster, signed in."""
    with RawClient(ignite_sandbox.addresses[0]) as bare:
        bare.handshake()
        yield bare
