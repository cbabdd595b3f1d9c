"""The calls of the gateway: what each checks, publishes and answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hmac import compare_digest
from typing import Protocol

from services.sandbox.faults import HANDSHAKE
from services.sandbox.ikv import events, messages
from services.sandbox.ikv.errors import invalid
from services.sandbox.ikv.events import Event
from services.sandbox.ikv.messages import OK, Request
from services.sandbox.ikv.store import Store
from services.sandbox.ikv.values import Document

BASE_INDEX_BUCKET = "sandbox-base-index"
NO_KAFKA = "127.0.0.1:1"
UNKNOWN_STORE = "Invalid store configuration or credentials provided"


class Gateway(Protocol):
    """What the calls need of the server."""

    account_id: str
    passkey: str
    is_healthy: bool

    @property
    def stores(self) -> Mapping[str, Store]: ...


Call = Callable[[Gateway, bytes], bytes]


def _store(gateway: Gateway, request: Request) -> Store:
    """The store of a request whose credentials are right."""
    store = gateway.stores.get(request.store)
    is_account = request.account_id == gateway.account_id
    is_known = compare_digest(request.passkey.encode(), gateway.passkey.encode())
    if store is None or not is_account or not is_known:
        raise invalid(UNKNOWN_STORE)
    return store


def hello(gateway: Gateway, data: bytes) -> bytes:
    """Echoes; asks for no credentials."""
    return messages.write_echo(messages.read_echo(data))


def health(gateway: Gateway, data: bytes) -> bytes:
    return messages.write_health(0 if gateway.is_healthy else 1)


def config(gateway: Gateway, data: bytes) -> bytes:
    """The settings of a store as its owner at the vendor chose them."""
    store = _store(gateway, messages.read_documents(data))
    strings = {
        "account_id": gateway.account_id,
        "store_name": store.name,
        "primary_key_field_name": store.primary_key,
        "partitioning_key_field_name": store.partitioning_key,
        "kafka_bootstrap_server": NO_KAFKA,
        "kafka_topic": store.topic,
        "base_index_s3_bucket_name": BASE_INDEX_BUCKET,
    }
    return messages.write_config(strings, {"num_kafka_partitions": 1})


def _upsert(gateway: Gateway, request: Request) -> bytes:
    """One event a document, in order; the first one without its key ends it, those before it are published."""
    if request.documents:
        store = _store(gateway, request)
        for document in request.documents:
            for name, words in ((store.primary_key, "primaryKey"), (store.partitioning_key, "partitioningKey")):
                if name not in document:
                    raise invalid(f"{words} missing")
            store.publish(Event(events.UPSERT, document))
    return OK


def upsert(gateway: Gateway, data: bytes) -> bytes:
    return _upsert(gateway, messages.read_document_request(data))


def batch_upsert(gateway: Gateway, data: bytes) -> bytes:
    return _upsert(gateway, messages.read_documents(data))


def _delete(gateway: Gateway, request: Request, operation: str) -> bytes:
    """As `_upsert`; of the document only the primary key is passed on."""
    store = _store(gateway, request)
    for document in request.documents:
        store.publish(Event(operation, _identity(store, document), tuple(request.names)))
    return OK


def _identity(store: Store, document: Document) -> Document:
    for name, words in ((store.primary_key, "primary-key"), (store.partitioning_key, "partitioning-key")):
        if name not in document:
            raise invalid(f"Cannot delete without {words}")
    return {store.primary_key: document[store.primary_key]}


def _delete_fields(gateway: Gateway, request: Request) -> bytes:
    """Nothing to delete is answered before the credentials are looked at."""
    return _delete(gateway, request, events.DELETE_FIELDS) if request.documents and request.names else OK


def delete_fields(gateway: Gateway, data: bytes) -> bytes:
    return _delete_fields(gateway, messages.read_document_request(data))


def batch_delete_fields(gateway: Gateway, data: bytes) -> bytes:
    return _delete_fields(gateway, messages.read_documents(data))


def _delete_documents(gateway: Gateway, request: Request) -> bytes:
    request.names.clear()
    return _delete(gateway, request, events.DELETE_DOCUMENT) if request.documents else OK


def delete_document(gateway: Gateway, data: bytes) -> bytes:
    return _delete_documents(gateway, messages.read_document_request(data))


def batch_delete_documents(gateway: Gateway, data: bytes) -> bytes:
    return _delete_documents(gateway, messages.read_documents(data))


def drop_fields(gateway: Gateway, data: bytes) -> bytes:
    """One event; none when nothing is named and not all are meant."""
    request = messages.read_drop(data)
    store = _store(gateway, request)
    if request.names or request.prefixes or request.drop_all:
        names, prefixes = tuple(request.names), tuple(request.prefixes)
        store.publish(Event(events.DROP_FIELDS, {}, names, prefixes, request.drop_all))
    return OK


_WRITES = "/ikvschemas.InlineKVWriteService/"
# The name of each operation is what faults call it; the settings are the first thing that a client asks for.
METHODS: dict[str, tuple[int | str, Call]] = {
    _WRITES + "helloWorld": ("HelloWorld", hello),
    _WRITES + "upsertFieldValues": ("UpsertFieldValues", upsert),
    _WRITES + "batchUpsertFieldValues": ("BatchUpsertFieldValues", batch_upsert),
    _WRITES + "deleteFieldValues": ("DeleteFieldValues", delete_fields),
    _WRITES + "batchDeleteFieldValues": ("BatchDeleteFieldValues", batch_delete_fields),
    _WRITES + "deleteDocument": ("DeleteDocument", delete_document),
    _WRITES + "batchDeleteDocuments": ("BatchDeleteDocuments", batch_delete_documents),
    _WRITES + "dropFields": ("DropFields", drop_fields),
    _WRITES + "getUserStoreConfig": (HANDSHAKE, config),
    "/ikvschemas.AdminService/healthCheck": ("HealthCheck", health),
}
