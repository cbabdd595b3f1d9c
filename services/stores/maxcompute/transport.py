"""Connections that can be cut: who gives up a request ends it at once, and no thread waits for its answer."""

from __future__ import annotations

import socket
import ssl
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

CONNECT_SECONDS: Final = 10.0
CONNECTIONS: Final = 32
MOST_BUFFERS: Final = 512
_LAST_CHUNK: Final = b"0\r\n\r\n"

_here = threading.local()


class Watch:
    """Knows the socket of a request; cutting it ends the request, in whatever thread it waits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: Any = None
        self._is_cut = False

    def saw(self, found: Any) -> None:
        """The request goes over this socket."""
        with self._lock:
            self._socket = found
            is_cut = self._is_cut
        if is_cut:
            _shut(found)

    def cut(self) -> None:
        """End the request, now or as soon as it has a connection."""
        with self._lock:
            self._is_cut = True
            found = self._socket
        _shut(found)

    @contextmanager
    def over_requests(self) -> Iterator[None]:
        """Requests that this thread makes in the block are watched."""
        before = getattr(_here, "watch", None)
        _here.watch = self
        try:
            yield
        finally:
            _here.watch = before


def _shut(found: Any) -> None:
    """End a connection both ways; the plain socket's way, as that of TLS is not made for another thread."""
    if found is not None:
        with suppress(OSError):
            socket.socket.shutdown(found, socket.SHUT_RDWR)


def _note(connection: HTTPConnection) -> None:
    watch: Watch | None = getattr(_here, "watch", None)
    if watch is not None and connection.sock is not None:
        watch.saw(connection.sock)


class PiecedBody(ABC):
    """A body whose pieces lie in several buffers; sent in HTTP's chunks, each without being put together first."""

    @abstractmethod
    def __iter__(self) -> Iterator[Sequence[Any]]:
        """The buffers of each piece."""


class _Connection(HTTPConnection):
    _body: PiecedBody | None = None

    def connect(self) -> None:
        super().connect()
        _note(self)

    def request(self, method: str, url: str, body: Any = None, *args: Any, **kwargs: Any) -> None:
        _note(self)
        self._body = body if isinstance(body, PiecedBody) else None
        super().request(method, url, None if self._body else body, *args, **kwargs)

    def send(self, data: Any) -> None:
        """Send; the body goes before the empty chunk that ends it."""
        body = self._body
        if body is not None and data == _LAST_CHUNK:
            self._body = None
            for piece in body:
                _send_chunk(self.sock, piece)
        super().send(data)


class _TlsConnection(HTTPSConnection, _Connection):
    def connect(self) -> None:
        super().connect()
        _note(self)


def _send_chunk(sock: Any, buffers: Sequence[Any]) -> None:
    """Send buffers as one of HTTP's chunks."""
    size = sum(map(len, buffers))
    if not size:
        return
    waiting = [memoryview(part).cast("B") for part in (b"%x\r\n" % size, *buffers, b"\r\n")]
    if isinstance(sock, ssl.SSLSocket):
        sock.sendall(b"".join(waiting))
        return
    while waiting:
        sent = sock.sendmsg(waiting[:MOST_BUFFERS])
        while waiting and sent >= len(waiting[0]):
            sent -= len(waiting.pop(0))
        if sent:
            waiting[0] = waiting[0][sent:]


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


_POOLS: Final = {"http": _Pool, "https": _TlsPool}


class _TimedAdapter(HTTPAdapter):
    """Gives every request our times in place of the SDK's two minutes, on connections that can be cut."""

    def __init__(self, timeout_seconds: float) -> None:
        self._timeout = (min(CONNECT_SECONDS, timeout_seconds), timeout_seconds)
        super().__init__(pool_connections=4, pool_maxsize=CONNECTIONS)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = dict(_POOLS)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager: Any = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = dict(_POOLS)
        return manager

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send with our times."""
        return super().send(request, *args, **{**kwargs, "timeout": self._timeout})


def new_session(timeout_seconds: float) -> requests.Session:
    """A pool of connections."""
    session = requests.Session()
    adapter = _TimedAdapter(timeout_seconds)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session
