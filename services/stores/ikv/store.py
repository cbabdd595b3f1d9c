"""The IKV store: writes through the gateway, reads from the mounted index; either may be missing."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Final

from services.cancel import NEVER, CancelToken
from services.errors import ConnectFailed, NotFound, Refused, StoredeckError, UnsupportedOperation
from services.secrets import Secret
from services.stores.base import ManagesContainers, PutsRows, ReadsKeys, ReadsRows, Store, WritesRows
from services.stores.changes import Call, Change, Condition, Outcome, Path, Result
from services.stores.features import Feature, Guarantee
from services.stores.ikv import catalog, documents, inputs, names, reading
from services.stores.ikv.bulk import BatchOutcome, batches, send_batches
from services.stores.ikv.bulk_power import IkvBulk
from services.stores.ikv.checking import ConnectionCheck
from services.stores.ikv.dropping import drop
from services.stores.ikv.gateway import KEY_BYTES, Fields, Gateway, StoreSettings
from services.stores.ikv.index.mounted import MountedIndex, Snapshot, check_owner
from services.stores.ikv.options import IkvOptions
from services.stores.ikv.statistics import Statistics, statistics_of
from services.stores.ikv.types import WORDS
from services.stores.ikv.writes import MESSAGE_BYTES, applied, check_key, outcome_of, planned, write_from
from services.stores.limits import Limits
from services.stores.types import CheckStep, Children, Description, Group, Node, Page, RowQuery
from services.values import Key, Row, Typed

READS: Final = frozenset((Feature.READS_ROWS, Feature.READS_KEYS, Feature.EXACT_COUNTS, Feature.READS_IN_BULK))
WRITES: Final = frozenset((Feature.WRITES_ROWS, Feature.MANAGES_CONTAINERS, Feature.WRITES_IN_BULK))
ALWAYS: Final = frozenset((Feature.ABSENT_FIELDS, Feature.TYPE_HINTS))


class IkvStore(Store, ReadsRows, ReadsKeys, WritesRows, PutsRows, ManagesContainers, IkvBulk):
    """One document store of one account."""

    kind: ClassVar[str] = "ikv"
    features = READS | WRITES | ALWAYS
    limits = Limits(
        page_rows=documents.PAGE_ROWS, batch_bytes=MESSAGE_BYTES, key_bytes=KEY_BYTES, cell_bytes=MESSAGE_BYTES
    )

    def __init__(self, fields: Mapping[str, str], secrets: Mapping[str, Secret]) -> None:
        self._options = IkvOptions.from_profile(fields, secrets)
        self._gateway = Gateway(self._options)
        self._settings = StoreSettings()
        self._index: MountedIndex | None = None
        if self._options.mount_directory:
            self._index = MountedIndex(self._options.mount_directory, self._options.store_name)
        self._measuring = threading.Lock()
        self._measured: tuple[Snapshot, Statistics] | None = None
        self.features = ALWAYS | (READS if self._index else frozenset())
        self.features |= WRITES if self._options.has_gateway else frozenset()

    @property
    def requests(self) -> int:
        """Calls of the gateway so far."""
        return self._gateway.requests

    @property
    def notices(self) -> tuple[str, ...]:
        """What is to be known of the rows that were read last, such as events that are missing."""
        last = self._index.last if self._index is not None else None
        return last.warnings if last is not None else ()

    def connect(self, cancel: CancelToken = NEVER) -> None:
        """Sign in and learn the store's settings; without a gateway find the index."""
        if self._options.has_gateway:
            self._settings = self._gateway.settings(cancel)
            return
        assert self._index is not None
        try:
            self._settings = StoreSettings({"primary_key_field_name": self._index.schema().primary_key})
        except Refused as error:
            raise ConnectFailed(error.message, hint=error.hint) from error

    def check(self, cancel: CancelToken = NEVER) -> Iterator[CheckStep]:
        """The five steps on connections of their own."""
        return ConnectionCheck(self._options, lambda settings: self._list_index(settings, cancel)).steps(cancel)

    def _list_index(self, settings: StoreSettings, cancel: CancelToken) -> str | None:
        if self._index is None:
            return None
        found = self._index.snapshot(cancel)
        check_owner(found, settings.primary_key, settings.topic)
        warnings = "".join(f"; warning: {warning}" for warning in found.warnings)
        counted = f"{found.rows:,} documents, {len(found.schema.fields):,} fields"
        return f"{counted}, last event {catalog.age(found)}{warnings}"

    def _snapshot(self, cancel: CancelToken = NEVER) -> Snapshot:
        """The index as it is now.

        Raises:
            UnsupportedOperation: the profile has none.
            NotFound, ProtocolError: it cannot be read.
            Refused: it is another store's.
        """
        if self._index is None:
            raise UnsupportedOperation(
                f"{self._options.store_name}: IKV is read from a mounted index only",
                hint="Set mount_directory to the directory that a reader of the store fills, or to a copy of it.",
            )
        found = self._index.snapshot(cancel)
        check_owner(found, self._settings.primary_key, self._settings.topic)
        return found

    def _statistics(self, snapshot: Snapshot) -> Statistics:
        """Measured once a snapshot."""
        with self._measuring:
            if (
                self._measured is None
                or self._measured[0].segments != snapshot.segments
                or self._measured[0].schema != snapshot.schema
            ):
                self._measured = snapshot, statistics_of(snapshot)
            return self._measured[1]

    def list_children(self, path: Path, page_token: str | None = None) -> Children:
        """The document store and the index; below them fields and views."""
        if self._index is None:
            return catalog.children(path, self._options.store_name, None, page_token)
        try:
            return catalog.children(path, self._options.store_name, self._snapshot(), page_token)
        except NotFound as error:
            if path or not self._options.has_gateway:
                raise
            name = self._options.store_name
            return Children((Node((name,), name, "document store", is_readable=True, note=error.message),))

    def describe(self, path: Path) -> Description:
        """The store, a field, or a view of the index."""
        if names.is_view(path):
            return catalog.describe_view(path)
        names.check_store(path, self._options.store_name)
        if len(path) > 1:
            snapshot = self._snapshot()
            return catalog.describe_field(path, snapshot, self._statistics(snapshot))
        try:
            found = self._snapshot() if self._index is not None else None
            return catalog.describe_store(
                path, self._settings, found, self._statistics(found) if found is not None else None
            )
        except Refused as error:
            if not self._options.has_gateway:
                raise
            return self._without_index(path, error)

    def _without_index(self, path: Path, error: StoredeckError) -> Description:
        """The store can be written though its index cannot be read."""
        found = catalog.describe_store(path, self._settings, None, None)
        group = Group("Mounted index", (("cannot be read", error.message), ("what to do", error.hint)))
        return replace(found, groups=(*found.groups, group))

    def parse_address(self, text: str) -> Path:
        """`STORE`, `STORE/FIELD`, `STORE/PREFIX*` or `@index/VIEW`."""
        return names.parse_address(text)

    def format_address(self, path: Path) -> str:
        """The other way round."""
        return names.format_address(path)

    def read_rows(self, path: Path, query: RowQuery, cancel: CancelToken = NEVER) -> Iterator[Page]:
        """Documents, or a view, from the index as it is when the reading begins."""
        if not names.is_view(path):
            names.check_store(path, self._options.store_name)
        snapshot = self._snapshot(cancel)
        return reading.read(path, query, snapshot, self._statistics, cancel)

    def read_keys(self, path: Path, keys: Sequence[Key]) -> list[Mapping[str, Typed] | None]:
        """The document of each key."""
        names.check_store(path, self._options.store_name)
        snapshot = self._snapshot()
        name = snapshot.schema.primary_key
        wanted = [check_key(name, reading.key_value(name, key)) for key in keys]
        places = snapshot.find(wanted)
        return [documents.read_document(snapshot, *place) if place is not None else None for place in places]

    def guarantee(self, path: Path) -> Guarantee:
        """The service checks nothing."""
        return Guarantee.BLIND_UPSERT

    def plan(self, changes: Sequence[Change]) -> list[Call]:
        """The SDK's calls."""
        for change in changes:
            names.check_store(change.path, self._options.store_name)
        return planned(changes, self._settings)

    def apply(self, changes: Sequence[Change], cancel: CancelToken = NEVER) -> Iterator[Outcome]:
        """One outcome a change; applied means accepted by the gateway, the index follows later."""
        for change in changes:
            names.check_store(change.path, self._options.store_name)
        return applied(changes, self._settings, self._gateway, cancel)

    def put(self, path: Path, row: Row, condition: Condition = None) -> Outcome:
        """Merge fields into a document, there or not; ABSENT deletes a field."""
        return self._single(path, row, condition, is_end=False)

    def remove(self, path: Path, key: Key, condition: Condition = None) -> Outcome:
        """Delete a document."""
        return self._single(path, key, condition, is_end=True)

    def _single(self, path: Path, row: Row, condition: Condition, *, is_end: bool) -> Outcome:
        names.check_store(path, self._options.store_name)
        if condition is not None:
            words = "IKV cannot check a condition: the last writer wins"
            error = UnsupportedOperation(words, hint="Leave the condition out, and mind who else writes.")
            return Outcome(Result.REFUSED, words, error=error)
        fields = {} if is_end else row
        return outcome_of(
            lambda: write_from(row, fields, {}, self._settings, is_end=is_end).send(self._gateway, NEVER), NEVER
        )

    def type_words(self, path: Path, column: str) -> tuple[str, ...]:
        """All seven types, the one that the field has first."""
        usual = self._usual_type(column)
        return (usual, *(word for word in WORDS if word != usual)) if usual else WORDS

    def _usual_type(self, column: str) -> str:
        """The type that a field has, empty where nothing tells it."""
        if self._index is None:
            return ""
        try:
            snapshot = self._snapshot()
        except Refused:
            return ""
        found = [number for number, name in snapshot.schema.fields.items() if name == column]
        return documents.usual_type(snapshot, found[0]) if found else ""

    def parse(self, path: Path, column: str, text: str, type_word: str = "") -> Typed:
        """A text as the field's type, or as the type named."""
        return inputs.parse(type_word or self.type_words(path, column)[0], text)

    def from_json(self, path: Path, column: str, data: Any) -> Typed:
        """JSON as the field's type where it fits, else as the type it looks like."""
        return inputs.from_json(data, self._usual_type(column))

    def write_many(
        self, operation: str, rows: Iterable[Fields], fields: tuple[str, ...] = (), cancel: CancelToken = NEVER
    ) -> Iterator[BatchOutcome]:
        """Documents in batches below 4 MB: `upsert`, `delete fields` (those named), or `delete documents`.

        A batch is not atomic, and sending it again leaves what sending it once leaves.
        """
        return send_batches(self._gateway, operation, batches(rows), fields, cancel)

    def create(self, path: Path, definition: Mapping[str, Any]) -> None:
        """Not possible.

        Raises:
            UnsupportedOperation: always.
        """
        raise UnsupportedOperation(
            f"{'/'.join(path)}: IKV creates nothing",
            hint="A field appears with its first value; stores and accounts come from the vendor, by e-mail.",
        )

    def drop(self, path: Path) -> None:
        """Drop a field, the fields with a prefix, or with the store's own path everything in it."""
        names.check_store(path, self._options.store_name)
        known = None
        if self._index is not None:
            known = list(self._snapshot().schema.fields.values())
        drop(path, self._settings.primary_key, known, self._gateway)

    def close(self) -> None:
        """Close the channel; mapped files go with the last one who reads them."""
        self._gateway.close()
