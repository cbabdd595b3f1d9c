"""Bodies in pieces and connections that are cut, on plain sockets and over TLS."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from certificates import Authority

from services.stores.maxcompute.transport import PiecedBody, Watch, new_session


class Pieces(PiecedBody):
    """A body from a list."""

    def __init__(self, *pieces: Sequence[Any]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[Sequence[Any]]:
        """Each piece."""
        return iter(self._pieces)


class Server(ThreadingHTTPServer):
    """Answers a PUT with its body; a GET never.

    Attributes:
        bodies: what came by PUT.
        peers: where the requests came from.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies: list[bytes] = []
        self.peers: set[Any] = set()
        self.stalled = threading.Event()
        self.ended = threading.Event()


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_PUT(self) -> None:
        """Read chunks to the last."""
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            assert self.rfile.readline() == b"\r\n"
        assert self.rfile.readline() == b"\r\n"
        self.server.bodies.append(b"".join(parts))
        self.server.peers.add(self.client_address)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def do_GET(self) -> None:
        """Say nothing."""
        self.server.stalled.set()
        self.server.ended.wait(20)
        self.close_connection = True

    def log_message(self, *words: Any) -> None:
        """Keep quiet."""


@pytest.fixture(params=["http", "https"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Server, str, requests.Session]]:
    """A server, its address, and a session that trusts it."""
    server, session = Server(), new_session(20.0)
    if request.param == "https":
        authority = Authority(tmp_path)
        server.socket = authority.context(authority.server()).wrap_socket(server.socket, server_side=True)
        session.verify, session.trust_env = str(authority.file), False
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server, f"{request.param}://127.0.0.1:{server.server_port}/", session
    server.ended.set()
    session.close()
    server.shutdown()
    thread.join()
    server.server_close()


def test_pieces_arrive_whole_and_the_connection_stays(place: tuple[Server, str, requests.Session]) -> None:
    """Many buffers, empty ones among them, and more than a socket takes at once; one connection for all."""
    server, url, session = place
    large = memoryview(bytes(range(256)) * 40_000)
    bodies = [
        Pieces([b"a", b"", b"bc"], [b""], [b"d"]),
        Pieces(),
        Pieces([large, b"x"], [large[5:9]]),
        Pieces([bytes((number % 256,)) for number in range(2000)]),
    ]
    for body in bodies:
        answer = session.put(url, data=body)
        assert (200, "ok") == (answer.status_code, answer.text)
    assert [b"".join(map(bytes, (part for piece in body for part in piece))) for body in bodies] == server.bodies
    assert 1 == len(server.peers)


def test_a_body_that_fails_ends_its_connection(place: tuple[Server, str, requests.Session]) -> None:
    """The server never sees an end, and the next request goes by another connection."""
    server, url, session = place

    class Torn(PiecedBody):
        def __iter__(self) -> Iterator[Sequence[Any]]:
            yield [b"half"]
            raise KeyError("source")

    with pytest.raises(KeyError):
        session.put(url, data=Torn())
    session.put(url, data=Pieces([b"whole"]))
    assert [b"whole"] == server.bodies


def test_a_request_that_waits_is_cut(place: tuple[Server, str, requests.Session]) -> None:
    """From another thread, at once; one that is cut before it begins ends as soon as it has a connection."""
    server, url, session = place
    watch, ended = Watch(), []

    def ask() -> None:
        with watch.over_requests(), pytest.raises(requests.RequestException):
            session.get(url)
        ended.append(True)

    worker = threading.Thread(target=ask)
    worker.start()
    assert server.stalled.wait(10)
    watch.cut()
    worker.join(10)
    assert [True] == ended
    ask()
    assert [True, True] == ended


def test_requests_outside_of_a_watch_are_left_alone(place: tuple[Server, str, requests.Session]) -> None:
    """Also while one inside is watched: the innermost watch has the request."""
    server, url, session = place
    outer, inner = Watch(), Watch()
    with outer.over_requests(), inner.over_requests():
        session.put(url, data=Pieces([b"1"]))
    outer.cut()
    with inner.over_requests():
        assert 200 == session.put(url, data=Pieces([b"2"])).status_code
    assert [b"1", b"2"] == server.bodies
