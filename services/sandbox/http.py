"""As much of HTTP/1.1 as clients use: requests with a length or in chunks, connections that stay open."""

from __future__ import annotations

from dataclasses import dataclass
from http.client import responses
from typing import BinaryIO

LINE_BYTES = 65_536
MAX_HEADERS = 200
DISCARD_BYTES = 64 * 1024 * 1024


class BadRequest(Exception):
    """What came is no request that can be answered on this connection."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(slots=True)
class HttpRequest:
    """A request; header names are lower-case. `body_bytes` counts also what was too much to keep."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    body_bytes: int
    keeps_open: bool


@dataclass(slots=True)
class HttpHead:
    """A request up to its body; header names are lower-case, `path` is as it was sent."""

    method: str
    path: str
    headers: dict[str, str]
    keeps_open: bool


@dataclass(slots=True)
class Answer:
    """Status, headers and body of an answer."""

    status: int
    headers: dict[str, str]
    body: bytes


def read_head(stream: BinaryIO) -> HttpHead | None:
    """The next request of a connection up to its body; None at its end.

    Raises:
        BadRequest: the bytes are no HTTP, or too many.
    """
    line = stream.readline(LINE_BYTES)
    while line in (b"\r\n", b"\n"):
        line = stream.readline(LINE_BYTES)
    if not line:
        return None
    words = line.decode("latin-1").split()
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise BadRequest(400, "This is no HTTP/1 request.")
    headers = _headers(stream)
    connection = headers.get("connection", "").lower()
    keeps_open = connection != "close" if words[2] == "HTTP/1.1" else connection == "keep-alive"
    return HttpHead(words[0], words[1], headers, keeps_open)


def read_request(stream: BinaryIO, limit: int) -> HttpRequest | None:
    """The next request of a connection; None at its end.

    Args:
        limit: bytes of a body that is kept; a longer one is read and dropped.

    Raises:
        BadRequest: the bytes are no HTTP, or too many.
    """
    head = read_head(stream)
    if head is None:
        return None
    body, size = _body(stream, head.headers, limit)
    return HttpRequest(head.method, head.path, head.headers, body, size, head.keeps_open)


def _headers(stream: BinaryIO) -> dict[str, str]:
    headers: dict[str, str] = {}
    for _ in range(MAX_HEADERS):
        line = stream.readline(LINE_BYTES)
        if line in (b"\r\n", b"\n"):
            return headers
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon or not line.endswith(b"\n"):
            raise BadRequest(400, "A header has no colon or is too long.")
        headers[name.strip().lower()] = value.strip()
    raise BadRequest(431, "Too many headers.")


def is_chunked(headers: dict[str, str]) -> bool:
    """Whether a body comes in chunks instead of with a length."""
    return "chunked" in headers.get("transfer-encoding", "").lower()


def content_length(headers: dict[str, str]) -> int:
    """The length of a body that does not come in chunks."""
    length = headers.get("content-length", "0")
    if not length.isdecimal():
        raise BadRequest(400, "The content length is no number.")
    return int(length)


def chunk_size(stream: BinaryIO) -> int:
    """Reads the line before a chunk; 0 is the last."""
    try:
        size = int(stream.readline(LINE_BYTES).split(b";")[0], 16)
    except ValueError as error:
        raise BadRequest(400, "A chunk has no size.") from error
    if size < 0:
        raise BadRequest(400, "A chunk has a size below zero.")
    return size


def _body(stream: BinaryIO, headers: dict[str, str], limit: int) -> tuple[bytes, int]:
    if is_chunked(headers):
        return _chunks(stream, limit)
    size = content_length(headers)
    return (exactly(stream, size), size) if size <= limit else (_discard(stream, size), size)


def exactly(stream: BinaryIO, size: int) -> bytes:
    """So many bytes; BadRequest when the connection ends before."""
    body = stream.read(size)
    if len(body) != size:
        raise BadRequest(400, "The body ends early.")
    return body


def _discard(stream: BinaryIO, size: int) -> bytes:
    """Reads a body that is too large, so that the client can send it to its end and then read the refusal."""
    if size > DISCARD_BYTES:
        raise BadRequest(413, "The body is far too large.")
    while size > 0:
        size -= len(exactly(stream, min(size, 1 << 20)))
    return b""


def _chunks(stream: BinaryIO, limit: int) -> tuple[bytes, int]:
    body, total = bytearray(), 0
    while True:
        size = chunk_size(stream)
        total += size
        if total > DISCARD_BYTES:
            raise BadRequest(413, "The body is far too large.")
        chunk = exactly(stream, size)
        if total <= limit:
            body += chunk
        stream.readline(LINE_BYTES)
        if size == 0:
            return bytes(body), total


def write_head(status: int, headers: dict[str, str], *, keeps_open: bool) -> bytes:
    """A response up to its body, whose length or form the headers tell."""
    lines = [f"HTTP/1.1 {status} {responses.get(status, 'Error')}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"Connection: {'keep-alive' if keeps_open else 'close'}", "", ""]
    return "\r\n".join(lines).encode("latin-1")


def write_response(answer: Answer, *, keeps_open: bool, has_body: bool = True) -> bytes:
    """A whole response; one to a HEAD request tells the body's length only."""
    headers = {**answer.headers, "Content-Length": str(len(answer.body))}
    return write_head(answer.status, headers, keeps_open=keeps_open) + (answer.body if has_body else b"")
