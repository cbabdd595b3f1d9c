"""One of the 16 segments of an index, as it was when it was read: keys, and where the fields of each document lie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from services.errors import NotFound
from services.stores.ikv.index.arrays import Bytes, Ints
from services.stores.ikv.index.log import DELETE_DOCUMENT, UPDATE, Log, read_log
from services.stores.ikv.index.values import ValueFile

if TYPE_CHECKING:
    import numpy.typing as npt

Signature = tuple[int, int, int]
SMALL: Final = np.iinfo(np.uint32).max
MASK64: Final = (1 << 64) - 1
FX_SEED: Final = 0x517CC1B727220A95


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """The documents of one segment, in the order of their first record.

    Attributes:
        signature: inode, size and time of the log it was read from.
        keys: one binary value a document.
        bounds: the fields of document n are those from `bounds[n]` to `bounds[n + 1]`.
        field_ids: of every field of every document, rising within a document.
        offsets: where each of them lies in `values`.
        records: records in the log.
    """

    number: int
    folder: Path
    signature: Signature
    keys: pa.BinaryArray
    bounds: Ints
    field_ids: npt.NDArray[Any]
    offsets: npt.NDArray[Any]
    values: ValueFile
    records: int
    log_bytes: int
    cut_bytes: int

    @property
    def rows(self) -> int:
        """Documents."""
        return len(self.keys)

    def find(self, keys: list[bytes]) -> list[int]:
        """The row of each key, -1 where there is none."""
        asked = pa.array(keys, pa.binary())
        found = pc.index_in(asked, value_set=self.keys)
        return [-1 if row is None else row for row in found.to_pylist()]


def signature_of(folder: Path) -> Signature:
    """What changes whenever the segment does.

    Raises:
        NotFound: the segment is not there.
    """
    try:
        found = (folder / "offset_table").stat()
    except OSError as error:
        hint = "The index is not whole, or its reader is just replacing it: read again, or copy it again."
        raise NotFound(f"{folder}/offset_table: {error.strerror}", hint=hint) from error
    return found.st_ino, found.st_size, found.st_mtime_ns


def load_log(folder: Path) -> Log:
    """The segment's whole log.

    Raises:
        NotFound, ProtocolError.
    """
    path = folder / "offset_table"
    try:
        return read_log(path.read_bytes(), str(path))
    except OSError as error:
        raise NotFound(f"{path}: {error.strerror}", hint="The index is not whole: copy it again.") from error


def load_segment(number: int, folder: Path) -> Segment:
    """Replay the log of a segment.

    Raises:
        NotFound, ProtocolError.
    """
    signature = signature_of(folder)
    log = load_log(folder)
    keys, bounds, field_ids, offsets = replay(log)
    values = ValueFile(folder / "mmap", str(folder / "mmap"))
    records = len(log.kinds)
    return Segment(
        number, folder, signature, keys, bounds, field_ids, offsets, values, records, len(log.data), log.cut_bytes
    )


def key_numbers(log: Log) -> tuple[Any, pa.BinaryArray]:
    """A number for the key of each record, in the order of their first records, and the keys by number."""
    encoded = binary_array(log.key_bytes, log.key_lengths).dictionary_encode()
    numbers: Any = encoded.indices.to_numpy(zero_copy_only=False)
    keys: Any = encoded.dictionary
    return numbers.astype(np.int64), keys


def replay(log: Log) -> tuple[pa.BinaryArray, Ints, npt.NDArray[Any], npt.NDArray[Any]]:
    """What the log leaves: the keys, and of each the bounds, ids and offsets of its fields."""
    numbers, keys = key_numbers(log)
    order = np.arange(len(numbers))
    ended = np.full(len(keys), -1, np.int64)
    is_end = log.kinds == DELETE_DOCUMENT
    np.maximum.at(ended, numbers[is_end], order[is_end])
    is_live = order > ended[numbers]
    exists = np.zeros(len(keys), bool)
    exists[numbers[is_live & (log.kinds == UPDATE)]] = True
    rows = np.cumsum(exists) - 1
    is_kept = np.repeat(is_live & exists[numbers], log.counts)
    owners = np.repeat(rows[numbers], log.counts)[is_kept]
    last = _last_of_each(owners, log.field_ids[is_kept], log.offsets[is_kept])
    bounds = np.concatenate([[0], np.cumsum(np.bincount(last[0], minlength=int(exists.sum())))])
    return keys.filter(pa.array(exists)), bounds.astype(np.int64), _narrow(last[1]), _narrow(last[2])


def _last_of_each(owners: Ints, ids: Ints, offsets: Ints) -> tuple[Ints, Ints, Ints]:
    """Of all fields of all documents the last place of each, without those that are deleted; sorted."""
    combined = owners << 32 | ids
    if len(combined) > 1 and not (combined[1:] > combined[:-1]).all():
        order = np.argsort(combined, kind="stable")
        combined, offsets = combined[order], offsets[order]
        is_last = np.concatenate([combined[1:] != combined[:-1], [True]])
        combined, offsets = combined[is_last], offsets[is_last]
    is_there = offsets >= 0
    combined = combined[is_there]
    return combined >> 32, combined & 0xFFFFFFFF, offsets[is_there]


def _narrow(values: Ints) -> npt.NDArray[Any]:
    """In 32 bits where they fit."""
    return values.astype(np.uint32) if not len(values) or int(values.max()) <= SMALL else values


def binary_array(data: Bytes, lengths: Ints) -> pa.BinaryArray:
    """Pieces that lie one after the other as an Arrow array."""
    bounds = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    buffers: list[Any] = [None, buffer_of(bounds), buffer_of(data)]
    return pa.Array.from_buffers(pa.binary(), len(lengths), buffers)  # type: ignore[return-value]


def buffer_of(array: Any) -> pa.Buffer:
    """The memory of a numpy array, not copied where it lies in one piece."""
    whole: Any = np.ascontiguousarray(array)
    return pa.py_buffer(whole)


def segment_of(key: bytes, segments: int) -> int:
    """The segment that holds a key: FxHash in 64 bits over the length, then words of 8, of 4 and single bytes."""
    words = [len(key)]
    place = 0
    for width in (8, 4, 1):
        while len(key) - place >= width:
            words.append(int.from_bytes(key[place : place + width], "little"))
            place += width
    state = 0
    for word in words:
        state = ((state << 5 | state >> 59) & MASK64 ^ word) * FX_SEED & MASK64
    return state % segments
