"""The offset table of a segment: an append-only log of which field of which document lies where.

Each record is a little-endian int32 length and a message with one of `updateDocFields` 1 (primary_key 1, field_ids 2,
offsets 3), `deleteDocFields` 2 (primary_key 1, field_ids 2), `deleteDoc` 3 (primary_key 1). The log is buffered while
it is written, so the last record may be cut; anything else that does not fit is damage.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct
from typing import Any, Final

import numpy as np

from services.errors import ProtocolError
from services.stores.ikv.index import wire
from services.stores.ikv.index.arrays import Bytes, Ints, gather, packed, varints

UPDATE: Final = 1
DELETE_FIELDS: Final = 2
DELETE_DOCUMENT: Final = 3
LENGTH: Final = Struct("<i")
DAMAGE_HINT: Final = "Copy the index again while its reader is stopped, or let the reader rebuild it."


@dataclass(frozen=True, slots=True)
class Log:
    """The records of one offset table, in order, as flat arrays.

    Attributes:
        data: the file's bytes, in which the keys lie.
        kinds: UPDATE, DELETE_FIELDS or DELETE_DOCUMENT, one a record.
        counts: how many fields each record names; `field_ids` and `offsets` hold them one after the other.
        offsets: where the values lie; -1 for a field that is deleted.
        cut_bytes: bytes of a last record that is not whole, 0 when the log ends well.
    """

    data: Bytes
    kinds: Bytes
    key_starts: Ints
    key_lengths: Ints
    counts: Ints
    field_ids: Ints
    offsets: Ints
    cut_bytes: int

    @property
    def key_bytes(self) -> Bytes:
        """The keys of all records, one after the other."""
        return gather(self.data, self.key_starts, self.key_lengths)


def read_log(raw: bytes, what: str) -> Log:
    """Read a whole offset table.

    Args:
        what: names the file in errors.
    Raises:
        ProtocolError: a record in its middle makes no sense.
    """
    starts, lengths, cut = _frames(raw, what)
    data = np.frombuffer(raw, np.uint8)
    found = _decoded(data, starts, lengths) if len(starts) else None
    if found is None:
        found = _one_by_one(raw, starts.tolist(), lengths.tolist(), what)
    return Log(data, *found, cut)


def _frames(raw: bytes, what: str) -> tuple[Ints, Ints, int]:
    """Where each record's message begins, how long it is, and the bytes of a cut record at the end."""
    unpack, size = LENGTH.unpack_from, len(raw)
    starts, lengths = [], []
    position = 0
    while position + 4 <= size:
        (length,) = unpack(raw, position)
        if length == 0 and not any(raw[position:]):
            break  # space that was reserved and never written
        if length <= 0:
            raise ProtocolError(
                f"{what}: the record at byte {position:,} is damaged: length {length}", hint=DAMAGE_HINT
            )
        if position + 4 + length > size:
            break
        starts.append(position + 4)
        lengths.append(length)
        position += 4 + length
    return np.array(starts, np.int64), np.array(lengths, np.int64), size - position


Decoded = tuple[Bytes, Ints, Ints, Ints, Ints, Ints]


def _decoded(data: Bytes, starts: Ints, lengths: Ints) -> Decoded | None:
    """All records at once, when every one has the order of fields that the writer gives them; else None."""
    ends = starts + lengths
    kinds: Bytes = (data[starts] >> 3).astype(np.uint8)
    inner, place = varints(data, starts + 1)
    is_usual = (
        (data[starts] & 7 == wire.BYTES) & (kinds >= UPDATE) & (kinds <= DELETE_DOCUMENT) & (place + inner == ends)
    )
    if not is_usual.all():
        return None
    key_starts, key_lengths, place, is_key = _piece(data, place, ends, 0x0A)
    id_starts, id_lengths, place, _ = _piece(data, place, ends, 0x12)
    offset_starts, offset_lengths, place, _ = _piece(data, place, ends, 0x1A)
    if not (is_key & (place == ends)).all():
        return None
    ids = packed(gather(data, id_starts, id_lengths), id_lengths)
    places = packed(gather(data, offset_starts, offset_lengths), offset_lengths)
    if ids is None or places is None:
        return None
    offsets = _matched(kinds, ids[1], places)
    return None if offsets is None else (kinds, key_starts, key_lengths, ids[1], ids[0], offsets)


def _piece(data: Bytes, place: Ints, ends: Ints, tag: int) -> tuple[Ints, Ints, Ints, Any]:
    """The length-delimited field with that tag at each place, where it is there: start, length, the place after."""
    inside = place < ends
    is_there = inside & (data[np.minimum(place, len(data) - 1)] == tag)
    lengths, starts = varints(data, place + 1)
    lengths = np.where(is_there & (starts + lengths <= ends), lengths, 0)
    starts = np.where(is_there, starts, place)
    return starts, lengths, starts + lengths, is_there


def _matched(kinds: Bytes, counts: Ints, places: tuple[Ints, Ints]) -> Ints | None:
    """An offset for every field id: those of updates as written, -1 for deleted fields; None when they do not pair."""
    offsets, offset_counts = places
    is_update = kinds == UPDATE
    if not np.array_equal(np.where(is_update, counts, 0), offset_counts) or counts[kinds == DELETE_DOCUMENT].any():
        return None
    found = np.full(int(counts.sum()), -1, np.int64)
    found[np.repeat(is_update, counts)] = offsets
    return found


def _one_by_one(raw: bytes, starts: list[int], lengths: list[int], what: str) -> Decoded:
    """The slow way, for records whose fields come in another order, and to say which record is damaged."""
    kinds, key_starts, key_lengths, counts = [], [], [], []
    field_ids: list[int] = []
    offsets: list[int] = []
    for start, length in zip(starts, lengths, strict=True):
        try:
            kind, key, ids, places = _record(raw[start : start + length])
        except wire.BrokenMessage as error:
            raise ProtocolError(
                f"{what}: the record at byte {start - 4:,} is damaged: {error}", hint=DAMAGE_HINT
            ) from error
        kinds.append(kind)
        key_starts.append(raw.index(key, start))
        key_lengths.append(len(key))
        counts.append(len(ids))
        field_ids += ids
        offsets += places
    return (
        np.array(kinds, np.uint8),
        *(np.array(values, np.int64) for values in (key_starts, key_lengths, counts, field_ids, offsets)),
    )  # type: ignore[return-value]


def _record(message: bytes) -> tuple[int, bytes, list[int], list[int]]:
    operations = [(number, value) for number, value in wire.fields(message) if number <= DELETE_DOCUMENT]
    if len(operations) != 1 or not isinstance(operations[0][1], bytes):
        raise wire.BrokenMessage("it holds no operation")
    kind, body = operations[0]
    assert isinstance(body, bytes)
    key, ids, offsets = b"", [], []
    for number, value in wire.fields(body):
        if number == 1 and isinstance(value, bytes):
            key = value
        elif number == 2:
            ids += wire.numbers(value)
        elif number == 3 and kind == UPDATE:
            offsets += wire.numbers(value)
    if not key:
        raise wire.BrokenMessage("it has no key")
    if kind == DELETE_DOCUMENT:
        return kind, key, [], []
    if kind == UPDATE and len(ids) != len(offsets):
        raise wire.BrokenMessage(f"{len(ids)} fields and {len(offsets)} places")
    return kind, key, ids, offsets if kind == UPDATE else [-1] * len(ids)


def records_of(log: Log, key: bytes) -> Ints:
    """The records of one key."""
    candidates = np.nonzero(log.key_lengths == len(key))[0]
    if not len(candidates):
        return candidates
    index = log.key_starts[candidates][:, None] + np.arange(len(key))
    found: Ints = candidates[(log.data[index] == np.frombuffer(key, np.uint8)).all(axis=1)]
    return found
