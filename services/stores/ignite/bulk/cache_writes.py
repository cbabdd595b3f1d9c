"""Caches written in parts: many entries a request where they replace others, one by one where they must be new."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from services.cancel import CancelToken
from services.errors import NotFound, ValueRefused
from services.results.typed import typed_cell
from services.stores.bulk import Receipt, Reject, WriteMode, WritePlan, WriteWish
from services.stores.changes import Path
from services.stores.features import Guarantee
from services.stores.ignite.bulk.cache_fields import target_fields
from services.stores.ignite.bulk.cache_reads import CacheReads
from services.stores.ignite.bulk.encoding import encode_column, relabelled
from services.stores.ignite.cache_settings import CacheSettings
from services.stores.ignite.codec import requests
from services.stores.ignite.codec.generic import decode_object
from services.stores.ignite.codec.reader import ByteReader
from services.stores.ignite.codec.skip import skip
from services.stores.ignite.faults import asked
from services.stores.ignite.shown import is_same
from services.value_json import json_text, typed_json
from services.values import Typed

if TYPE_CHECKING:
    from services.stores.ignite.caches import Caches
    from services.stores.ignite.cluster_types import ClusterTypes
    from services.stores.ignite.pool import WirePool
    from services.stores.ignite.wire import Wire

BLOCK_ENTRIES: Final = 1_000
BLOCK_BYTES: Final = 1_000_000
TAKEN: Final = "the key is taken by another value"
_CLEARED: Final = "its entries are removed when the transfer begins, not when it is committed"
_EMPTY_ADVICE: Final = "Choose append, upsert, skip or overwrite, or another cache."

Entry = tuple[bytes, bytes]


class CacheWrites:
    """Plans and writes the parts that go to caches."""

    def __init__(self, pool: WirePool, types: ClusterTypes, reads: CacheReads, caches: Caches) -> None:
        self._pool = pool
        self._types = types
        self._reads = reads
        self._caches = caches

    def plan(self, path: Path, schema: pa.Schema, wish: WriteWish, cancel: CancelToken) -> WritePlan:
        """See `BulkWrites.plan_write`."""
        name = path[1]
        is_there = name in self._caches.names()
        if not is_there and not wish.is_created:
            raise NotFound(f"{name}: there is no such cache", hint="Let it be created with --create.")
        notes = [] if is_there else ["is created"]
        sampled: dict[str, Any] = {}
        if is_there and (size := self._caches.size(name)):
            _check_empty(name, size, wish)
            sampled = {field.name: field for field in self._reads.sampled(name, cancel)[0]}
        fields, told = target_fields(schema, sampled, wish.options, self._types.zone)
        if wish.mode is WriteMode.OVERWRITE and is_there:
            notes.append(_CLEARED)
        is_blind = wish.mode in (WriteMode.UPSERT, WriteMode.OVERWRITE)
        guarantee = Guarantee.BLIND_UPSERT if is_blind else Guarantee.CONDITIONAL
        state = {"cache": name, "is_created": not is_there}
        return WritePlan(path, fields, wish, guarantee, state, notes=(*notes, *told))

    def begin(self, plan: WritePlan, cancel: CancelToken) -> WritePlan:
        """See `BulkWrites.begin_write`."""
        name = plan.state["cache"]
        if plan.state["is_created"] and name not in self._caches.names():
            CacheSettings(self._pool).create(name, {})
        if plan.wish.mode is WriteMode.OVERWRITE:
            with self._pool.lease(cancel) as wire:
                asked(wire, name, requests.OP_REMOVE_ALL, requests.clear(name))
        _check_empty(name, self._caches.size(name), plan.wish)
        return plan

    def part(self, plan: WritePlan, part: int, batches: Iterator[pa.RecordBatch], cancel: CancelToken) -> Receipt:
        """See `BulkWrites.write_part`."""
        writer = _EntryWriter(self._pool, self._types, plan, cancel)
        size = 0
        for batch in batches:
            writer.write(batch)
            size += batch.nbytes
        return Receipt(part, writer.seen - len(writer.rejects), size, tuple(writer.rejects))


def _check_empty(name: str, size: int, wish: WriteWish) -> None:
    if wish.mode is WriteMode.FAIL and size:
        raise ValueRefused(f"{name}: is not empty", hint=_EMPTY_ADVICE)


class _EntryWriter:
    """Writes the entries of one part in the plan's mode."""

    def __init__(self, pool: WirePool, types: ClusterTypes, plan: WritePlan, cancel: CancelToken) -> None:
        self._pool = pool
        self._types = types
        self._schema = plan.schema
        self._mode = plan.wish.mode
        self._name: str = plan.state["cache"]
        self._cancel = cancel
        self._is_told = False
        self.seen = 0
        self.rejects: list[Reject] = []

    def write(self, batch: pa.RecordBatch) -> None:
        """Write some entries."""
        for start in range(0, batch.num_rows, BLOCK_ENTRIES):
            self._cancel.check()
            self._write_block(batch.slice(start, BLOCK_ENTRIES))

    def _write_block(self, batch: pa.RecordBatch) -> None:
        columns = [relabelled(array, field.type) for array, field in zip(batch.columns, self._schema, strict=True)]
        self._tell_types(columns)
        encoded: list[list[bytes]] = []
        misfits: dict[int, Reject] = {}
        for field, array in zip(self._schema, columns, strict=True):
            objects, reasons = encode_column(array, field, self._types, is_sql=False)
            encoded.append(objects)
            for row, reason in reasons.items():
                misfits.setdefault(row, Reject(self.seen + row, reason, field.name))
        keys, values = encoded
        entries = {row: (keys[row], values[row]) for row in range(batch.num_rows) if row not in misfits}
        with self._pool.lease(self._cancel) as wire:
            if self._mode in (WriteMode.UPSERT, WriteMode.OVERWRITE):
                self._put(wire, dict(entries.values()))
            else:
                self._insert(wire, entries, misfits)
        self.rejects += [misfits[row] for row in sorted(misfits)]
        self.seen += batch.num_rows

    def _tell_types(self, columns: Sequence[Any]) -> None:
        """The cluster learns of the binary types of typed objects, which are the same in every row."""
        if self._is_told:
            return
        for field, array in zip(self._schema, columns, strict=True):
            if pa.types.is_struct(field.type) and len(array):
                value = typed_cell(array, 0, field)
                assert isinstance(value, Typed)
                self._types.register(value)
        self._is_told = True

    def _put(self, wire: Wire, entries: dict[bytes, bytes]) -> None:
        """Put entries in the order of their keys, so that two writers never wait for each other in a circle."""
        ordered = sorted(entries.items())
        for some in _blocks(ordered):
            self._cancel.check()
            asked(wire, self._name, requests.OP_PUT_ALL, requests.put_all(self._name, some))

    def _insert(self, wire: Wire, entries: dict[int, Entry], misfits: dict[int, Reject]) -> None:
        """Put what is absent; what is there already is compared, or left as it is."""
        there = self._there(wire, [key for key, _ in entries.values()])
        taken: list[int] = []
        for row, (key, value) in entries.items():
            if self._token(key) in there or not self._put_if_absent(wire, key, value):
                taken.append(row)
        if self._mode is WriteMode.SKIP or not taken:
            return
        there |= self._there(wire, [entries[row][0] for row in taken])
        for row in taken:
            key, value = entries[row]
            held = there.get(self._token(key))
            if held is None or not is_same(held, self._types.decode(value)):
                misfits[row] = Reject(self.seen + row, TAKEN)

    def _put_if_absent(self, wire: Wire, key: bytes, value: bytes) -> bool:
        self._cancel.check()
        body = requests.put(self._name, key, value)
        return bool(asked(wire, self._name, requests.OP_PUT_IF_ABSENT, body)[0])

    def _there(self, wire: Wire, keys: Sequence[bytes]) -> dict[str, Typed]:
        """The values of those keys that the cache has."""
        if not keys:
            return {}
        body = requests.get_all(self._name, list(dict.fromkeys(keys)))
        reader = ByteReader(asked(wire, self._name, requests.OP_GET_ALL, body))
        found = {}
        for _ in range(reader.count(2)):
            key, at = decode_object(reader.data, reader.offset, self._types.resolver, self._types.zone)
            end = skip(reader.data, at)
            found[json_text(typed_json(key))] = self._types.decode(bytes(reader.data[at:end]))
            reader.offset = end
        return found

    def _token(self, key: bytes) -> str:
        return json_text(typed_json(self._types.decode(key)))


def _blocks(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    """Entries in requests of bounded bytes."""
    start = size = 0
    for place, (key, value) in enumerate(entries):
        if size and size + len(key) + len(value) > BLOCK_BYTES:
            yield entries[start:place]
            start, size = place, 0
        size += len(key) + len(value)
    if start < len(entries):
        yield entries[start:]
