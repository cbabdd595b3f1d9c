"""What the vendor's writer has no call for: batches, echo, health; and requests that are wrong."""

from __future__ import annotations

from collections.abc import Iterator

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from ikv_index_reading import documents
from ikvpy.schemas import services_pb2 as pb
from ikvpy.schemas import services_pb2_grpc
from ikvpy.schemas.common_pb2 import STRING, FieldValue, IKVDocumentOnWire

from services.sandbox.ikv.server import IkvSandbox


@pytest.fixture
def channel(sandbox: IkvSandbox) -> Iterator[grpc.Channel]:
    """A bare channel to the gateway."""
    with grpc.insecure_channel(sandbox.endpoint) as opened:
        yield opened


@pytest.fixture
def stub(channel: grpc.Channel) -> services_pb2_grpc.InlineKVWriteServiceStub:
    """The generated stub."""
    return services_pb2_grpc.InlineKVWriteServiceStub(channel)


@pytest.fixture
def context(sandbox: IkvSandbox) -> pb.UserStoreContextInitializer:
    """What each request carries."""
    credentials = pb.AccountCredentials(accountId=sandbox.account_id, accountPasskey=sandbox.passkey)
    return pb.UserStoreContextInitializer(credentials=credentials, storeName="user_profiles")


def wire(**fields: str) -> IKVDocumentOnWire:
    """A document of strings."""
    typed = {name: FieldValue(fieldType=STRING, value=text.encode()) for name, text in fields.items()}
    return IKVDocumentOnWire(document=typed)


def on_disk(sandbox: IkvSandbox) -> dict[bytes, dict[str, object]]:
    """The documents of the store after a flush."""
    sandbox.flush()
    return documents(sandbox.store.directory)


def test_the_gateway_echoes_without_credentials(stub: services_pb2_grpc.InlineKVWriteServiceStub) -> None:
    """helloWorld gives back what it got, also nothing."""
    echoes = [stub.helloWorld(pb.HelloWorldRequest(echo=text), timeout=10).echo for text in ("grüezi", "")]
    assert echoes == ["grüezi", ""]


def test_health_is_0_or_1(sandbox: IkvSandbox, channel: grpc.Channel) -> None:
    """The sandbox can be told to be ill."""
    admin = services_pb2_grpc.AdminServiceStub(channel)
    well = admin.healthCheck(Empty(), timeout=10).code
    sandbox.is_healthy = False
    assert (well, admin.healthCheck(Empty(), timeout=10).code) == (0, 1)


def test_batches_do_what_single_calls_do(
    sandbox: IkvSandbox, stub: services_pb2_grpc.InlineKVWriteServiceStub, context: pb.UserStoreContextInitializer
) -> None:
    """Upserts, deleted fields and deleted documents, each an event of its own in the order of the batch."""
    made = [wire(firstname=f"P{number}", a="1", b="2") for number in range(5)]
    stub.batchUpsertFieldValues(
        pb.BatchUpsertFieldValuesRequest(userStoreContextInitializer=context, documents=made), timeout=10
    )
    ids = [wire(firstname="P0"), wire(firstname="P1")]
    stub.batchDeleteFieldValues(
        pb.BatchDeleteFieldValuesRequest(userStoreContextInitializer=context, documentIds=ids, fieldNames=["a"]),
        timeout=10,
    )
    gone = [wire(firstname="P1"), wire(firstname="P2")]
    stub.batchDeleteDocuments(
        pb.BatchDeleteDocumentsRequest(userStoreContextInitializer=context, documentIds=gone), timeout=10
    )
    assert on_disk(sandbox) == {
        b"P0": {"firstname": "P0", "b": "2"},
        b"P3": {"firstname": "P3", "a": "1", "b": "2"},
        b"P4": {"firstname": "P4", "a": "1", "b": "2"},
    }
    assert [(event.offset, event.operation) for event in sandbox.events()] == list(
        enumerate(["upsert"] * 5 + ["delete fields"] * 2 + ["delete document"] * 2)
    )


def test_a_batch_ends_at_its_first_wrong_document(
    sandbox: IkvSandbox, stub: services_pb2_grpc.InlineKVWriteServiceStub, context: pb.UserStoreContextInitializer
) -> None:
    """Those before it are written, those behind it are not."""
    made = [wire(firstname="A"), wire(lastname="B"), wire(firstname="C")]
    with pytest.raises(grpc.RpcError) as caught:
        stub.batchUpsertFieldValues(
            pb.BatchUpsertFieldValuesRequest(userStoreContextInitializer=context, documents=made), timeout=10
        )
    assert (caught.value.code(), caught.value.details()) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "Invalid arguments: java.lang.IllegalArgumentException: primaryKey missing",
    )
    assert list(on_disk(sandbox)) == [b"A"]


def test_nothing_to_do_is_answered_before_credentials(
    sandbox: IkvSandbox, stub: services_pb2_grpc.InlineKVWriteServiceStub
) -> None:
    """Empty batches and no field names pass with no account at all, as at the vendor's gateway."""
    one = [wire(firstname="A")]
    stub.batchUpsertFieldValues(pb.BatchUpsertFieldValuesRequest(), timeout=10)
    stub.batchDeleteDocuments(pb.BatchDeleteDocumentsRequest(), timeout=10)
    stub.batchDeleteFieldValues(pb.BatchDeleteFieldValuesRequest(documentIds=one), timeout=10)
    stub.deleteFieldValues(pb.DeleteFieldValueRequest(documentId=one[0]), timeout=10)
    assert sandbox.events() == []


def test_dropping_nothing_is_no_event(
    sandbox: IkvSandbox, stub: services_pb2_grpc.InlineKVWriteServiceStub, context: pb.UserStoreContextInitializer
) -> None:
    """Without names, prefixes and `drop_all` nothing is published; with names `drop_all` is ignored."""
    stub.upsertFieldValues(
        pb.UpsertFieldValuesRequest(userStoreContextInitializer=context, document=wire(firstname="A", x="1", y="2")),
        timeout=10,
    )
    stub.dropFields(pb.DropFieldsRequest(userStoreContextInitializer=context), timeout=10)
    assert len(sandbox.events()) == 1
    stub.dropFields(
        pb.DropFieldsRequest(userStoreContextInitializer=context, field_names=["x"], drop_all=True), timeout=10
    )
    assert on_disk(sandbox) == {b"A": {"firstname": "A", "y": "2"}}


def test_a_message_over_4_mb_is_refused(
    sandbox: IkvSandbox, stub: services_pb2_grpc.InlineKVWriteServiceStub, context: pb.UserStoreContextInitializer
) -> None:
    """gRPC's own limit, as at a server that sets none."""
    big = pb.UpsertFieldValuesRequest(
        userStoreContextInitializer=context, document=wire(firstname="A", x="y" * (4 << 20))
    )
    with pytest.raises(grpc.RpcError) as caught:
        stub.upsertFieldValues(big, timeout=10)
    assert (caught.value.code(), sandbox.events()) == (grpc.StatusCode.RESOURCE_EXHAUSTED, [])


@pytest.mark.parametrize("data", [b"\x0a\x05ab", b"\x1a\x04\x0a\x02\x0a\x09", b"\xff" * 12, b"\x0b"])
def test_bytes_that_are_no_request_are_an_internal_error(channel: grpc.Channel, data: bytes) -> None:
    """The call fails, the gateway lives."""
    call = channel.unary_unary("/ikvschemas.InlineKVWriteService/upsertFieldValues")
    with pytest.raises(grpc.RpcError) as caught:
        call(data, timeout=10)
    assert caught.value.code() == grpc.StatusCode.INTERNAL
    admin = services_pb2_grpc.AdminServiceStub(channel)
    assert admin.healthCheck(Empty(), timeout=10).code == 0


def test_an_unknown_method_is_unimplemented(channel: grpc.Channel) -> None:
    """There is no read call."""
    with pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary("/ikvschemas.InlineKVWriteService/getFieldValues")(b"", timeout=10)
    assert caught.value.code() == grpc.StatusCode.UNIMPLEMENTED
