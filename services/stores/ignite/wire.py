"""One connection to a node: the SDK's, with a socket of ours, and requests that the SDK's own parser never sees.

The SDK signs in, negotiates and fails over; we open the socket (IPv6, server name, host-name check), and send the own
codec's messages through `Connection.request`. A wire serves one thread at a time, except `shut`.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import socket
import ssl
import struct
from collections.abc import Callable
from typing import Any
from uuid import UUID

from pyignite import Client
from pyignite.connection.connection import Connection
from pyignite.connection.handshake import HandshakeRequest, HandshakeResponse
from pyignite.exceptions import AuthenticationError, HandshakeError, SocketError
from pyignite.stream import BinaryStream

from services.errors import (
    ConnectFailed,
    ProtocolError,
    ResolveFailed,
    SessionLost,
    SignInFailed,
    StoredeckError,
    TimedOut,
)
from services.readiness import is_readable
from services.stores.ignite.faults import ServerRefusal
from services.stores.ignite.options import IgniteOptions, node_text
from services.stores.ignite.tls import start_tls

HEADER = struct.Struct("<iqh")
REQUEST = struct.Struct("<ihq")
LENGTH = struct.Struct("<i")
TOPOLOGY = struct.Struct("<qi")
FLAG_ERROR = 1
FLAG_TOPOLOGY = 2
FLAG_NOTIFICATION = 4
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


def _has_input(sock: socket.socket, seconds: float) -> bool:
    """Whether bytes, or the end of the connection, can be read within the time. TLS may hold bytes already."""
    if isinstance(sock, ssl.SSLSocket) and sock.pending():
        return True
    return is_readable(sock, seconds)


def _with_true_length(message: bytes) -> bytes:
    # The SDK counts characters, not bytes, of user and password.
    return struct.pack("<i", len(message) - 4) + message[4:]


class Wire:
    """A signed-in connection to one node.

    Attributes:
        topology: the version of the cluster's affinity that the node told last.
    """

    def __init__(self, node: tuple[str, int], options: IgniteOptions) -> None:
        """Connect and sign in.

        Raises:
            ConnectError, TimedOut, ProtocolError.
        """
        self.node = node
        self.options = options
        self.topology = (0, 0)
        self._requests = itertools.count(1)
        self._client = Client(partition_aware=False)
        self._connection = CheckedConnection(
            self._client,
            node[0],
            node[1],
            username=options.username or None,
            password=options.password.reveal() or None,
            timeout=options.timeout_seconds,
            handshake_timeout=options.timeout_seconds,
        )
        self._connection.options = options
        self._sign_in()

    def _sign_in(self) -> None:
        name = node_text(self.node)
        try:
            self._connection.connect()
        except StoredeckError:
            raise
        except AuthenticationError as error:
            raise SignInFailed(f"{name}: {error}", hint="Check user and password of the profile.") from error
        except HandshakeError as error:
            hint = "This console speaks the thin protocol 1.2 to 1.7 of Ignite 2."
            raise ConnectFailed(f"{name}: the node refused the handshake: {error}", hint=hint) from error
        except TimeoutError as error:
            self._connection.close()
            hint = "The port answers but does not speak Ignite's thin protocol, or it wants TLS (tls = true)."
            raise TimedOut(f"{name}: no handshake within {self.options.timeout_seconds:g} s", hint=hint) from error
        except (OSError, SocketError) as error:
            self._connection.close()
            hint = "The node may want TLS (tls = true), or the port is not its thin client port."
            raise ConnectFailed(f"{name}: closed the connection in the handshake: {error}", hint=hint) from error
        except Exception as error:  # the SDK parses whatever bytes come, and fails in as many ways
            self._connection.close()
            hint = "Is this the thin client port of an Ignite node, and is TLS set as the node wants it?"
            raise ProtocolError(f"{name}: the answer to the handshake makes no sense", hint=hint) from error

    @property
    def version(self) -> tuple[int, int, int]:
        """The protocol version agreed on."""
        version: tuple[int, int, int] = self._client.protocol_context.version
        return version

    @property
    def features(self) -> frozenset[int]:
        """The numbers of the feature bits agreed on."""
        mask = int(self._client.protocol_context.features or 0)
        return frozenset(bit for bit in range(mask.bit_length()) if mask >> bit & 1)

    @property
    def is_alive(self) -> bool:
        """Whether the connection can still be used: an idle one that is readable was closed by the server."""
        sock = self._connection._socket
        return sock is not None and not self._connection.failed and not _has_input(sock, 0)

    @property
    def local_address(self) -> str:
        """Our end as `host:port`: the server names the initiator of a query by it."""
        host, port = self._connection._socket.getsockname()[:2]
        return f"{host}:{port}"

    @property
    def node_id(self) -> UUID:
        """The id of the node that answered."""
        found: UUID = self._connection.uuid
        return found

    def request(
        self, op: int, body: bytes, *, wait_seconds: float | None = None, still_waits: Callable[[], bool] | None = None
    ) -> memoryview:
        """Send one request and return the payload of its answer.

        Args:
            wait_seconds: for the answer to begin; None for the profile's timeout.
            still_waits: asked each time the wait is over; True waits once more.

        Raises:
            ServerRefusal: the server's own error.
            SessionLost, TimedOut, ProtocolError: the connection is closed then.
        """
        return self.answer(self.ask(op, body), wait_seconds=wait_seconds, still_waits=still_waits)

    def ask(self, op: int, body: bytes) -> int:
        """Send a request; the number to fetch its answer by, before anything else is asked."""
        number = next(self._requests)
        try:
            self._connection.send(REQUEST.pack(REQUEST.size - 4 + len(body), op, number) + body, reconnect=False)
        except TimeoutError as error:
            raise self._timed_out(self.options.timeout_seconds) from error
        except (OSError, SocketError) as error:
            raise self._lost(error) from error
        return number

    def answer(
        self, number: int, *, wait_seconds: float | None = None, still_waits: Callable[[], bool] | None = None
    ) -> memoryview:
        """The payload of the answer to a request; see `request`."""
        try:
            self._await_answer(self.options.timeout_seconds if wait_seconds is None else wait_seconds, still_waits)
            message = memoryview(self._connection.recv(reconnect=False))
        except TimeoutError as error:
            raise self._timed_out(self.options.timeout_seconds) from error
        except (OSError, SocketError, MemoryError, OverflowError, ValueError, AttributeError) as error:
            raise self._lost(error) from error
        return self._payload(message, number)

    def _await_answer(self, seconds: float, still_waits: Callable[[], bool] | None) -> None:
        sock = self._connection._socket
        while not _has_input(sock, seconds):
            if still_waits is None or not still_waits():
                raise self._timed_out(seconds)

    def _lost(self, error: Exception) -> SessionLost:
        self.shut()
        is_one_of_many = len(self.options.nodes) > 1
        hint = "The next request tries the other nodes of the profile." if is_one_of_many else "Try again."
        return SessionLost(f"{node_text(self.node)}: the connection was lost: {error}", hint=hint)

    def _timed_out(self, seconds: float) -> TimedOut:
        self.shut()
        hint = "Raise timeout_seconds of the profile if the cluster is slow."
        return TimedOut(f"{node_text(self.node)}: no answer within {seconds:g} s", hint=hint)

    def _payload(self, answer: memoryview, number: int) -> memoryview:
        if len(answer) < HEADER.size:
            raise self._nonsense("an answer is too short")
        _, answered, flags = HEADER.unpack_from(answer)
        if answered != number or flags & ~(FLAG_ERROR | FLAG_TOPOLOGY | FLAG_NOTIFICATION):
            raise self._nonsense("an answer does not belong to its request")
        offset = HEADER.size
        if flags & FLAG_TOPOLOGY:
            if len(answer) < offset + TOPOLOGY.size:
                raise self._nonsense("an answer is too short")
            self.topology = TOPOLOGY.unpack_from(answer, offset)
            offset += TOPOLOGY.size
        if flags & FLAG_ERROR:
            raise ServerRefusal.from_payload(answer[offset:])
        return answer[offset:]

    def _nonsense(self, what: str) -> ProtocolError:
        self.shut()
        return ProtocolError(
            f"{node_text(self.node)}: {what}", hint="Is this the thin client port of an Ignite 2 node?"
        )

    def shut(self) -> None:
        """Close the socket now, from any thread; a request under way fails at once."""
        sock = self._connection._socket
        self._connection.failed = True
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
