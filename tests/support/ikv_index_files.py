"""Writes an index as IKV's reader leaves it on disk, from the description of the format alone."""

from __future__ import annotations

import struct
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

SEGMENTS = 16
TYPES = {"INT32": 1, "INT64": 2, "FLOAT32": 3, "FLOAT64": 4, "STRING": 5, "BYTES": 6, "BOOLEAN": 7}
MASK = (1 << 64) - 1


def varint(value: int) -> bytes:
    """A number as protocol buffers write it."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def piece(number: int, data: bytes) -> bytes:
    """A length-delimited field."""
    return varint(number << 3 | 2) + varint(len(data)) + data


def segment_of(key: bytes) -> int:
    """Where a key belongs."""
    words, rest = [len(key)], key
    for size in (8, 4, 1):
        while len(rest) >= size:
            words.append(int.from_bytes(rest[:size], "little"))
            rest = rest[size:]
    state = 0
    for word in words:
        state = ((state << 5 | state >> 59) & MASK ^ word) * 0x517CC1B727220A95 & MASK
    return state % SEGMENTS


def stored(word: str, data: bytes) -> bytes:
    """A value as the value file holds it."""
    length = varint(len(data)) if word in ("STRING", "BYTES") else b""
    return struct.pack("<H", TYPES[word]) + length + data


@dataclass
class IndexFiles:
    """An index under construction; `save` writes it, again if need be."""

    primary_key: str = "id"
    fields: dict[str, int] = field(default_factory=dict)
    logs: list[bytearray] = field(default_factory=lambda: [bytearray() for _ in range(SEGMENTS)])
    values: list[bytearray] = field(default_factory=lambda: [bytearray() for _ in range(SEGMENTS)])
    topic: str = ""

    def __post_init__(self) -> None:
        self.fields.setdefault(self.primary_key, 0)

    def upsert(self, key: bytes, values: Mapping[str, tuple[str, bytes]], *, key_type: str = "STRING") -> None:
        """Merge fields; the key's own field is written as well, unless `key_type` is empty."""
        at = segment_of(key)
        wanted = ({self.primary_key: (key_type, key)} if key_type else {}) | dict(values)
        ids, offsets = [], []
        for name, (word, data) in wanted.items():
            ids.append(self.fields.setdefault(name, max(self.fields.values()) + 1))
            offsets.append(len(self.values[at]))
            self.values[at] += stored(word, data)
        self.record(at, 1, piece(1, key) + piece(2, packed(ids)) + piece(3, packed(offsets)))

    def delete_fields(self, key: bytes, names: Sequence[str]) -> None:
        """Delete fields of a document."""
        self.record(segment_of(key), 2, piece(1, key) + piece(2, packed([self.fields[name] for name in names])))

    def delete(self, key: bytes) -> None:
        """Delete a document."""
        self.record(segment_of(key), 3, piece(1, key))

    def record(self, segment: int, kind: int, body: bytes) -> None:
        """Append a record to a log."""
        message = piece(kind, body)
        self.logs[segment] += struct.pack("<i", len(message)) + message

    def save(self, mount: Path, store: str = "shop") -> Path:
        """Write everything under a mount directory; gives the index's own."""
        base = mount / store / "0"
        for number in range(SEGMENTS):
            folder = base / "index" / f"segment_{number}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "offset_table").write_bytes(self.logs[number])
            (folder / "mmap").write_bytes(self.values[number])
            (folder / "metadata").write_bytes(b"\x08" + varint(len(self.values[number])))
        names = (piece(2, piece(1, name.encode()) + b"\x10" + varint(number)) for name, number in self.fields.items())
        (base / "schema").write_bytes(piece(1, self.primary_key.encode()) + b"".join(names))
        (base / "header").write_bytes(b"\x08" + varint(int(time.time() * 1000)))
        entry = piece(1, piece(1, self.topic.encode()) + b"\x18\x2a") if self.topic else b""
        (base / "kafka_offsets").write_bytes(entry)
        return base


def packed(numbers: Sequence[int]) -> bytes:
    """A packed list of numbers."""
    return b"".join(map(varint, numbers))
