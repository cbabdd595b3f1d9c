"""The first steps of a connection check over TCP: resolve, connect, TLS."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress

from services.errors import ConnectFailed, ResolveFailed, TimedOut, TlsFailed


class Reach:
    """One connection of its own to an address, opened step by step and closed unused."""

    def __init__(self, host: str, port: int, *, is_tls: bool, timeout_seconds: float) -> None:
        self._host = host
        self._port = port
        self._is_tls = is_tls
        self._timeout_seconds = timeout_seconds
        self._socket: socket.socket | None = None

    def resolve(self) -> str:
        """The first address of the host.

        Raises:
            ResolveFailed: it has none.
        """
        try:
            found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        except OSError as error:
            told = f"{self._host}: {error.strerror or error}"
            raise ResolveFailed(told, hint="Check the host of the endpoint.") from error
        return str(found[0][4][0])

    def connect(self) -> str:
        """Open the connection.

        Raises:
            ConnectFailed, TimedOut: it does not open.
        """
        where = f"{self._host}:{self._port}"
        hint = "Check the endpoint, the network and its firewalls."
        try:
            self._socket = socket.create_connection((self._host, self._port), self._timeout_seconds)
        except TimeoutError as error:
            raise TimedOut(f"{where}: no connection in time", hint=hint) from error
        except OSError as error:
            raise ConnectFailed(f"{where}: {error.strerror or error}", hint=hint) from error
        return where

    def tls(self) -> str | None:
        """Check certificate and host name; None where the address has no TLS.

        Raises:
            TlsFailed: they do not hold.
        """
        if not self._is_tls:
            return None
        import certifi

        assert self._socket is not None
        context = ssl.create_default_context(cafile=certifi.where())
        try:
            secured = context.wrap_socket(self._socket, server_hostname=self._host)
        except (ssl.SSLError, OSError) as error:
            hint = "Check the host name and the date of this computer."
            raise TlsFailed(f"{self._host}: {error}", hint=hint) from error
        self._socket = secured
        return f"{secured.version()}, {self._host}"

    def close(self) -> None:
        """Close the connection; safe to call twice."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.close()
            self._socket = None
