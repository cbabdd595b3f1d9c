"""The channel to a gateway: TLS, or plaintext on this machine; every call has a deadline and can be cancelled."""

from __future__ import annotations

import os
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from services.cancel import NEVER, CancelToken
from services.errors import TlsFailed
from services.stores.ikv.options import IkvOptions, is_loopback

if TYPE_CHECKING:
    import grpc

MESSAGE_BYTES: Final = 64 << 20
"""Bytes of an answer; answers are small, so this only guards memory."""


def open_channel(options: IkvOptions, retry_policy: str) -> grpc.Channel:
    """A channel to the profile's gateway; nothing is sent yet.

    Raises:
        TlsFailed: the file of trusted authorities cannot be read.
    """
    # gRPC's own log goes to standard error, where it would break a screen or a script.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    import grpc

    settings: list[tuple[str, Any]] = [
        ("grpc.service_config", retry_policy),
        ("grpc.max_receive_message_length", MESSAGE_BYTES),
        ("grpc.enable_http_proxy", int(not is_loopback(options.host))),
        ("grpc.use_local_subchannel_pool", 1),
    ]
    if options.is_plaintext:
        return grpc.insecure_channel(options.target, settings)
    return grpc.secure_channel(options.target, grpc.ssl_channel_credentials(_roots()), settings)


def _roots() -> bytes | None:
    """The authorities that the rest of the system trusts (SSL_CERT_FILE or the platform's); None for gRPC's own."""
    path = os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile
    if not path:
        return None
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise TlsFailed(f"{path}: {error.strerror}", hint="Correct SSL_CERT_FILE.") from error


class BoundedStub:
    """A generated stub whose calls have a deadline and obey a cancel token; it fits where the SDK wants its stub."""

    def __init__(self, stub: Any, timeout_seconds: float) -> None:
        self._stub = stub
        self._timeout = timeout_seconds
        self._local = threading.local()

    @contextmanager
    def cancelled_by(self, cancel: CancelToken) -> Iterator[None]:
        """Calls that this thread makes meanwhile end when asked to."""
        before = getattr(self._local, "token", NEVER)
        self._local.token = cancel
        try:
            yield
        finally:
            self._local.token = before

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._stub, name)

        def call(request: Any) -> Any:
            token: CancelToken = getattr(self._local, "token", NEVER)
            token.check()
            future = method.future(request, timeout=self._timeout)
            with token.on_cancel(future.cancel):
                return future.result()

        return call
