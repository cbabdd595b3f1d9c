"""Many rows in PlainBuffer form at once: columns of bytes side by side, checksums over whole columns."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from services.sandbox.tablestore.plainbuffer import CRC_TABLE, crc8

Bytes = npt.NDArray[np.uint8]
KINDS = ("login", "logout", "purchase", "view", "search", "error", "signup")
FIRST_TIME_MS = 1_735_689_600_000
_CRC = np.frombuffer(CRC_TABLE, dtype=np.uint8)
_DIGITS = 9


def event_rows(count: int) -> Sequence[bytes]:
    """The rows with keys 0 to `count` - 1, without headers: kind, message, ok and value of each event."""
    rows: list[bytes] = [b""] * count
    for place, kind in enumerate(KINDS):
        ids = np.arange(place, count, len(KINDS), dtype=np.int64)
        if len(ids):
            written = _rows_of_kind(ids, kind)
            width = written.shape[1]
            blob = written.tobytes()
            rows[place :: len(KINDS)] = [blob[at : at + width] for at in range(0, len(blob), width)]
    return rows


def _rows_of_kind(ids: npt.NDArray[np.int64], kind: str) -> Bytes:
    count = len(ids)
    times = _int64(FIRST_TIME_MS + ids)
    digits = np.stack([ids // 10**power % 10 for power in reversed(range(_DIGITS))], axis=1)
    message = np.concatenate([_same(count, f"{kind} ".encode()), (digits + ord("0")).astype(np.uint8)], axis=1)
    key = _cell(b"id", _typed(0, _int64(ids)), None)
    cells = [
        _cell(b"kind", _text(_same(count, kind.encode())), times),
        _cell(b"message", _text(message), times),
        _cell(b"ok", _typed(2, (ids % 5 != 0).astype(np.uint8)[:, None]), times),
        _cell(b"value", _typed(1, _int64((ids % 1000 / 8).view(np.int64))), times),
    ]
    crc = np.zeros(count, dtype=np.uint8)
    for cell in (key, *cells):
        crc = _CRC[crc ^ cell[:, -1]]
    return np.concatenate(
        [_same(count, b"\x01"), key, _same(count, b"\x02"), *cells, _same(count, b"\x09"), _CRC[crc][:, None]], axis=1
    )


def _cell(name: bytes, value: Bytes, times: Bytes | None) -> Bytes:
    count, width = value.shape
    crc = np.full(count, crc8(0, name), dtype=np.uint8)
    checked = [value] if times is None else [value, times]
    for part in checked:
        for column in range(part.shape[1]):
            crc = _CRC[crc ^ part[:, column]]
    head = b"\x03\x04" + struct.pack("<i", len(name)) + name + b"\x05" + struct.pack("<i", width)
    parts = [_same(count, head), value]
    if times is not None:
        parts += [_same(count, b"\x07"), times]
    return np.concatenate([*parts, _same(count, b"\x0a"), crc[:, None]], axis=1)


def _typed(kind: int, payload: Bytes) -> Bytes:
    return np.concatenate([_same(len(payload), bytes((kind,))), payload], axis=1)


def _text(data: Bytes) -> Bytes:
    return np.concatenate([_same(len(data), b"\x03" + struct.pack("<i", data.shape[1])), data], axis=1)


def _same(count: int, data: bytes) -> Bytes:
    return np.broadcast_to(np.frombuffer(data, dtype=np.uint8), (count, len(data)))


def _int64(values: npt.NDArray[np.int64]) -> Bytes:
    return np.ascontiguousarray(values.astype("<i8")).view(np.uint8).reshape(len(values), 8)
