"""The value file of a segment: at each offset a little-endian u16 type, then the value.

INT32 and FLOAT32 take 4 bytes, INT64 and FLOAT64 8, BOOLEAN 1; STRING and BYTES are a varint length and the bytes; type
0 is a tombstone. The file grows in chunks of 8 MB and is mapped into memory, never copied whole.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from services.errors import NotFound, ProtocolError
from services.stores.ikv.index.arrays import Bytes, Ints, gather, varints
from services.stores.ikv.index.log import DAMAGE_HINT

TOMBSTONE: Final = 0
BY_LENGTH: Final = -1
WIDTHS: Final = np.array([0, 4, 8, 4, 8, BY_LENGTH, BY_LENGTH, 1], np.int64)
"""Bytes of a value by its type, BY_LENGTH where a length stands before it."""
TYPE_BYTES: Final = 2


@dataclass(frozen=True, slots=True)
class Places:
    """Where values lie: their types, and start and length of the bytes themselves."""

    types: Bytes
    starts: Ints
    lengths: Ints

    def chosen(self, which: Any) -> Places:
        """Only these, by a mask, by positions or by a slice."""
        return Places(self.types[which], self.starts[which], self.lengths[which])


class ValueFile:
    """One mapped file; it stays readable as it was when the directory is swapped."""

    def __init__(self, path: Path, what: str) -> None:
        self._what = what
        self._map: mmap.mmap | None = None
        self._data: Bytes = np.zeros(0, np.uint8)
        try:
            with path.open("rb") as file:
                if path.stat().st_size:
                    self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as error:
            raise NotFound(
                f"{what}: {error.strerror or error}", hint="The index is not whole: copy it again."
            ) from error
        if self._map is not None:
            self._data = np.frombuffer(self._map, np.uint8)

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return len(self._data)

    def places(self, offsets: Ints) -> Places:
        """Where the values at these offsets lie.

        Raises:
            ProtocolError: one lies beyond the end of the file, or is of no known type.
        """
        data = self._whole()
        self._check(offsets, offsets + TYPE_BYTES)
        wide = data[offsets] | data[offsets + 1].astype(np.uint16) << 8
        if len(wide) and int(wide.max()) >= len(WIDTHS):
            at = int(offsets[int(wide.argmax())])
            raise ProtocolError(f"{self._what}: no value at {at:,}: type {int(wide.max())}", hint=DAMAGE_HINT)
        starts, lengths = offsets + TYPE_BYTES, WIDTHS[wide]
        by_length = np.nonzero(lengths == BY_LENGTH)[0]
        lengths[by_length], starts[by_length] = varints(data, starts[by_length])
        self._check(offsets, starts + lengths)
        return Places(wide.astype(np.uint8), starts, lengths)

    def bytes_at(self, places: Places) -> Bytes:
        """The values' bytes one after the other."""
        return gather(self._whole(), places.starts, places.lengths)

    def _whole(self) -> Bytes:
        """The mapped bytes; reading a file that was cut after it was mapped would end the process."""
        if self._map is not None and self._map.size() < len(self._data):
            raise ProtocolError(
                f"{self._what}: it was cut while it was open", hint="Its reader dropped everything: read again."
            )
        return self._data

    def _check(self, offsets: Ints, ends: Ints) -> None:
        if len(ends) and int(ends.max()) > len(self._data):
            at = int(offsets[int(ends.argmax())])
            raise ProtocolError(
                f"{self._what}: cut: the value at byte {at:,} goes beyond its end at {len(self._data):,}",
                hint=DAMAGE_HINT,
            )
