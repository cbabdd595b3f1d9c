"""The vendor's unmodified writer against the gateway."""

from __future__ import annotations

from collections.abc import Callable

import grpc
import pytest
from certificates import Authority
from ikv_index_reading import documents, field_ids
from ikvpy.document import IKVDocument, IKVDocumentBuilder
from ikvpy.schemas import services_pb2_grpc
from ikvpy.schemas.common_pb2 import BOOLEAN, FLOAT32, FLOAT64, INT32, INT64, FieldValue
from ikvpy.schemas.services_pb2 import HelloWorldRequest
from ikvpy.writer import IKVWriterImpl

from services.sandbox.ikv.server import IkvSandbox


def document(name: str, **fields: str | bytes) -> IKVDocument:
    """A document by the vendor's builder."""
    builder = IKVDocumentBuilder().put_string_field("firstname", name)
    for field, value in fields.items():
        (builder.put_bytes_field if isinstance(value, bytes) else builder.put_string_field)(field, value)
    return builder.build()


def on_disk(sandbox: IkvSandbox) -> dict[bytes, dict[str, object]]:
    """The documents of the store after a flush."""
    sandbox.flush()
    return documents(sandbox.store.directory)


def test_the_settings_name_the_keys_and_the_topic(sandbox: IkvSandbox, writer: IKVWriterImpl) -> None:
    """All eight settings that the vendor's gateway gives are there."""
    config = writer.fetch_server_supplied_config()
    assert dict(config.stringConfigs) == {
        "account_id": "sandbox",
        "store_name": "user_profiles",
        "primary_key_field_name": "firstname",
        "partitioning_key_field_name": "firstname",
        "kafka_topic": "sandbox-user_profiles",
        "kafka_bootstrap_server": "127.0.0.1:1",
        "base_index_s3_bucket_name": "sandbox-base-index",
    }
    assert dict(config.intConfigs) == {"num_kafka_partitions": 1}


def test_upserts_merge_the_fields_of_a_document(sandbox: IkvSandbox, writer: IKVWriterImpl) -> None:
    """Three upserts, two of them for Alice: new fields join, known ones change."""
    writer.upsert_fields(document("Alice", age="32", city="SF"))
    writer.upsert_fields(document("Bob", age="45"))
    writer.upsert_fields(document("Alice", city="Oslo", photo=b"\1\2"))
    assert on_disk(sandbox) == {
        b"Alice": {"firstname": "Alice", "age": "32", "city": "Oslo", "photo": b"\1\2"},
        b"Bob": {"firstname": "Bob", "age": "45"},
    }


def test_all_types_arrive(sandbox: IkvSandbox, writer: IKVWriterImpl) -> None:
    """Numbers and booleans, which the builder does not offer, placed in the document."""
    made = document("Carol")
    made.fields["i"] = FieldValue(fieldType=INT32, value=(-7).to_bytes(4, "little", signed=True))
    made.fields["l"] = FieldValue(fieldType=INT64, value=(2**53 + 1).to_bytes(8, "little"))
    made.fields["f"] = FieldValue(fieldType=FLOAT32, value=b"\x00\x00\x20\x41")
    made.fields["d"] = FieldValue(fieldType=FLOAT64, value=b"\x00\x00\x00\x00\x00\x00\xf8\xbf")
    made.fields["b"] = FieldValue(fieldType=BOOLEAN, value=b"\1")
    writer.upsert_fields(made)
    assert on_disk(sandbox)[b"Carol"] == {
        "firstname": "Carol", "i": -7, "l": 2**53 + 1, "f": 10.0, "d": -1.5, "b": True,
    }  # fmt: skip


def test_fields_and_documents_are_deleted(sandbox: IkvSandbox, writer: IKVWriterImpl) -> None:
    """What is named goes; what is not there is no error."""
    for name in ("Alice", "Bob", "Carol"):
        writer.upsert_fields(document(name, age="32", city="SF"))
    writer.delete_fields(document("Alice"), ["age", "nothing"])
    writer.delete_fields(document("Nobody"), ["age"])
    writer.delete_document(document("Bob"))
    writer.delete_document(document("Nobody"))
    found = on_disk(sandbox)
    assert sorted(found) == [b"Alice", b"Carol"]
    assert found[b"Alice"] == {"firstname": "Alice", "city": "SF"}


def test_fields_are_dropped_by_name_and_prefix(sandbox: IkvSandbox, writer: IKVWriterImpl) -> None:
    """The primary key stays though it is named; a dropped name that comes again has a new id."""
    writer.upsert_fields(document("Alice", age="1", home_city="2", home_zip="3", job="4"))
    before = field_ids(sandbox.store.directory)
    writer.drop_fields_by_name(["age", "firstname"])
    writer.drop_fields_by_name_prefix(["home_", "first"])
    assert on_disk(sandbox) == {b"Alice": {"firstname": "Alice", "job": "4"}}
    writer.upsert_fields(document("Bob", age="5"))
    after = field_ids(sandbox.store.directory)
    assert (after["firstname"], after["age"]) == (0, 5)
    assert before["age"] in range(1, 5)
    assert "age" not in on_disk(sandbox)[b"Alice"]


def test_all_fields_are_dropped(sandbox: IkvSandbox, writer: IKVWriterImpl) -> None:
    """No document is left, and field ids begin anew."""
    writer.upsert_fields(document("Alice", age="1", city="2"))
    writer.drop_all_fields()
    assert (on_disk(sandbox), field_ids(sandbox.store.directory)) == ({}, {"firstname": 0})
    writer.upsert_fields(document("Bob", job="3"))
    assert on_disk(sandbox) == {b"Bob": {"firstname": "Bob", "job": "3"}}
    assert field_ids(sandbox.store.directory)["job"] == 1


@pytest.mark.parametrize("wrong", ["account", "passkey", "store"])
def test_wrong_credentials_and_stores_are_refused(
    sandbox: IkvSandbox, connect: Callable[..., IKVWriterImpl], wrong: str
) -> None:
    """One answer for all three, so that nothing is told of which store exists."""
    writer = connect(sandbox, **{wrong: "another"})
    text = (
        "Unexpected failure, status code: 3 message: Invalid arguments: java.lang.IllegalArgumentException: "
        "Invalid store configuration or credentials provided"
    )
    calls = (writer.fetch_server_supplied_config, lambda: writer.upsert_fields(document("Alice")))
    for call in calls:
        with pytest.raises(RuntimeError) as caught:
            call()
        assert str(caught.value) == text
    assert sandbox.events() == []


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda writer, made: writer.upsert_fields(made), "primaryKey missing"),
        (lambda writer, made: writer.delete_fields(made, ["x"]), "Cannot delete without primary-key"),
        (lambda writer, made: writer.delete_document(made), "Cannot delete without primary-key"),
    ],
)
def test_a_missing_key_is_refused(
    writer: IKVWriterImpl, call: Callable[[IKVWriterImpl, IKVDocument], None], reason: str
) -> None:
    """Each call says so in the gateway's words."""
    with pytest.raises(RuntimeError, match=f"status code: 3 .*{reason}"):
        call(writer, IKVDocumentBuilder().put_string_field("lastname", "Jones").build())


def test_the_gateway_speaks_tls(
    fresh_ikv: Callable[..., IkvSandbox], connect: Callable[..., IKVWriterImpl], authority: Authority
) -> None:
    """A client that trusts the authority gets through; one that does not never reaches a call."""
    pair = authority.server()
    sandbox = fresh_ikv(tls=(pair.key.read_bytes(), pair.certificate.read_bytes()))
    roots = grpc.ssl_channel_credentials(root_certificates=authority.file.read_bytes())
    writer = connect(sandbox, channel=grpc.secure_channel(sandbox.endpoint, roots))
    assert writer.fetch_server_supplied_config().stringConfigs["store_name"] == "user_profiles"
    with grpc.secure_channel(sandbox.endpoint, grpc.ssl_channel_credentials()) as stranger:
        with pytest.raises(grpc.RpcError) as caught:
            services_pb2_grpc.InlineKVWriteServiceStub(stranger).helloWorld(HelloWorldRequest(echo="x"), timeout=10)
        assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
    assert dict(sandbox.calls) == {"getUserStoreConfig": 1}
