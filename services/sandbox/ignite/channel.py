"""The socket of one client, plain or TLS: whole messages in, whole messages out."""

from __future__ import annotations

import select
import socket
import ssl
import struct
from contextlib import suppress
from threading import Lock

from services.readiness import is_readable, is_writable
from services.sandbox.ignite.errors import ConnectionEnds

LONGEST_MESSAGE = 256 * 1024 * 1024
_PEER_GONE = getattr(select, "POLLRDHUP", 0) | select.POLLHUP | select.POLLERR
_LINGER_ZERO = struct.pack("ii", 1, 0)


class Channel:
    """Reads in one thread; any thread may send."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._sending = Lock()
        self._buffer = bytearray()
        with suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.local = "{}:{}".format(*sock.getsockname()[:2])
        self.remote = "{}:{}".format(*sock.getpeername()[:2])

    def receive(self) -> bytes:
        """The next message without its length.

        Raises:
            ConnectionEnds: the peer has closed, or the length is impossible.
        """
        length = int.from_bytes(self._take(4), "little", signed=True)
        if not 0 < length <= LONGEST_MESSAGE:
            raise ConnectionEnds
        return self._take(length)

    def _take(self, count: int) -> bytes:
        buffer = self._buffer
        while len(buffer) < count:
            data = self._some(max(65536, min(count - len(buffer), 1 << 20)))
            if not data:
                raise ConnectionEnds
            buffer += data
        taken = bytes(memoryview(buffer)[:count])
        del buffer[:count]
        return taken

    def _some(self, limit: int) -> bytes:
        try:
            return self._socket.recv(limit)
        except OSError as error:
            raise ConnectionEnds from error

    def send(self, data: bytes) -> None:
        try:
            with self._sending:
                self._socket.sendall(data)
        except OSError as error:
            raise ConnectionEnds from error

    def peer_has_gone(self) -> bool:
        """Whether the client has closed its side, without reading."""
        try:
            poll = select.poll()
            poll.register(self._socket.fileno(), _PEER_GONE)
            return bool(poll.poll(0))
        except (OSError, ValueError):
            return True

    def stop(self) -> None:
        """Ends the connection from another thread: a waiting read wakes up."""
        with suppress(OSError):
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def reset(self) -> None:
        """Ends the connection so that the peer sees a reset."""
        with suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        self.close()

    def close(self) -> None:
        with suppress(OSError):
            self._socket.close()


class TlsChannel(Channel):
    """The same over TLS; one lock keeps reading and sending apart, as OpenSSL wants it."""

    def __init__(self, sock: ssl.SSLSocket) -> None:
        super().__init__(sock)
        self._tls = sock
        sock.setblocking(False)

    def _some(self, limit: int) -> bytes:
        while True:
            try:
                with self._sending:
                    return self._tls.recv(limit)
            except ssl.SSLWantReadError:
                is_readable(self._tls)
            except ssl.SSLWantWriteError:
                is_writable(self._tls)
            except (OSError, ValueError) as error:
                raise ConnectionEnds from error

    def send(self, data: bytes) -> None:
        rest = memoryview(data)
        try:
            with self._sending:
                while rest:
                    try:
                        rest = rest[self._tls.send(rest[:65536]) :]
                    except ssl.SSLWantWriteError:
                        is_writable(self._tls)
                    except ssl.SSLWantReadError:
                        is_readable(self._tls)
        except (OSError, ValueError) as error:
            raise ConnectionEnds from error
