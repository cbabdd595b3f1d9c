"""Bytes in and out of this server with nothing done to them: the limit that transfers are measured against."""

from __future__ import annotations

from collections.abc import Iterator

from services.sandbox.http_streaming import StreamedAnswer
from services.sandbox.maxcompute.errors import invalid
from services.sandbox.maxcompute.routes import Call, Reply, Route, text

PIECE = bytes(1 << 20)


def take(call: Call) -> Reply:
    """Reads a body and says how long it was."""
    return text(str(sum(len(piece) for piece in call.body.pieces())))


def give(call: Call) -> Reply:
    """As many zero bytes as the request asks for."""
    wanted = call.query["bytes"]
    if not wanted.isdecimal():
        raise invalid(f"{wanted!r} is no number of bytes.")
    headers = {"Content-Type": "application/octet-stream", "Content-Length": wanted}
    return StreamedAnswer(200, headers, _zeros(int(wanted)))


def _zeros(count: int) -> Iterator[bytes]:
    while count > 0:
        yield PIECE[:count]
        count -= len(PIECE)


ROUTES = [
    Route("TakeBytes", "POST", "/sandbox/bytes", take, is_open=True),
    Route("GiveBytes", "GET", "/sandbox/bytes", give, keys=("bytes",), is_open=True),
]
