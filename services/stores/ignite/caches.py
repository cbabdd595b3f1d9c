"""Caches as key and value: read by scan and get, changed by conditional operations on the exact bytes read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from services.cancel import NEVER, CancelToken
from services.errors import NotFound, UnsupportedOperation, ValueRefused
from services.stores.changes import Call, Change, Condition, Delete, Existence, Insert, Outcome, Path, Result, Update
from services.stores.ignite.affinity import Affinity
from services.stores.ignite.arrow import marked
from services.stores.ignite.cache_settings import CacheSettings
from services.stores.ignite.codec import requests, tags
from services.stores.ignite.codec.pages import KEY_COLUMNS, PageDecoder
from services.stores.ignite.codec.reader import ByteReader
from services.stores.ignite.containers import Containers
from services.stores.ignite.faults import ServerRefusal, asked, refused
from services.stores.ignite.page_stream import DEFAULT_PAGE_ROWS, batches
from services.stores.ignite.shown import is_same, literal
from services.stores.types import Column, Count, Description, Page, RowQuery
from services.values import Key, Row, Typed, Value

if TYPE_CHECKING:
    from services.stores.ignite.cluster_types import ClusterTypes
    from services.stores.ignite.pool import WirePool
    from services.stores.ignite.wire import Wire

KEY: Final = "key"
VALUE: Final = "value"
APPLIED: Final = Outcome(Result.APPLIED)
CHANGED: Final = "the value changed since it was read"
GONE: Final = "there is no entry with this key any more"
TAKEN: Final = "an entry with this key is already there"


class Caches(Containers):
    """The key-value side of a cluster."""

    def __init__(self, pool: WirePool, types: ClusterTypes) -> None:
        self._pool = pool
        self._types = types
        self._settings = CacheSettings(pool)
        self._affinity = Affinity(pool)
        self._words: dict[tuple[Path, str], str] = {}

    def names(self) -> list[str]:
        """The names of all caches."""
        with self._pool.lease() as wire:
            return requests.read_names(asked(wire, "caches", requests.OP_CACHE_NAMES, b""))

    def size(self, name: str) -> int:
        """Entries in the cache, backups not counted."""
        with self._pool.lease() as wire:
            answer = asked(wire, name, requests.OP_CACHE_SIZE, requests.cache_size(name))
        return ByteReader(answer, 0).int64()

    def describe(self, path: Path) -> Description:
        """The configuration with all its properties."""
        name = path[1]
        groups, options = self._settings.read(name)
        columns = tuple(Column(column, self._word(path, column), column == KEY) for column in KEY_COLUMNS)
        return Description(
            path=path,
            name=name,
            kind="cache",
            columns=columns,
            options=options,
            groups=groups,
            count=Count.exact(self.size(name)),
        )

    def _word(self, path: Path, column: str) -> str:
        if (path, column) not in self._words:
            for page in self.read_rows(path, RowQuery(limit=1), NEVER):
                self._remember(path, page.batch)
        return self._words.get((path, column), "Object")

    def _remember(self, path: Path, batch: pa.RecordBatch) -> None:
        for column in batch.schema:
            word = (column.metadata or {}).get(b"storedeck.type", b"").decode()
            if batch.num_rows and word and not pa.types.is_null(column.type):
                self._words.setdefault((path, column.name), word)

    def read_rows(self, path: Path, query: RowQuery, cancel: CancelToken) -> Iterator[Page]:
        """Entries by scan, in the order the server gives them.

        Raises:
            UnsupportedOperation: a filter or an order was asked for, which a scan does not have.
        """
        if query.where or query.order:
            hint = "Filter and sort the loaded rows, or query the cache's table by SQL."
            raise UnsupportedOperation(f"{path[1]}: a cache scan has no filter or order", hint=hint)
        with self._pool.lease(cancel) as wire:
            yield from self._scan(wire, path, query)

    def _scan(self, wire: Wire, path: Path, query: RowQuery) -> Iterator[Page]:
        name, limit = path[1], query.limit
        page_rows = min(query.page_rows or DEFAULT_PAGE_ROWS, limit or DEFAULT_PAGE_ROWS)
        total = Count.exact(self.size(name)) if limit is None else None
        decoder = PageDecoder(KEY_COLUMNS, self._types.resolver, self._types.zone)
        reader = ByteReader(asked(wire, name, requests.OP_SCAN, requests.scan(name, page_rows)))
        cursor, loaded = reader.int64(), 0
        try:
            for batch, has_more in batches(wire, cursor, requests.OP_SCAN_NEXT, reader, decoder, limit):
                loaded += batch.num_rows
                self._remember(path, batch)
                count = (total or Count.at_least(loaded)) if has_more else Count.exact(loaded)
                yield Page(_columns(marked(batch, (KEY,), {}), query.columns), count)
        except ServerRefusal as refusal:
            raise refused(name, refusal) from refusal

    def read_key(self, path: Path, key: Key) -> dict[str, Typed] | None:
        """The entry of a key."""
        found = self._raw(path, key)
        return None if found is None else {KEY: key[KEY], VALUE: self._types.decode(found)}

    def _raw(self, path: Path, key: Key) -> bytes | None:
        answer = self._ask(path, requests.OP_GET, self._types.encode(key[KEY]))
        return None if answer[0] == tags.NULL else answer

    def _ask(self, path: Path, op: int, key: bytes, *values: bytes) -> bytes:
        """Ask for something with one key, of the node that holds it where the profile wants that."""
        name = path[1]
        with self._pool.lease(node_id=self._affinity.node_of(name, key)) as wire:
            return bytes(asked(wire, name, op, requests.get(name, key) + b"".join(values)))

    def plan(self, change: Change) -> Call:
        """The operation with its arguments."""
        key = literal(change.key[KEY])
        match change:
            case Insert():
                return Call(f"cache.put_if_absent({key}, {literal(_value(change.after))})")
            case Update():
                before = literal(_value(change.before))
                return Call(f"cache.replace_if_equals({key}, {before}, {literal(_value(change.after))})")
            case Delete():
                return Call(f"cache.remove_if_equals({key}, {literal(_value(change.before))})")

    def apply(self, change: Change, cancel: CancelToken) -> Outcome:
        """Send the operation; the server compares the bytes that were read and writes in one act."""
        cancel.check()
        match change:
            case Insert():
                return self._insert(change.path, change.key, _value(change.after))
            case Update():
                return self._replace(change.path, change.key, _value(change.before), _value(change.after))
            case Delete():
                return self._replace(change.path, change.key, _value(change.before), None)

    def _insert(self, path: Path, key: Key, value: Typed) -> Outcome:
        is_put = self._ask(path, requests.OP_PUT_IF_ABSENT, *self._entry(key, value))[0]
        return APPLIED if is_put else self._conflict(path, key, TAKEN)

    def _entry(self, key: Key, value: Typed) -> tuple[bytes, bytes]:
        encoded = self._types.encode(key[KEY]), self._types.encode(value)
        for item in (key[KEY], value):
            self._types.register(item)
        return encoded

    def _replace(self, path: Path, key: Key, before: Typed, after: Typed | None) -> Outcome:
        """Write `after`, or remove where None, if the entry still is `before`."""
        raw = self._raw(path, key)
        if raw is None or not is_same(self._types.decode(raw), before):
            return self._conflict(path, key, CHANGED)
        if after is None:
            is_done = self._ask(path, requests.OP_REMOVE_IF_EQUALS, self._types.encode(key[KEY]), raw)[0]
        else:
            encoded, value = self._entry(key, after)
            is_done = self._ask(path, requests.OP_REPLACE_IF_EQUALS, encoded, raw, value)[0]
        return APPLIED if is_done else self._conflict(path, key, CHANGED)

    def _conflict(self, path: Path, key: Key, words: str) -> Outcome:
        current = self.read_key(path, key)
        return Outcome(Result.CONFLICT, GONE) if current is None else Outcome(Result.CONFLICT, words, current=current)

    def put(self, path: Path, row: Row, condition: Condition) -> Outcome:
        """Put an entry; see `PutsRows.put`."""
        key, value = {KEY: _typed(row, KEY)}, _typed(row, VALUE)
        if condition is Existence.ABSENT:
            return self._insert(path, key, value)
        if isinstance(condition, Mapping):
            return self._replace(path, key, _typed(condition, VALUE), value)
        entry = self._entry(key, value)
        if condition is None:
            self._ask(path, requests.OP_PUT, *entry)
            return APPLIED
        return APPLIED if self._ask(path, requests.OP_REPLACE, *entry)[0] else Outcome(Result.CONFLICT, GONE)

    def remove(self, path: Path, key: Key, condition: Condition) -> Outcome:
        """Remove an entry; see `PutsRows.remove`."""
        if isinstance(condition, Mapping):
            return self._replace(path, key, _typed(condition, VALUE), None)
        if condition is Existence.ABSENT:
            return APPLIED if self._raw(path, key) is None else self._conflict(path, key, TAKEN)
        removed = self._ask(path, requests.OP_REMOVE_KEY, self._types.encode(key[KEY]))[0]
        return APPLIED if removed or condition is None else Outcome(Result.CONFLICT, GONE)

    def type_words(self, path: Path, column: str) -> tuple[str, ...]:
        """The type that the entries read so far have, then every other type."""
        if column not in KEY_COLUMNS:
            raise NotFound(f"{column}: a cache has the columns key and value")
        first = self._word(path, column)
        rest = tuple(word for word in tags.TYPE_WORDS if word != first)
        return rest if first in ("Object", "Mixed") else (first, *rest)

    def create(self, path: Path, definition: Mapping[str, Any]) -> None:
        """Create with the properties that a description gives as options."""
        self._settings.create(path[1], definition.get("options") or {})

    def drop(self, path: Path) -> None:
        """Destroy the cache and its entries."""
        self.size(path[1])
        with self._pool.lease() as wire:
            asked(wire, path[1], requests.OP_DESTROY_CACHE, requests.destroy_cache(path[1]))
        for known in [known for known in self._words if known[0] == path]:
            del self._words[known]


def _value(row: Mapping[str, Value]) -> Typed:
    return _typed(row, VALUE)


def _typed(row: Mapping[str, Value], column: str) -> Typed:
    value = row.get(column)
    if not isinstance(value, Typed) or value.value is None:
        hint = "A cache holds neither NULL keys nor NULL values; delete the entry instead."
        raise ValueRefused(f"{column}: an entry needs one", hint=hint)
    return value


def _columns(batch: pa.RecordBatch, names: tuple[str, ...]) -> pa.RecordBatch:
    return batch.select(list(names)) if names else batch
