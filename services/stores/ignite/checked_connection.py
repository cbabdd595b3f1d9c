"""The SDK's connection over a socket that we open and check: IPv6, server name, host name, bounded lengths."""

from __future__ import annotations

import logging
import socket
import struct
from typing import Any

from pyignite.connection.connection import Connection
from pyignite.connection.handshake import HandshakeRequest, HandshakeResponse
from pyignite.exceptions import SocketError
from pyignite.stream import BinaryStream

from services.errors import ConnectFailed, ResolveFailed, TimedOut
from services.stores.ignite.options import IgniteOptions, node_text
from services.stores.ignite.tls import start_tls

LENGTH = struct.Struct("<i")
MAX_MESSAGE_BYTES = 1 << 30

# The SDK logs each failed connection with a traceback; the failure reaches the user as one of our errors instead.
logging.getLogger("pyignite").setLevel(logging.CRITICAL)


def open_socket(node: tuple[str, int], options: IgniteOptions) -> socket.socket:
    """A connected socket, with TLS where the profile asks for it.

    Raises:
        ResolveFailed, ConnectFailed, TimedOut, TlsFailed.
    """
    sock = plain_socket(node, options.timeout_seconds)
    if not options.is_tls:
        return sock
    try:
        return start_tls(sock, node[0], options)
    except BaseException:
        sock.close()
        raise


def plain_socket(node: tuple[str, int], timeout_seconds: float) -> socket.socket:
    """A connected TCP socket.

    Raises:
        ResolveFailed, ConnectFailed, TimedOut.
    """
    name = node_text(node)
    try:
        sock = socket.create_connection(node, timeout=timeout_seconds)
    except socket.gaierror as error:
        raise ResolveFailed(
            f"{node[0]}: the name has no address: {error.strerror}", hint="Check the host name."
        ) from error
    except TimeoutError as error:
        hint = "Is the address right, and does a firewall let the port through?"
        raise TimedOut(f"{name}: no answer within {timeout_seconds:g} s", hint=hint) from error
    except OSError as error:
        hint = "Is the node running, and is this its thin client port (usually 10800)?"
        raise ConnectFailed(f"{name}: {error.strerror or error}", hint=hint) from error
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


class CheckedConnection(Connection):  # type: ignore[misc]
    """The SDK's connection over a socket that we opened and checked."""

    options: IgniteOptions

    def _connect_version(self) -> Any:
        # The SDK opens IPv4 sockets only and checks no host name; all after the socket is its own handshake.
        self._socket = open_socket((self.host, self.port), self.options)
        self._socket.settimeout(self.handshake_timeout)
        request = HandshakeRequest(self.client.protocol_context, self.username, self.password)
        with BinaryStream(self.client) as stream:
            request.from_python(stream)
            self.send(_with_true_length(stream.getvalue()), reconnect=False)
        with BinaryStream(self.client, self.recv(reconnect=False)) as stream:
            response = HandshakeResponse.parse(stream, self.protocol_context)
        if response.op_code == 0:
            self.close()
            self._process_handshake_error(response)
        return response

    def recv(self, flags: int | None = None, reconnect: bool = True) -> bytearray:
        """One whole message, its length first. The SDK's own would allocate whatever length a server names."""
        length = bytearray(LENGTH.size)
        self._fill(memoryview(length))
        (size,) = LENGTH.unpack(length)
        if not 0 < size <= MAX_MESSAGE_BYTES:
            raise ValueError(f"a message of {size} bytes was announced")
        message = bytearray(LENGTH.size + size)
        message[: LENGTH.size] = length
        self._fill(memoryview(message)[LENGTH.size :])
        return message

    def _fill(self, view: memoryview) -> None:
        while view:
            received = self._socket.recv_into(view)
            if not received:
                raise SocketError("the other side closed it")
            view = view[received:]

    def reconnect(self) -> None:
        """Stay closed: a silent new connection would hide that the cursors of the old one are gone."""
        self.close()

    def close(self, on_reconnect: bool = False) -> None:
        """Close the socket. The SDK's own leaves it open where the other side closed first."""
        sock: socket.socket | None = self._socket
        self._socket = None  # type: ignore[assignment]
        self.failed = True
        if sock is not None:
            sock.close()


def _with_true_length(message: bytes) -> bytes:
    # The SDK counts characters, not bytes, of user and password.
    return struct.pack("<i", len(message) - 4) + message[4:]
