"""The pages of a server's cursor as Arrow batches: while one is decoded, the server makes the next."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from services.errors import ProtocolError, StoredeckError
from services.stores.ignite.codec import requests
from services.stores.ignite.codec.reader import ByteReader
from services.stores.ignite.faults import STATUS_CURSOR_MISSING, ServerRefusal

if TYPE_CHECKING:
    import pyarrow as pa

    from services.stores.ignite.codec.pages import PageDecoder
    from services.stores.ignite.wire import Wire

DEFAULT_PAGE_ROWS: Final = 4096


def batches(
    wire: Wire, cursor: int, next_op: int, first: ByteReader, decoder: PageDecoder, limit: int | None = None
) -> Iterator[tuple[pa.RecordBatch, bool]]:
    """Each page's rows, and whether the server has more; no more than `limit` rows.

    Closing the iterator frees the cursor. The wire must be left alone meanwhile.

    Args:
        first: the answer that opened the cursor, read up to the number of rows.
    """
    pending: int | None = None
    reader, is_open, loaded = first, True, 0
    try:
        while True:
            rows = reader.count()
            is_open = bool(reader.data[-1])
            if is_open and (limit is None or loaded + rows < limit):
                pending = wire.ask(next_op, requests.next_page(cursor))
            batch, end = decoder.decode(reader.data, reader.offset, rows)
            if end != len(reader.data) - 1:
                raise ProtocolError("a page of the server has bytes behind its rows")
            if limit is not None:
                batch = batch.slice(0, limit - loaded)
            loaded += batch.num_rows
            yield batch, is_open
            if pending is None:
                return
            answer, pending = wire.answer(pending), None
            reader = ByteReader(answer)
    except GeneratorExit:
        if pending is not None:
            with contextlib.suppress(StoredeckError, ServerRefusal):
                wire.answer(pending)
        raise
    except BaseException:
        if pending is not None:
            wire.shut()
        raise
    finally:
        if is_open:
            _close(wire, cursor)


def _close(wire: Wire, cursor: int) -> None:
    """Free a cursor of the server; one that is gone already is no error."""
    if not wire.is_alive:
        return
    try:
        wire.answer(wire.ask(requests.OP_CLOSE, requests.close_resource(cursor)))
    except StoredeckError:
        wire.shut()
    except ServerRefusal as refusal:
        if refusal.status != STATUS_CURSOR_MISSING:
            wire.shut()
