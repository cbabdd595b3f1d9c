"""A connection check step by step: resolve, connect, TLS, sign in, list."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

from services.cancel import CancelToken
from services.errors import ConnectFailed, ResolveFailed, StoredeckError, TimedOut, TlsFailed
from services.stores.checks import Step, checked
from services.stores.trove.options import TroveOptions, address_of
from services.stores.trove.rest import Rest
from services.stores.trove.service import Service
from services.stores.types import CheckStep

CONNECT_SECONDS = 10.0


class ConnectionCheck:
    """One check, on connections of its own: first Keystone, where there is one, then Trove."""

    def __init__(self, options: TroveOptions) -> None:
        self._options = options
        self._rest = Rest(options)
        self._socket: socket.socket | None = None

    def steps(self, cancel: CancelToken) -> Iterator[CheckStep]:
        """Each step when done; a failed one is the last."""
        actions: tuple[Step, ...] = (self._resolve, self._connect, self._tls, self._sign_in, lambda: self._list(cancel))
        try:
            yield from checked(actions, cancel)
        finally:
            self._close()
            self._rest.close()

    @property
    def _address(self) -> tuple[str, int]:
        return address_of(self._options.first_url)

    def _resolve(self) -> str:
        self._options.require_address()
        host, port = self._address
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise ResolveFailed(f"{host}: {error.strerror or error}", hint="Check the host of auth_url.") from error
        return str(found[0][4][0])

    def _connect(self) -> str:
        host, port = self._address
        try:
            self._socket = socket.create_connection((host, port), min(CONNECT_SECONDS, self._options.timeout_seconds))
        except TimeoutError as error:
            raise TimedOut(
                f"{host}:{port}: no connection in time", hint="Check the network and its firewalls."
            ) from error
        except OSError as error:
            told = f"{host}:{port}: {error.strerror or error}"
            raise ConnectFailed(told, hint="Check auth_url, the network and its firewalls.") from error
        return f"{host}:{port}{self._versions() if self._options.service_url else ''}"

    def _tls(self) -> str | None:
        if urlsplit(self._options.first_url).scheme != "https":
            return None
        import certifi

        assert self._socket is not None
        host, _ = self._address
        try:
            context = ssl.create_default_context(cafile=self._options.ca_file or certifi.where())
            secured = context.wrap_socket(self._socket, server_hostname=host)
        except (ssl.SSLError, OSError) as error:
            raise TlsFailed(
                f"{host}: {error}", hint="Check ca_file, the host name and this computer's date."
            ) from error
        self._socket = secured
        return f"{secured.version()}, {host}"

    def _sign_in(self) -> str:
        self._close()
        identity = self._rest.identity
        roles = f" as {', '.join(sorted(identity.roles))}" if identity.roles else ""
        region = f", region {identity.region}" if identity.region else ""
        return f"{identity.user or 'by token'} in {identity.project or 'no project'}{roles}{region}"

    def _list(self, cancel: CancelToken) -> str:
        count = sum(len(page) for page in Service(self._rest).instances(cancel))
        return f"{count} instances{self._versions()}"

    def _versions(self) -> str:
        """The service's versions, which it tells without signing in; some gateways hide them."""
        try:
            found = [f"{one.get('id', '')} {one.get('status', '')}".strip() for one in self._rest.versions()]
        except StoredeckError:
            return ""
        return f", Trove {', '.join(found)}"

    def _close(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                self._socket.close()
            self._socket = None
