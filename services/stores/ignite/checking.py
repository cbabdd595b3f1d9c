"""A connection check step by step: resolve, connect, TLS, sign in, list."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress

from services.cancel import CancelToken
from services.errors import ResolveFailed, StoredeckError
from services.stores.checks import Step, checked
from services.stores.ignite.checked_connection import plain_socket
from services.stores.ignite.options import IgniteOptions, node_text
from services.stores.ignite.tls import certificate_summary, start_tls
from services.stores.ignite.wire import Wire
from services.stores.types import CheckStep


class ConnectionCheck:
    """One check; the first node of the profile that accepts a connection is checked to the end."""

    def __init__(self, options: IgniteOptions, list_names: Callable[[Wire], str]) -> None:
        self._options = options
        self._list_names = list_names
        self._node = options.nodes[0]
        self._socket: socket.socket | None = None
        self._wire: Wire | None = None

    def steps(self, cancel: CancelToken) -> Iterator[CheckStep]:
        """Each step when done; a failed one is the last. A step that returns None does not apply."""
        actions: tuple[Step, ...] = (self._resolve, self._connect, self._tls, self._sign_in, self._list)
        try:
            yield from checked(actions, cancel)
        finally:
            self._close()

    def _resolve(self) -> str:
        told, failures = [], []
        for host, port in self._options.nodes:
            try:
                found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            except OSError as error:
                failures.append(f"{host}: {error.strerror or error}")
            else:
                told.append(str(found[0][4][0]))
        if not told:
            raise ResolveFailed("; ".join(failures), hint="Check the host names in nodes.")
        return ", ".join(dict.fromkeys(told))

    def _connect(self) -> str:
        failures: list[StoredeckError] = []
        for node in self._options.nodes:
            try:
                self._socket = plain_socket(node, self._options.timeout_seconds)
            except StoredeckError as error:
                failures.append(error)
            else:
                self._node = node
                return node_text(node)
        raise failures[0]

    def _tls(self) -> str | None:
        if not self._options.is_tls:
            return None
        assert self._socket is not None
        secured: ssl.SSLSocket = start_tls(self._socket, self._node[0], self._options)
        self._socket = secured
        return certificate_summary(secured)

    def _sign_in(self) -> str:
        self._close()
        self._wire = Wire(self._node, self._options)
        user = f"as {self._options.username}, " if self._options.username else ""
        return f"{user}protocol {'.'.join(map(str, self._wire.version))}"

    def _list(self) -> str:
        assert self._wire is not None
        return self._list_names(self._wire)

    def _close(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                self._socket.close()
            self._socket = None
        if self._wire is not None:
            self._wire.close()
            self._wire = None
