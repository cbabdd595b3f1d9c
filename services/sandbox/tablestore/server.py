"""The sandbox instance as an HTTP server: one thread a connection."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from threading import Event, Lock, Thread
from types import TracebackType

from services.sandbox.faults import Fault, FaultPlan, parse_faults
from services.sandbox.tablestore.data import load_events, load_samples
from services.sandbox.tablestore.faulty import GATEWAY_PAGE
from services.sandbox.tablestore.gateway import Access, Gateway
from services.sandbox.tablestore.http import BadRequest, HttpRequest, read_request, write_response
from services.sandbox.tablestore.instance import Instance
from services.sandbox.tablestore.limits import Clock, Limits
from services.sandbox.tablestore.messages import require
from services.sandbox.tablestore.persistence import load, save

HOST = "127.0.0.1"
# An SDK opens hundreds of connections at once; a short queue refuses some now and then.
BACKLOG = 512
KIND = "tablestore"
PARTING_SECONDS, PARTING_READS = 2.0, 1024


class TablestoreSandbox:
    """A Tablestore instance on loopback, in threads of this process.

    Args:
        instance: the instance's name.
        faults: a specification (see `services.sandbox.faults`) or faults; `plan` takes more later.
        rows: rows of the extra table `events`; 0 is none.
        samples: whether the sample tables are loaded.
        limits: what a request or page may hold.
        directory: where the data is kept from an orderly end to the next start; without it nothing is kept.

    Raises:
        ImportError: the SDK, whose messages the server speaks, is not installed.
    """

    def __init__(
        self,
        instance: str = "sandbox",
        faults: str | Iterable[Fault] = (),
        rows: int = 0,
        *,
        samples: bool = True,
        limits: Limits | None = None,
        directory: Path | None = None,
    ) -> None:
        require()
        self.plan = FaultPlan()
        self.plan.add(*(f for f in (parse_faults(faults) if isinstance(faults, str) else faults) if f.kind == KIND))
        self.access = Access(instance)
        self.clock = Clock()
        self.data = Instance(limits or Limits(), self.clock)
        self._directory = directory
        self._load(samples=samples, rows=rows)
        self._gateway = Gateway(self.access, self.data)
        self._ended = Event()
        self._lock = Lock()
        self._connections: set[socket.socket] = set()
        self._threads: set[Thread] = set()
        self._listener = socket.create_server((HOST, 0), backlog=BACKLOG)
        self.port: int = self._listener.getsockname()[1]
        self._spawn(self._accept)

    def _load(self, *, samples: bool, rows: int) -> None:
        """Takes up the saved state, else loads the samples; `events` is made anew when it has other rows."""
        is_saved = self._directory is not None and load(self.data, self._directory)
        if samples and not is_saved:
            load_samples(self.data)
        events = self.data.tables.get("events")
        if rows and (events is None or len(events.rows) != rows):
            load_events(self.data, rows)

    @property
    def endpoint(self) -> str:
        """The address as a profile holds it."""
        return f"http://{HOST}:{self.port}"

    @property
    def profile(self) -> dict[str, object]:
        """The fields of a profile that leads here."""
        access = self.access
        return {
            "endpoint": self.endpoint,
            "instance": access.instance,
            "access_key_id": access.access_key_id,
            "secrets": {"access_key_secret": access.access_key_secret},
        }

    def __enter__(self) -> TablestoreSandbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends all connections and frees the port; a second call does nothing."""
        if self._ended.is_set():
            return
        self._ended.set()
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
        with self.data.lock:
            if self._directory is not None:
                save(self.data, self._directory)
            self.data.close()

    def _spawn(self, target: object, *args: object) -> None:
        def run() -> None:
            try:
                target(*args)  # type: ignore[operator]
            finally:
                self._threads.discard(thread)

        thread = Thread(target=run, name="tablestore-sandbox", daemon=True)
        self._threads.add(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self._spawn(self._serve, sock)

    def _serve(self, sock: socket.socket) -> None:
        with self._lock:
            self._connections.add(sock)
        try:
            if not self._ended.is_set():
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with suppress(OSError):
                    self._converse(sock)
        finally:
            with self._lock:
                self._connections.discard(sock)
            sock.close()

    def _converse(self, sock: socket.socket) -> None:
        with sock.makefile("rb") as stream:
            keeps_open = True
            while keeps_open:
                try:
                    request = read_request(stream, self.data.limits.body_bytes)
                except BadRequest as error:
                    body = str(error).encode()
                    sock.sendall(write_response(error.status, {}, body, keeps_open=False))
                    _part(sock)
                    return
                keeps_open = request is not None and self._respond(sock, request)

    def _respond(self, sock: socket.socket, request: HttpRequest) -> bool:
        """Answers a request and says whether the connection stays open."""
        operation = request.path.rsplit("/", 1)[-1]
        faults = self.plan.due(operation, 1)
        for fault in faults:
            if fault.action == "delay":
                self._ended.wait(fault.seconds)
            elif fault.action == "stall":
                sock.recv(1)
                return False
            elif fault.action == "reset":
                # Lingering for no time turns the close into a reset.
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return False
            elif fault.action == "garbage":
                sock.sendall(b"\x00\xffthis is no HTTP\r\n\r\n")
                return False
            elif fault.action == "html":
                page = {"Content-Type": "text/html"}
                sock.sendall(write_response(502, page, GATEWAY_PAGE, keeps_open=request.keeps_open))
                return request.keeps_open
        answer = self._gateway.answer(request, faults)
        sock.sendall(write_response(answer.status, answer.headers, answer.body, keeps_open=request.keeps_open))
        return request.keeps_open


def _part(sock: socket.socket) -> None:
    """Reads what the client still sends: a close before that would reset the connection and lose the answer."""
    sock.shutdown(socket.SHUT_WR)
    sock.settimeout(PARTING_SECONDS)
    for _ in range(PARTING_READS):
        if not sock.recv(1 << 16):
            return
