"""The gateway: the SDK's own writer on a channel of ours, and its generated stubs for what the writer lacks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from services.cancel import NEVER, CancelToken
from services.errors import ProtocolError, SecretNeeded, StoredeckError, UnsupportedOperation
from services.stores.ikv.channel import BoundedStub, open_channel
from services.stores.ikv.faults import translated
from services.stores.ikv.options import IkvOptions
from services.stores.ikv.types import NUMBERS, encode
from services.values import Typed

if TYPE_CHECKING:
    from ikvpy.clientoptions import ClientOptions
    from ikvpy.document import IKVDocument

Answer = TypeVar("Answer")
Fields = Mapping[str, Typed]

KEY_BYTES: Final = 65_535
LOG_FILE: Final = "storedeck-ikv.log"


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """What the gateway says of a store, all kinds of settings in one, as text."""

    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def primary_key(self) -> str:
        """The field that names a document."""
        return self.values.get("primary_key_field_name", "")

    @property
    def partitioning_key(self) -> str:
        """The field that decides where a document goes; usually the primary key."""
        return self.values.get("partitioning_key_field_name", "") or self.primary_key

    @property
    def topic(self) -> str:
        """The stream that readers follow."""
        return self.values.get("kafka_topic", "")


class Gateway:
    """Calls of one account and store. Thread-safe; connects with the first call."""

    def __init__(self, options: IkvOptions) -> None:
        self._options = options
        self._lock = threading.Lock()
        self._writer: Any = None
        self._write: BoundedStub | None = None
        self._admin: BoundedStub | None = None
        self.requests = 0

    def _start(self) -> None:
        """Build the channel and hand it to the SDK's writer, which leaves one alone that it finds at start-up."""
        from ikvpy.schemas import services_pb2_grpc
        from ikvpy.writer import IKVWriterImpl, retry_policy

        writer: Any = IKVWriterImpl(client_options(self._options))
        channel = open_channel(self._options, retry_policy)
        seconds = self._options.timeout_seconds
        self._write = BoundedStub(services_pb2_grpc.InlineKVWriteServiceStub(channel), seconds)
        self._admin = BoundedStub(services_pb2_grpc.AdminServiceStub(channel), seconds)
        writer.channel, writer.stub = channel, self._write
        writer.startup()
        self._writer = writer

    @contextmanager
    def _call(self, what: str, cancel: CancelToken) -> Iterator[Any]:
        """The writer, for one call; its errors become ours."""
        if not self._options.has_gateway:
            raise UnsupportedOperation(
                f"{what}: the profile has no gateway", hint="Set endpoint to host:port of a gateway to write."
            )
        with self._lock:
            if self._writer is None:
                self._start()
        assert self._write is not None
        assert self._admin is not None
        self.requests += 1
        try:
            with self._write.cancelled_by(cancel), self._admin.cancelled_by(cancel):
                yield self._writer
        except StoredeckError:
            raise
        except Exception as error:
            raise translated(what, self._options.target, error) from error

    def settings(self, cancel: CancelToken = NEVER) -> StoreSettings:
        """The store's settings.

        Raises:
            SignInFailed, ConnectFailed, TimedOut, ProtocolError.
        """
        with self._call(self._options.store_name, cancel) as writer:
            found = writer.fetch_server_supplied_config()
        kinds = (found.stringConfigs, found.intConfigs, found.floatConfigs, found.booleanConfigs)
        values = {name: str(value) for kind in kinds for name, value in kind.items() if "passkey" not in name}
        settings = StoreSettings(dict(sorted(values.items())))
        if not settings.primary_key:
            raise ProtocolError(
                f"{self._options.target}: it does not name the store's primary key", hint="Is it an IKV gateway?"
            )
        return settings

    def health(self, cancel: CancelToken = NEVER) -> str:
        """How the gateway says it is, in a word."""
        from google.protobuf import empty_pb2

        try:
            with self._call("health", cancel):
                assert self._admin is not None
                code = self._admin.healthCheck(empty_pb2.Empty()).code
        except UnsupportedOperation:
            return "health not told"
        return "healthy" if code == 0 else "not healthy"

    def upsert(self, document: Fields, cancel: CancelToken = NEVER) -> None:
        """Merge the fields of one document, which names its keys."""
        wanted = sdk_document(document)
        with self._call("upsert", cancel) as writer:
            writer.upsert_fields(wanted)

    def delete_fields(self, key: Fields, names: Sequence[str], cancel: CancelToken = NEVER) -> None:
        """Delete fields of one document."""
        wanted = sdk_document(key)
        with self._call("delete fields", cancel) as writer:
            writer.delete_fields(wanted, list(names))

    def delete_document(self, key: Fields, cancel: CancelToken = NEVER) -> None:
        """Delete one document."""
        wanted = sdk_document(key)
        with self._call("delete document", cancel) as writer:
            writer.delete_document(wanted)

    def drop_fields(self, names: Sequence[str] = (), prefixes: Sequence[str] = ()) -> None:
        """Drop fields of all documents, by their names or by how their names begin."""
        with self._call("drop fields", NEVER) as writer:
            if names:
                writer.drop_fields_by_name(list(names))
            if prefixes:
                writer.drop_fields_by_name_prefix(list(prefixes))

    def drop_all(self) -> None:
        """Drop all documents and all fields of the store."""
        with self._call("drop all", NEVER) as writer:
            writer.drop_all_fields()

    def batch(self, operation: str, documents: Sequence[Any], names: Sequence[str], cancel: CancelToken) -> None:
        """One batch through the stub, which the SDK's writer has no method for; not atomic.

        Args:
            operation: `upsert`, `delete fields` or `delete documents`.
            documents: as `wire_document` makes them.
        """
        from google.protobuf import timestamp_pb2
        from ikvpy.schemas import services_pb2 as messages

        now = timestamp_pb2.Timestamp()
        now.GetCurrentTime()
        with self._call(f"batch {operation}", cancel) as writer:
            assert self._write is not None
            common = {"userStoreContextInitializer": writer.user_store_context_initializer, "timestamp": now}
            if operation == "upsert":
                self._write.batchUpsertFieldValues(
                    messages.BatchUpsertFieldValuesRequest(**common, documents=documents)
                )
            elif operation == "delete fields":
                request = messages.BatchDeleteFieldValuesRequest(**common, documentIds=documents, fieldNames=names)
                self._write.batchDeleteFieldValues(request)
            else:
                request = messages.BatchDeleteDocumentsRequest(**common, documentIds=documents)
                self._write.batchDeleteDocuments(request)

    def close(self) -> None:
        """Close the channel; calls under way end."""
        with self._lock:
            writer, self._writer = self._writer, None
        if writer is not None:
            with suppress(Exception):
                writer.shutdown()


def client_options(options: IkvOptions) -> ClientOptions:
    """The SDK's options. The log levels concern its native reader, which is never started here."""
    from ikvpy.clientoptions import ClientOptionsBuilder

    builder: Any = ClientOptionsBuilder()
    passkey = options.account_passkey.reveal()
    if not passkey.strip():
        raise SecretNeeded("account_passkey", "account_passkey: the gateway needs it", hint="Give it to the profile.")
    builder.with_store_name(options.store_name).with_account_id(options.account_id).with_account_passkey(passkey)
    if options.mount_directory:
        builder.with_mount_directory(options.mount_directory)
    if options.console_log_level:
        builder.with_console_logging(options.console_log_level)
    if options.file_log_level and options.mount_directory:
        builder.with_file_logging(options.file_log_level, str(Path(options.mount_directory) / LOG_FILE))
    built: ClientOptions = builder.build()
    return built


def sdk_document(fields: Fields) -> IKVDocument:
    """A document for the SDK, whose own builder takes only text and bytes."""
    from ikvpy.document import IKVDocument
    from ikvpy.schemas.common_pb2 import FieldValue

    made: Callable[..., Any] = FieldValue
    found = {name: made(fieldType=NUMBERS[value.type], value=encode(name, value)) for name, value in fields.items()}
    return IKVDocument(found)


def wire_document(fields: Fields) -> Any:
    """A document as the batches carry it."""
    return sdk_document(fields).as_ikv_document_on_wire()
