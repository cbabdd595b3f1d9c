"""Bodies that are read and written piece by piece, for a server whose requests are too large to hold."""

from __future__ import annotations

import socket
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, cast

from services.sandbox.faults import Fault, FaultPlan
from services.sandbox.http import (
    DISCARD_BYTES,
    LINE_BYTES,
    Answer,
    BadRequest,
    HttpHead,
    HttpRequest,
    chunk_size,
    content_length,
    exactly,
    is_chunked,
    read_head,
    write_head,
    write_response,
)
from services.sandbox.http_server import GATEWAY_ANSWER, HttpServer, part, reset

PIECE_BYTES = 1 << 20
BUFFER_BYTES = 1 << 18
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class ConnectionCut(Exception):
    """Raised by an answer's maker or body: the connection is reset, without another byte."""


class Body:
    """The body of a request, read from the connection while it is asked for.

    Args:
        announce: called before the first byte is read, as a client that sent `Expect: 100-continue` wants.
    """

    def __init__(
        self, stream: BinaryIO, headers: dict[str, str], announce: Callable[[], object] = lambda: None
    ) -> None:
        self._stream = stream
        self._announce = announce
        self._pieces = self._chunked() if is_chunked(headers) else self._counted(content_length(headers))

    def pieces(self) -> Iterator[bytes]:
        """What is left, in pieces of at most 1 MiB.

        Raises:
            BadRequest: it ends early or is no chunked body.
        """
        return self._pieces

    def read(self, limit: int = 1 << 31) -> bytes:
        """What is left, whole.

        Raises:
            BadRequest: it is longer than the limit, too.
        """
        kept: list[bytes] = []
        size = 0
        for piece in self._pieces:
            size += len(piece)
            if size > limit:
                raise BadRequest(413, "The body is too large.")
            kept.append(piece)
        return kept[0] if len(kept) == 1 else b"".join(kept)

    def discard(self) -> bool:
        """Reads what is left and drops it; False when that is too much."""
        size = 0
        for piece in self._pieces:
            size += len(piece)
            if size > DISCARD_BYTES:
                return False
        return True

    def _counted(self, length: int) -> Iterator[bytes]:
        if length:
            self._announce()
        while length > 0:
            piece = exactly(self._stream, min(length, PIECE_BYTES))
            length -= len(piece)
            yield piece

    def _chunked(self) -> Iterator[bytes]:
        self._announce()
        size = -1
        while size:
            size = left = chunk_size(self._stream)
            while left > 0:
                piece = exactly(self._stream, min(left, PIECE_BYTES))
                left -= len(piece)
                yield piece
            self._stream.readline(LINE_BYTES)


@dataclass
class StreamedRequest:
    """A request whose body waits in the connection, and the faults that it meets."""

    head: HttpHead
    body: Body
    faults: list[Fault]


@dataclass
class StreamedAnswer:
    """An answer whose body is sent as it is made: in chunks, or as it is when the headers tell its length."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    pieces: Iterable[bytes] = ()


class StreamingServer(HttpServer):
    """A server whose answers may read the request's body themselves.

    Args:
        answer: gives the answer; `ConnectionCut` from it or from its body resets the connection.
    """

    def __init__(
        self,
        name: str,
        plan: FaultPlan,
        operation: Callable[[HttpHead], str],
        answer: Callable[[StreamedRequest], Answer | StreamedAnswer],
    ) -> None:
        self._name_of = operation
        self._make_answer = answer
        super().__init__(name, plan, lambda request: request.method, _no_whole_requests, 0)

    def _converse(self, sock: socket.socket) -> None:
        with cast("BinaryIO", sock.makefile("rb", buffering=BUFFER_BYTES)) as stream:
            keeps_open = True
            while keeps_open:
                try:
                    head = read_head(stream)
                    keeps_open = head is not None and self._exchange(sock, stream, head)
                except ConnectionCut:
                    reset(sock)
                    return
                except BadRequest as error:
                    sock.sendall(write_response(Answer(error.status, {}, str(error).encode()), keeps_open=False))
                    part(sock)
                    return

    def _exchange(self, sock: socket.socket, stream: BinaryIO, head: HttpHead) -> bool:
        """Answers a request and says whether the connection stays open."""
        faults = self._plan.due(self._name_of(head), 1)
        answer, is_over = self._meet(sock, faults)
        if is_over:
            return False
        is_expected = head.headers.get("expect", "").lower() == "100-continue"
        body = Body(stream, head.headers, lambda: sock.sendall(_CONTINUE) if is_expected else None)
        made = answer or self._make_answer(StreamedRequest(head, body, faults))
        keeps_open = head.keeps_open and body.discard()
        if isinstance(made, StreamedAnswer):
            _send(sock, head, made, keeps_open=keeps_open)
        else:
            sock.sendall(write_response(made, keeps_open=keeps_open, has_body=head.method != "HEAD"))
        return keeps_open


def _no_whole_requests(request: HttpRequest, faults: list[Fault]) -> Answer:
    return GATEWAY_ANSWER


def _send(sock: socket.socket, head: HttpHead, answer: StreamedAnswer, *, keeps_open: bool) -> None:
    is_counted = any(name.lower() == "content-length" for name in answer.headers)
    headers = answer.headers if is_counted else {**answer.headers, "Transfer-Encoding": "chunked"}
    sock.sendall(write_head(answer.status, headers, keeps_open=keeps_open))
    if head.method == "HEAD":
        return
    pieces = iter(answer.pieces)
    try:
        for piece in pieces:
            if is_counted:
                sock.sendall(piece)
            elif len(piece):
                sock.sendall(b"%x\r\n" % len(piece))
                sock.sendall(piece)
                sock.sendall(b"\r\n")
        if not is_counted:
            sock.sendall(b"0\r\n\r\n")
    finally:
        if isinstance(pieces, Generator):
            pieces.close()
