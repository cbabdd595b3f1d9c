"""The requests and answers of the gateway (ikvschemas, services.proto)."""

from __future__ import annotations

from dataclasses import dataclass, field

from services.sandbox.ikv import protobuf
from services.sandbox.ikv.values import Document, read_document

OK = b""


@dataclass
class Request:
    """Any request of the write service; what a call has not stays empty."""

    account_id: str = ""
    passkey: str = ""
    store: str = ""
    documents: list[Document] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    drop_all: bool = False


def read_documents(data: bytes) -> Request:
    """A request about documents, one or many: context, time, documents, names of fields.

    The time is the client's and of no use: the gateway does not pass it on.

    Raises:
        protobuf.Malformed: it is none.
    """
    request = Request()
    for number, _, inner in protobuf.fields(data):
        if number == 1:
            _read_context(request, inner)
        elif number == 3:
            request.documents.append(read_document(inner))
        elif number == 4:
            request.names.append(inner.decode())
    return request


def read_document_request(data: bytes) -> Request:
    """As `read_documents` where exactly one document belongs: none given is an empty one."""
    request = read_documents(data)
    request.documents = [{name: value for part in request.documents for name, value in part.items()}]
    return request


def read_drop(data: bytes) -> Request:
    """A request to drop fields: context, time, names, prefixes, all."""
    request = Request()
    for number, value, inner in protobuf.fields(data):
        if number == 1:
            _read_context(request, inner)
        elif number == 3:
            request.names.append(inner.decode())
        elif number == 4:
            request.prefixes.append(inner.decode())
        elif number == 5:
            request.drop_all = bool(value)
    return request


def _read_context(request: Request, data: bytes) -> None:
    """UserStoreContextInitializer: credentials (account id, passkey) and the store's name."""
    for number, _, inner in protobuf.fields(data):
        if number == 1:
            for part, _, text in protobuf.fields(inner):
                if part == 1:
                    request.account_id = text.decode()
                elif part == 2:
                    request.passkey = text.decode()
        elif number == 2:
            request.store = inner.decode()


def read_echo(data: bytes) -> str:
    """The text of a HelloWorldRequest."""
    return next((inner.decode() for number, _, inner in protobuf.fields(data) if number == 1), "")


def write_echo(text: str) -> bytes:
    return protobuf.text(1, text)


def write_health(code: int) -> bytes:
    """0 is healthy, 1 is not."""
    return protobuf.integer(1, code)


def write_config(strings: dict[str, str], numbers: dict[str, int]) -> bytes:
    """A GetUserStoreConfigResponse with an IKVStoreConfig of strings (field 1) and integers (field 2)."""
    texts = ((protobuf.chunk(1, k.encode()), protobuf.chunk(2, v.encode())) for k, v in strings.items())
    integers = ((protobuf.chunk(1, k.encode()), protobuf.integer(2, v)) for k, v in numbers.items())
    return protobuf.chunk(1, protobuf.mapping(1, texts) + protobuf.mapping(2, integers))


def write_status(code: int, text: str) -> bytes:
    """A google.rpc.Status, which goes into the trailing metadata `grpc-status-details-bin`."""
    return protobuf.integer(1, code) + protobuf.text(2, text)
