"""Many documents at once: batches below the 4 MB of a message. A batch sent twice leaves what one leaves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from services.cancel import CancelToken
from services.errors import StoredeckError
from services.stores.ikv.gateway import Fields, Gateway, wire_document
from services.stores.ikv.writes import HEAD_BYTES, MESSAGE_BYTES, wire_bytes

BATCH_BYTES: Final = MESSAGE_BYTES - HEAD_BYTES
BATCH_ROWS: Final = 1000
DOCUMENT_BYTES: Final = 8
"""Bytes around a document in a batch."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Documents that go in one message.

    Attributes:
        first: the place of its first document among all.
        size_bytes: what it takes, at most.
    """

    first: int
    documents: tuple[Fields, ...]
    size_bytes: int


@dataclass(frozen=True, slots=True)
class BatchOutcome:
    """What became of a batch; a failed one may be written in part, up to some document, and can be sent again."""

    batch: Batch
    error: StoredeckError | None = None


def batches(documents: Iterable[Fields], *, rows: int = BATCH_ROWS, size_bytes: int = BATCH_BYTES) -> Iterator[Batch]:
    """Documents in their order as batches below the bounds; one that is larger by itself goes alone."""
    held: list[Fields] = []
    size = first = 0
    for document in documents:
        more = wire_bytes(document) + DOCUMENT_BYTES
        if held and (len(held) >= rows or size + more > size_bytes):
            yield Batch(first, tuple(held), size)
            first, held, size = first + len(held), [], 0
        held.append(document)
        size += more
    if held:
        yield Batch(first, tuple(held), size)


def send_batches(
    gateway: Gateway, operation: str, found: Iterable[Batch], names: tuple[str, ...], cancel: CancelToken
) -> Iterator[BatchOutcome]:
    """Send batches in order; a failed one ends nothing.

    Args:
        operation: `upsert`, `delete fields` or `delete documents`.
    """
    for batch in found:
        cancel.check()
        wanted: list[Any] = [wire_document(document) for document in batch.documents]
        try:
            gateway.batch(operation, wanted, names, cancel)
        except StoredeckError as error:
            cancel.check()
            yield BatchOutcome(batch, error)
        else:
            yield BatchOutcome(batch)
