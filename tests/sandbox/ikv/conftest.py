"""Clients of the IKV sandbox: the vendor's unmodified writer, and the generated stubs for what it has no call for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import grpc
import pytest
from ikv_sandbox import fresh_ikv, ikv_sandbox
from ikvpy.clientoptions import ClientOptionsBuilder
from ikvpy.schemas import services_pb2_grpc
from ikvpy.writer import IKVWriterImpl

from services.sandbox.ikv.server import IkvSandbox

__all__ = ["fresh_ikv", "ikv_sandbox"]


@pytest.fixture
def connect() -> Iterator[Callable[..., IKVWriterImpl]]:
    """Opens writers; the class and its calls are the vendor's, only the channel is given before the start."""
    with ExitStack() as stack:

        def open_writer(
            sandbox: IkvSandbox, *, account: str = "", passkey: str = "", store: str = "", channel: object = None
        ) -> IKVWriterImpl:
            options = ClientOptionsBuilder().with_account_id(account or sandbox.account_id)
            options.with_account_passkey(passkey or sandbox.passkey).with_store_name(store or sandbox.store_name)
            writer = IKVWriterImpl(options.build())
            writer.channel = channel or grpc.insecure_channel(sandbox.endpoint)
            writer.stub = services_pb2_grpc.InlineKVWriteServiceStub(writer.channel)
            writer.startup()
            stack.callback(writer.shutdown)
            return writer

        yield open_writer


@pytest.fixture
def sandbox(fresh_ikv: Callable[..., IkvSandbox]) -> IkvSandbox:
    """A gateway of the test's own, without sample documents."""
    return fresh_ikv(samples_wanted=False)


@pytest.fixture
def writer(sandbox: IkvSandbox, connect: Callable[..., IKVWriterImpl]) -> IKVWriterImpl:
    """A writer of that gateway."""
    return connect(sandbox)
