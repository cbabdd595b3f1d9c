"""Faults that meet a body on its way: it is cut, damaged or slow."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from services.sandbox.faults import Fault
from services.sandbox.http_streaming import ConnectionCut

MEGABYTE = 1_000_000


def met(faults: Sequence[Fault], pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces of a body with the faults that are due.

    Raises:
        ConnectionCut: one of them ends the connection.
    """
    for fault in faults:
        if fault.action == "cut":
            pieces = _cut(pieces)
        elif fault.action == "throttle":
            pieces = throttled(pieces, fault.megabytes_a_second * MEGABYTE)
        elif fault.action == "corrupt":
            pieces = _corrupted(pieces)
    return iter(pieces)


def _cut(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Half of the first piece, then the end of the connection."""
    for piece in pieces:
        yield piece[: len(piece) // 2]
        break
    raise ConnectionCut


def _corrupted(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes but one in the middle of the first piece."""
    is_first = True
    for piece in pieces:
        if is_first and piece:
            middle = len(piece) // 2
            yield piece[:middle] + bytes((piece[middle] ^ 0xFF,)) + piece[middle + 1 :]
            is_first = False
        else:
            yield piece


def throttled(
    pieces: Iterable[bytes],
    bytes_a_second: float,
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[bytes]:
    """The pieces, none earlier than its last byte may have come."""
    started, size = now(), 0
    for piece in pieces:
        size += len(piece)
        ahead = size / bytes_a_second - (now() - started)
        if ahead > 0:
            sleep(ahead)
        yield piece
