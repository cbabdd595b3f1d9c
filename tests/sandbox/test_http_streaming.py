"""A server that reads and writes bodies piece by piece, and the faults of HTTP exchanges."""

from __future__ import annotations

import http.client
import io
import socket
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from services.sandbox import faults
from services.sandbox.faults import FaultPlan, FaultSpecError, parse_faults
from services.sandbox.http import Answer, BadRequest
from services.sandbox.http_streaming import Body, ConnectionCut, StreamedAnswer, StreamedRequest, StreamingServer

Serve = Callable[[Callable[[StreamedRequest], Answer | StreamedAnswer]], StreamingServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers, and ends them."""
    servers: list[StreamingServer] = []

    def start(answer: Callable[[StreamedRequest], Answer | StreamedAnswer]) -> StreamingServer:
        servers.append(StreamingServer("streaming-test", FaultPlan(), lambda head: head.method, answer))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def body(data: bytes, **headers: str) -> Body:
    """A body that lies in memory."""
    return Body(io.BytesIO(data), {name.replace("_", "-"): value for name, value in headers.items()})


def test_bodies_with_a_length_end_there() -> None:
    """Only so many bytes are read."""
    assert b"abc" == body(b"abcdef", content_length="3").read()


def test_bodies_in_chunks_are_put_together() -> None:
    """Chunks of any size, with extensions, up to the empty one."""
    assert b"abcde" == body(b"3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", transfer_encoding="chunked").read()


def test_bodies_without_any_are_empty() -> None:
    """Neither a length nor chunks: no body."""
    assert b"" == body(b"next request").read()


@pytest.mark.parametrize(
    ("data", "headers"),
    [
        (b"ab", {"content_length": "3"}),
        (b"3\r\nab", {"transfer_encoding": "chunked"}),
        (b"x\r\nab", {"transfer_encoding": "chunked"}),
        (b"-1\r\n", {"transfer_encoding": "chunked"}),
    ],
)
def test_bodies_that_end_early_are_no_bodies(data: bytes, headers: dict[str, str]) -> None:
    """What is shorter than it says, or has no size, is refused."""
    with pytest.raises(BadRequest):
        body(data, **headers).read()


def test_a_body_has_a_limit() -> None:
    """A body that is read whole may be so long and no longer."""
    with pytest.raises(BadRequest) as caught:
        body(b"abcdef", content_length="6").read(5)
    assert 413 == caught.value.status


def test_an_answer_in_pieces_and_a_body_that_nobody_read(serve: Serve) -> None:
    """Pieces come in chunks; the connection goes on behind a body that was not read."""
    server = serve(lambda _: StreamedAnswer(200, {}, iter([b"one ", b"", b"two"])))
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    for _ in range(2):
        connection.request("PUT", "/", body=b"x" * 100_000)
        answer = connection.getresponse()
        assert ("chunked", b"one two") == (answer.headers["Transfer-Encoding"], answer.read())
    assert 1 == server.open_connections
    connection.close()


def test_an_answer_that_tells_its_length(serve: Serve) -> None:
    """With a length in the headers the pieces go as they are."""
    server = serve(lambda _: StreamedAnswer(200, {"Content-Length": "6"}, [b"abc", b"def"]))
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", "/")
    assert b"abcdef" == connection.getresponse().read()
    connection.close()


def test_a_client_that_waits_before_its_body(serve: Serve) -> None:
    """It is told to go on when somebody reads the body."""
    server = serve(lambda request: Answer(200, {}, request.body.read()))
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as sock, sock.makefile("rb") as stream:
        sock.sendall(b"PUT / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert b"HTTP/1.1 100 Continue\r\n" == stream.readline()
        assert b"\r\n" == stream.readline()
        sock.sendall(b"ok")
        assert b"HTTP/1.1 200 OK\r\n" == stream.readline()


@pytest.mark.parametrize("in_body", [False, True])
def test_a_connection_is_cut(serve: Serve, in_body: bool) -> None:
    """The client sees a reset, before the answer or in the middle of it."""

    def pieces() -> Iterator[bytes]:
        yield b"start"
        raise ConnectionCut

    def answer(_: StreamedRequest) -> StreamedAnswer:
        if not in_body:
            raise ConnectionCut
        return StreamedAnswer(200, {"Content-Length": "100"}, pieces())

    connection = http.client.HTTPConnection("127.0.0.1", serve(answer).port, timeout=10)
    connection.request("GET", "/")
    with pytest.raises(ConnectionResetError):
        connection.getresponse().read()
    connection.close()


def test_a_fault_lasts_for_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the first request that meets it on, and no longer."""
    clock = [10.0]
    monkeypatch.setattr(faults, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    plan = FaultPlan(parse_faults("x:error,status=503,for=5m"))
    met = []
    for clock[0] in (10.0, 309.0, 310.0, 500.0):
        met.append(len(plan.due("Put", 1)))
    assert [1, 1, 0, 0] == met


def test_a_throttle_has_a_rate() -> None:
    """The rate is in MB/s; without one the fault is refused."""
    assert [10.0] == [fault.megabytes_a_second for fault in parse_faults("x:throttle=10")]
    for spec in ("x:throttle", "x:throttle=slow", "x:throttle=0"):
        with pytest.raises(FaultSpecError, match="MB/s"):
            parse_faults(spec)
