"""The payload of Arrow bodies: record batch messages one behind another, with no schema before and no end behind."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

BATCH_BYTES = 1 << 20


class MessageError(ValueError):
    """A payload holds no record batches of the schema."""


def read_messages(payload: memoryview, schema: pa.Schema) -> pa.Table:
    """The rows of a payload; they stay in its memory.

    Raises:
        MessageError: it holds no record batches of that schema.
    """
    batches = []
    source = pa.BufferReader(pa.py_buffer(payload))
    try:
        while source.tell() < len(payload):
            message = pa.ipc.read_message(source)
            batch = pa.ipc.read_record_batch(message, schema)
            batch.validate()
            batches.append(batch)
    except (pa.ArrowException, OSError, EOFError) as error:
        raise MessageError(f"A record batch cannot be read: {error}") from error
    return pa.Table.from_batches(batches, schema)


def write_messages(rows: pa.Table) -> Iterator[pa.Buffer]:
    """The payload of rows, a message at a time."""
    for batch in rows.to_batches():
        step = max(1, int(batch.num_rows * BATCH_BYTES / max(1, batch.nbytes)))
        for start in range(0, batch.num_rows, step):
            yield batch.slice(start, step).serialize()
