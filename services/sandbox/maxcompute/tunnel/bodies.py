"""Bodies of tunnel requests and answers: decoded and encoded while they pass, with the faults that meet them there."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence

import pyarrow as pa

from services.sandbox.http_streaming import StreamedAnswer
from services.sandbox.maxcompute.errors import OdpsError
from services.sandbox.maxcompute.routes import Call
from services.sandbox.maxcompute.tunnel.arrow_frames import FrameError, Unframer, frame
from services.sandbox.maxcompute.tunnel.arrow_messages import MessageError, read_messages, write_messages
from services.sandbox.maxcompute.tunnel.body_faults import met
from services.sandbox.maxcompute.tunnel.encodings import EncodingError, accepted, compress, decompress
from services.sandbox.maxcompute.tunnel.record_reading import read_records
from services.sandbox.maxcompute.tunnel.record_writing import write_records
from services.sandbox.maxcompute.tunnel.wire import RecordError
from services.sandbox.maxcompute.types import OdpsType

GATHERED_BYTES = 256 * 1024
_DEFECTS = (FrameError, EncodingError, RecordError, MessageError)


def read_body(call: Call) -> Iterator[bytes]:
    """The request's body without its compression, in pieces of some size, however small its chunks are."""
    counted = _counted(call, met(call.faults, call.body.pieces()))
    return decompress(_gathered(counted), call.headers.get("content-encoding", ""))


def _gathered(pieces: Iterable[bytes]) -> Iterator[bytes]:
    kept: list[bytes] = []
    size = 0
    for piece in pieces:
        kept.append(piece)
        size += len(piece)
        if size >= GATHERED_BYTES:
            yield kept[0] if len(kept) == 1 else b"".join(kept)
            kept, size = [], 0
    if kept:
        yield b"".join(kept)


def _counted(call: Call, pieces: Iterable[bytes]) -> Iterator[bytes]:
    size = 0
    try:
        for piece in pieces:
            size += len(piece)
            yield piece
    finally:
        call.sandbox.counters.add("TunnelBytesIn", size)


def read_arrow(call: Call, schema: pa.Schema) -> pa.Table:
    """The rows of a framed Arrow body.

    Raises:
        OdpsError: MalformedDataStream.
    """
    unframer = Unframer()
    try:
        for piece in read_body(call):
            unframer.feed(piece)
        return read_messages(unframer.payload(), schema)
    except _DEFECTS as error:
        raise malformed(error) from error


def read_rows(call: Call, names: Sequence[str], kinds: Sequence[OdpsType]) -> pa.Table:
    """The rows of a body of records, fields numbered by column.

    Raises:
        OdpsError: MalformedDataStream.
    """
    try:
        columns = read_records(b"".join(read_body(call)), kinds)
    except _DEFECTS as error:
        raise malformed(error) from error
    return pa.table(columns, names=list(names))


def malformed(error: Exception | str) -> OdpsError:
    """A body that cannot be taken."""
    return OdpsError(
        400, "MalformedDataStream", f"The data stream is not well-formed or does not fit the table. {error}"
    )


def arrow_answer(call: Call, rows: pa.Table, key: Hashable) -> StreamedAnswer:
    """Rows as framed Arrow data, compressed when the request asks for it; the same key means the same rows."""
    return streamed_answer(call, call.sandbox.tunnel.answers.pieces(key, frame(write_messages(rows))))


def records_answer(call: Call, rows: pa.Table, kinds: Sequence[OdpsType]) -> StreamedAnswer:
    """Rows as records, compressed when the request asks for it."""
    return streamed_answer(call, write_records(rows.to_batches(), kinds))


def streamed_answer(call: Call, pieces: Iterable[bytes]) -> StreamedAnswer:
    """A body in pieces, compressed when the request asks for it."""
    encoding = accepted(call.headers.get("accept-encoding", ""))
    headers = {"Content-Type": "application/octet-stream", **({"Content-Encoding": encoding} if encoding else {})}
    return StreamedAnswer(200, headers, met_answer(call, compress(pieces, encoding)))


def met_answer(call: Call, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """An answer's pieces with the faults that meet a body, and counted."""
    size = 0
    try:
        for piece in met(call.faults, pieces):
            size += len(piece)
            yield piece
    finally:
        call.sandbox.counters.add("TunnelBytesOut", size)
