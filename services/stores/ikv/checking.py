"""A connection check step by step: resolve, connect, TLS, sign in, list."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final

from services.cancel import CancelToken
from services.errors import ConnectFailed, ResolveFailed, TimedOut, TlsFailed
from services.stores.checks import Step, timed
from services.stores.ikv.faults import DOWN_HINT
from services.stores.ikv.gateway import Gateway, StoreSettings
from services.stores.ikv.options import IkvOptions
from services.stores.types import CheckStep, StepState

HOST_MISMATCH_CODES: Final = (62, 64)
"""OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH."""


class ConnectionCheck:
    """One check on connections of its own.

    Args:
        list_index: opens the mounted index of the store with these settings and tells what it holds, None without one.
    """

    def __init__(self, options: IkvOptions, list_index: Callable[[StoreSettings], str | None]) -> None:
        self._options = options
        self._list_index = list_index
        self._settings = StoreSettings()
        self._socket: socket.socket | None = None
        self._cancel: CancelToken

    def steps(self, cancel: CancelToken) -> Iterator[CheckStep]:
        """Each step when done; a failed one is the last. A step that returns None does not apply."""
        self._cancel = cancel
        actions: tuple[tuple[str, Step], ...] = (
            ("resolve", self._resolve),
            ("connect", self._connect),
            ("TLS", self._tls),
            ("sign in", self._sign_in),
            ("list", lambda: self._list_index(self._settings)),
        )
        try:
            for name, action in actions:
                cancel.check()
                step = timed(name, action)
                yield step
                if step.state is StepState.FAILED:
                    return
        finally:
            if self._socket is not None:
                self._socket.close()

    def _resolve(self) -> str | None:
        if not self._options.has_gateway:
            return None
        try:
            found = socket.getaddrinfo(self._options.host, self._options.port, type=socket.SOCK_STREAM)
        except OSError as error:
            words = f"{self._options.host}: {error.strerror or error}"
            raise ResolveFailed(words, hint=f"Check the host name in endpoint. {DOWN_HINT}") from error
        return ", ".join(dict.fromkeys(str(one[4][0]) for one in found))

    def _connect(self) -> str | None:
        if not self._options.has_gateway:
            return None
        try:
            address = self._options.host, self._options.port
            self._socket = socket.create_connection(address, self._options.timeout_seconds)
        except TimeoutError as error:
            raise TimedOut(f"{self._options.target}: no connection in time", hint=DOWN_HINT) from error
        except OSError as error:
            raise ConnectFailed(f"{self._options.target}: {error.strerror or error}", hint=DOWN_HINT) from error
        return self._options.target

    def _tls(self) -> str | None:
        if not self._options.has_gateway or self._options.is_plaintext:
            return None
        assert self._socket is not None
        context = ssl.create_default_context()
        context.set_alpn_protocols(["h2"])
        host = self._options.host
        try:
            secured = context.wrap_socket(self._socket, server_hostname=host)
        except ssl.SSLCertVerificationError as error:
            raise _untrusted(error, host) from error
        except (OSError, ssl.SSLError) as error:
            words = f"{host}: the TLS handshake failed: {getattr(error, 'reason', '') or error}"
            raise TlsFailed(words, hint="The port may not speak TLS; plaintext is for this machine only.") from error
        self._socket = secured
        return _summary(secured)

    def _sign_in(self) -> str | None:
        if not self._options.has_gateway:
            return None
        gateway = Gateway(self._options)
        try:
            self._settings = gateway.settings(self._cancel)
            health = gateway.health(self._cancel)
        finally:
            gateway.close()
        return f"as {self._options.account_id}, {health}, primary key {self._settings.primary_key}"


def _untrusted(error: ssl.SSLCertVerificationError, host: str) -> TlsFailed:
    if error.verify_code in HOST_MISMATCH_CODES:
        return TlsFailed(
            f"{host}: the certificate is for another host: {error.verify_message}",
            hint="Use the host name that stands in the certificate.",
        )
    return TlsFailed(
        f"{host}: the certificate is not trusted: {error.verify_message}",
        hint="Name the file of the authority that signed it in the variable SSL_CERT_FILE.",
    )


def _summary(sock: ssl.SSLSocket) -> str:
    certificate: dict[str, Any] = dict(sock.getpeercert() or {})
    names = [value for part in certificate.get("subject", ()) for name, value in part if name == "commonName"]
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
    return ", ".join([sock.version() or "TLS", *(f"CN={name}" for name in names[:1])])
