"""A page of rows as the server sent it, to an Arrow batch."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from services.stores.tablestore.codec import lockstep
from services.stores.tablestore.codec.cells import read_rows
from services.stores.tablestore.codec.columns import batch_of

MIN_FAST_BYTES: Final = 2048
"""Below it the reference decoder is done sooner."""


def decode_page(data: bytes) -> pa.RecordBatch:
    """The rows of a buffer; columns are the union over its rows.

    Raises:
        ProtocolError: the bytes are not PlainBuffer.
    """
    if len(data) >= MIN_FAST_BYTES:
        batch = lockstep.decode(data)
        if batch is not None:
            return batch
    return batch_of(read_rows(data))
