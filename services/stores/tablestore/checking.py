"""A connection check step by step: resolve, connect, TLS, sign in, list."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress

from services.cancel import CancelToken
from services.errors import ConnectFailed, ResolveFailed, TimedOut, TlsFailed
from services.stores.checks import Step, checked
from services.stores.tablestore.link import CONNECT_SECONDS, Link
from services.stores.tablestore.options import TablestoreOptions
from services.stores.types import CheckStep


class ConnectionCheck:
    """One check, on connections of its own."""

    def __init__(self, options: TablestoreOptions) -> None:
        self._options = options
        self._socket: socket.socket | None = None
        self._tables = 0

    def steps(self, cancel: CancelToken) -> Iterator[CheckStep]:
        """Each step when done; a failed one is the last."""
        link = Link(self._options)
        actions: tuple[Step, ...] = (
            self._resolve,
            self._connect,
            self._tls,
            lambda: self._sign_in(link, cancel),
            self._list,
        )
        try:
            yield from checked(actions, cancel)
        finally:
            self._close()
            link.close()

    def _resolve(self) -> str:
        host, port = self._options.address
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise ResolveFailed(f"{host}: {error.strerror or error}", hint="Check the host of the endpoint.") from error
        return str(found[0][4][0])

    def _connect(self) -> str:
        host, port = self._options.address
        try:
            self._socket = socket.create_connection((host, port), min(CONNECT_SECONDS, self._options.timeout_seconds))
        except TimeoutError as error:
            raise TimedOut(
                f"{host}:{port}: no connection in time", hint="Check the network and its firewalls."
            ) from error
        except OSError as error:
            told = f"{host}:{port}: {error.strerror or error}"
            raise ConnectFailed(told, hint="Check the endpoint, the network and its firewalls.") from error
        return f"{host}:{port}"

    def _tls(self) -> str | None:
        if not self._options.is_tls:
            return None
        import certifi

        assert self._socket is not None
        context = ssl.create_default_context(cafile=certifi.where())
        host, _ = self._options.address
        try:
            secured = context.wrap_socket(self._socket, server_hostname=host)
        except (ssl.SSLError, OSError) as error:
            raise TlsFailed(f"{host}: {error}", hint="Check the host name and the date of this computer.") from error
        self._socket = secured
        return f"{secured.version()}, {host}"

    def _sign_in(self, link: Link, cancel: CancelToken) -> str:
        self._close()
        self._tables = len(link.call("ListTable", what=self._options.instance, cancel=cancel))
        version = "v4" if self._options.region else "v2"
        return f"as {self._options.access_key_id}, signatures {version}"

    def _list(self) -> str:
        return f"{self._tables} tables in {self._options.instance}"

    def _close(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                self._socket.close()
            self._socket = None
