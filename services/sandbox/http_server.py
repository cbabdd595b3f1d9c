"""An HTTP server on loopback, one thread a connection, with the faults that no protocol above it sees."""

from __future__ import annotations

import socket
import ssl
import struct
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Lock, Thread

from services.sandbox.faults import Fault, FaultPlan
from services.sandbox.http import Answer, BadRequest, HttpRequest, read_request, write_response

HOST = "127.0.0.1"
# An SDK opens hundreds of connections at once; a short queue refuses some now and then.
BACKLOG = 512
PARTING_SECONDS, PARTING_READS = 2.0, 1024
HANDSHAKE_SECONDS = 10.0
_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
GATEWAY_ANSWER = Answer(502, {"Content-Type": "text/html"}, _PAGE)


class HttpServer:
    """Listens on a free port from its making to `close`.

    Args:
        name: of its threads.
        plan: faults; those of the connection (`delay`, `stall`, `reset`, `garbage`, `html`, `lost`, `cut`) happen
            here, the others are left to `answer`.
        operation: the name by which faults know a request.
        answer: gives the answer to a request and the faults it meets; called in the connection's thread.
        body_bytes: of a request's body that are kept.
        tls: a server-side context; None is plain TCP.
    """

    def __init__(
        self,
        name: str,
        plan: FaultPlan,
        operation: Callable[[HttpRequest], int | str],
        answer: Callable[[HttpRequest, list[Fault]], Answer],
        body_bytes: int,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._name = name
        self._plan = plan
        self._operation = operation
        self._answer = answer
        self._body_bytes = body_bytes
        self._tls = tls
        self.ended = Event()
        self._lock = Lock()
        self._connections: set[socket.socket] = set()
        self._threads: set[Thread] = set()
        self._listener = socket.create_server((HOST, 0), backlog=BACKLOG)
        self.port: int = self._listener.getsockname()[1]
        self._spawn(self._accept)

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return f"http{'s' if self._tls else ''}://{HOST}:{self.port}"

    @property
    def open_connections(self) -> int:
        with self._lock:
            return len(self._connections)

    def close(self) -> None:
        """Ends all connections and frees the port; a second call does nothing."""
        if self.ended.is_set():
            return
        self.ended.set()
        # shutdown wakes the accept that waits in another thread; close alone does not.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for sock in self._connections:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join(timeout=5)

    def _spawn(self, target: Callable[..., None], *args: object) -> None:
        def run() -> None:
            try:
                target(*args)
            finally:
                self._threads.discard(thread)

        thread = Thread(target=run, name=self._name, daemon=True)
        self._threads.add(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self._spawn(self._serve, sock)

    def _serve(self, accepted: socket.socket) -> None:
        try:
            sock = self._secured(accepted)
        except OSError:
            accepted.close()
            return
        with self._lock:
            self._connections.add(sock)
        try:
            if not self.ended.is_set():
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with suppress(OSError):
                    self._converse(sock)
        finally:
            with self._lock:
                self._connections.discard(sock)
            sock.close()

    def _secured(self, sock: socket.socket) -> socket.socket:
        if self._tls is None:
            return sock
        sock.settimeout(HANDSHAKE_SECONDS)
        secured = self._tls.wrap_socket(sock, server_side=True)
        secured.settimeout(None)
        return secured

    def _converse(self, sock: socket.socket) -> None:
        with sock.makefile("rb") as stream:
            keeps_open = True
            while keeps_open:
                try:
                    request = read_request(stream, self._body_bytes)
                except BadRequest as error:
                    sock.sendall(write_response(Answer(error.status, {}, str(error).encode()), keeps_open=False))
                    part(sock)
                    return
                keeps_open = request is not None and self._respond(sock, request)

    def _respond(self, sock: socket.socket, request: HttpRequest) -> bool:
        """Answers a request and says whether the connection stays open."""
        faults = self._plan.due(self._operation(request), 1)
        answer, is_over = self._meet(sock, faults)
        if is_over:
            return False
        answer = answer or self._answer(request, faults)
        sent = write_response(answer, keeps_open=request.keeps_open, has_body=request.method != "HEAD")
        broken = {fault.action for fault in faults} & {"lost", "cut"}
        if broken:
            # What was asked for is done; of the answer comes nothing, or all but half of its body (bare: of its head).
            missing = len(answer.body) - len(answer.body) // 2 or len(sent) // 2
            sock.sendall(b"" if "lost" in broken else sent[:-missing])
            reset(sock)
            return False
        sock.sendall(sent)
        return request.keeps_open

    def _meet(self, sock: socket.socket, faults: list[Fault]) -> tuple[Answer | None, bool]:
        """Shows the faults that no protocol sees: the answer of a gateway if one is due, and whether all is over."""
        answer: Answer | None = None
        for fault in faults:
            if fault.action == "delay":
                self.ended.wait(fault.seconds)
            elif fault.action == "stall":
                sock.recv(1)
                return None, True
            elif fault.action == "reset":
                reset(sock)
                return None, True
            elif fault.action == "garbage":
                sock.sendall(b"\x00\xffthis is no HTTP\r\n\r\n")
                return None, True
            elif fault.action == "html":
                answer = GATEWAY_ANSWER
        return answer, False


def reset(sock: socket.socket) -> None:
    """Makes the close of a connection a reset: lingering for no time does."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def part(sock: socket.socket) -> None:
    """Reads what the client still sends: a close before that would reset the connection and lose the answer."""
    sock.shutdown(socket.SHUT_WR)
    sock.settimeout(PARTING_SECONDS)
    for _ in range(PARTING_READS):
        if not sock.recv(1 << 16):
            return
