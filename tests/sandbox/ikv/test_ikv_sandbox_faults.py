"""What each fault does to a call, and that it ends when it should."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from threading import Thread

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from ignite_sandbox import wait_until
from ikvpy.document import IKVDocumentBuilder
from ikvpy.schemas import services_pb2 as pb
from ikvpy.schemas import services_pb2_grpc
from ikvpy.writer import IKVWriterImpl

from services.sandbox.faults import parse_faults
from services.sandbox.ikv.server import IkvSandbox

ALICE = IKVDocumentBuilder().put_string_field("firstname", "Alice").build()


@pytest.fixture
def stub(sandbox: IkvSandbox) -> Iterator[services_pb2_grpc.InlineKVWriteServiceStub]:
    """A stub on a channel without retries."""
    with grpc.insecure_channel(sandbox.endpoint, options=[("grpc.enable_retries", 0)]) as channel:
        yield services_pb2_grpc.InlineKVWriteServiceStub(channel)


def echo(stub: services_pb2_grpc.InlineKVWriteServiceStub, seconds: float = 10) -> str:
    """One call without credentials."""
    return stub.helloWorld(pb.HelloWorldRequest(echo="hello"), timeout=seconds).echo


def refusal(call: Callable[[], object]) -> grpc.RpcError:
    """The error of a call."""
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return caught.value


def test_a_delay_holds_the_answer_back(sandbox: IkvSandbox, stub: services_pb2_grpc.InlineKVWriteServiceStub) -> None:
    """The answer comes, not before its time."""
    sandbox.plan.add(*parse_faults("ikv:delay=150ms,op=HelloWorld"))
    begun = time.monotonic()
    assert echo(stub) == "hello"
    assert time.monotonic() - begun >= 0.15


def test_a_stall_lasts_until_the_deadline(
    sandbox: IkvSandbox, stub: services_pb2_grpc.InlineKVWriteServiceStub
) -> None:
    """The client's deadline ends it; other calls are served meanwhile."""
    sandbox.plan.add(*parse_faults("ikv:stall,op=HelloWorld,times=1"))
    assert refusal(lambda: echo(stub, 0.2)).code() == grpc.StatusCode.DEADLINE_EXCEEDED
    assert echo(stub) == "hello"


def test_more_stalled_calls_than_threads_are_let_go(
    sandbox: IkvSandbox, stub: services_pb2_grpc.InlineKVWriteServiceStub
) -> None:
    """Forty calls that nobody waits for any more leave room for the next."""
    sandbox.plan.add(*parse_faults("ikv:stall,op=HelloWorld"))
    calls = [stub.helloWorld.future(pb.HelloWorldRequest(echo="x"), timeout=0.2) for _ in range(40)]
    codes = {call.exception(timeout=10).code() for call in calls}
    sandbox.plan.clear()
    assert (codes, echo(stub)) == ({grpc.StatusCode.DEADLINE_EXCEEDED}, "hello")


def test_a_stall_without_deadline_ends_with_the_server(
    sandbox: IkvSandbox, stub: services_pb2_grpc.InlineKVWriteServiceStub
) -> None:
    """A call without deadline waits until the gateway goes."""
    sandbox.plan.add(*parse_faults("ikv:stall,op=HelloWorld"))
    call = stub.helloWorld.future(pb.HelloWorldRequest(echo="x"))
    wait_until(lambda: sandbox.calls["helloWorld"] == 1, "the call arrives")
    sandbox.kill()
    assert call.exception(timeout=10).code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)


def test_an_error_is_internal_unless_it_has_a_status(
    sandbox: IkvSandbox, stub: services_pb2_grpc.InlineKVWriteServiceStub
) -> None:
    """As when Kafka fails; or the gRPC code that was asked for."""
    sandbox.plan.add(*parse_faults("ikv:error=Kafka is gone,times=1;ikv:error=Too many,status=8,after=1,times=1"))
    found = [refusal(lambda: echo(stub)) for _ in range(2)]
    assert [(error.code(), error.details()) for error in found] == [
        (grpc.StatusCode.INTERNAL, "Internal Error: java.lang.RuntimeException: Kafka is gone"),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "Too many"),
    ]
    assert echo(stub) == "hello"


def test_the_writer_says_an_error_in_its_own_words(sandbox: IkvSandbox, writer: IKVWriterImpl) -> None:
    """The status is in the trailing metadata, where the vendor's writer looks for it; nothing is written."""
    sandbox.plan.add(*parse_faults("ikv:error=Kafka is gone,op=UpsertFieldValues"))
    with pytest.raises(RuntimeError, match=r"status code: 13 message: Internal Error: .*Kafka is gone"):
        writer.upsert_fields(ALICE)
    assert sandbox.events() == []


def test_a_reset_is_unavailable_without_details(sandbox: IkvSandbox, writer: IKVWriterImpl) -> None:
    """The vendor's writer fails over the missing status; the gRPC error is its context."""
    sandbox.plan.add(*parse_faults("ikv:reset,op=UpsertFieldValues"))
    with pytest.raises(AttributeError, match="'NoneType' object has no attribute 'code'") as caught:
        writer.upsert_fields(ALICE)
    error = caught.value.__context__
    assert isinstance(error, grpc.RpcError)
    assert error.code() == grpc.StatusCode.UNAVAILABLE


def test_garbage_is_no_message(sandbox: IkvSandbox, stub: services_pb2_grpc.InlineKVWriteServiceStub) -> None:
    """The client cannot read the answer and says so."""
    sandbox.plan.add(*parse_faults("ikv:garbage,op=HelloWorld"))
    assert refusal(lambda: echo(stub)).code() == grpc.StatusCode.INTERNAL


def test_signing_in_has_faults_of_its_own(sandbox: IkvSandbox, writer: IKVWriterImpl) -> None:
    """Without `op` the settings are spared; with `op=handshake` nothing else is hit."""
    sandbox.plan.add(*parse_faults("ikv:error=No"))
    assert writer.fetch_server_supplied_config().stringConfigs["store_name"] == "user_profiles"
    sandbox.plan.clear()
    sandbox.plan.add(*parse_faults("ikv:error=No,op=handshake"))
    with pytest.raises(RuntimeError, match="status code: 13"):
        writer.fetch_server_supplied_config()
    writer.upsert_fields(ALICE)
    assert len(sandbox.events()) == 1


def test_the_gateway_goes_down_on_a_call(sandbox: IkvSandbox, stub: services_pb2_grpc.InlineKVWriteServiceStub) -> None:
    """The call that meets it fails, and after it none connects; what was written stays on disk."""
    sandbox.plan.add(*parse_faults("ikv:node-down,op=HelloWorld,after=1"))
    assert echo(stub) == "hello"
    assert refusal(lambda: echo(stub)).code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
    with grpc.insecure_channel(sandbox.endpoint) as channel:
        admin = services_pb2_grpc.AdminServiceStub(channel)
        wait_until(lambda: _is_down(admin), "the port closes")
    assert (sandbox.mount_directory / "user_profiles" / "0" / "schema").exists()


def _is_down(admin: services_pb2_grpc.AdminServiceStub) -> bool:
    try:
        admin.healthCheck(Empty(), timeout=5)
    except grpc.RpcError as error:
        return error.code() == grpc.StatusCode.UNAVAILABLE
    return False


def test_faults_of_other_servers_are_not_shown(fresh_ikv: Callable[..., IkvSandbox]) -> None:
    """A specification for all servers hits each its own."""
    sandbox = fresh_ikv(samples_wanted=False, faults="ignite:stall;ikv:error=Mine,op=HelloWorld")
    with grpc.insecure_channel(sandbox.endpoint) as channel:
        error = refusal(lambda: echo(services_pb2_grpc.InlineKVWriteServiceStub(channel)))
    assert error.details() == "Internal Error: java.lang.RuntimeException: Mine"


def test_many_writers_lose_nothing(sandbox: IkvSandbox, connect: Callable[..., IKVWriterImpl]) -> None:
    """Four writers at once; each document arrives, each event has its own place."""

    def write(number: int, client: IKVWriterImpl) -> None:
        for count in range(50):
            client.upsert_fields(IKVDocumentBuilder().put_string_field("firstname", f"{number}-{count}").build())

    threads = [Thread(target=write, args=(number, connect(sandbox))) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sandbox.store.index.documents == 200
    assert [event.offset for event in sandbox.events()] == list(range(200))
