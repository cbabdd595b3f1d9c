"""One connection to a node: the SDK's, and requests that the SDK's own parser never sees.

The SDK signs in and negotiates; the own codec's messages go through its connection. A wire serves one
thread at a time, except `shut`.
"""

from __future__ import annotations

import contextlib
import itertools
import socket
import ssl
import struct
from collections.abc import Callable
from uuid import UUID

from pyignite import Client
from pyignite.exceptions import AuthenticationError, HandshakeError, SocketError

from services.errors import (
    ConnectFailed,
    ProtocolError,
    SessionLost,
    SignInFailed,
    StoredeckError,
    TimedOut,
)
from services.readiness import is_readable
from services.stores.ignite.checked_connection import CheckedConnection
from services.stores.ignite.faults import ServerRefusal
from services.stores.ignite.options import IgniteOptions, node_text

HEADER = struct.Struct("<iqh")
REQUEST = struct.Struct("<ihq")
TOPOLOGY = struct.Struct("<qi")
FLAG_ERROR = 1
FLAG_TOPOLOGY = 2
FLAG_NOTIFICATION = 4


def _has_input(sock: socket.socket, seconds: float) -> bool:
    """Whether bytes, or the end of the connection, can be read within the time. TLS may hold bytes already."""
    if isinstance(sock, ssl.SSLSocket) and sock.pending():
        return True
    return is_readable(sock, seconds)


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
