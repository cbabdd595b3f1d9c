"""TLS to a node: verified, host name included, which the SDK never does; and what the certificate says."""

from __future__ import annotations

import socket
import ssl
import time
from typing import Any

from services.errors import TlsFailed
from services.stores.ignite.options import IgniteOptions


def tls_context(options: IgniteOptions) -> ssl.SSLContext:
    """A client context that checks the chain and the host name.

    Raises:
        TlsFailed: a file of the profile cannot be used.
    """
    context = ssl.create_default_context()
    if options.tls_ca:
        _load(options.tls_ca, "tls_ca", lambda: context.load_verify_locations(options.tls_ca))
    if options.tls_cert:
        _load(
            options.tls_cert,
            "tls_cert",
            lambda: context.load_cert_chain(options.tls_cert, options.tls_key or None, password=""),
        )
    return context


def _load(path: str, field: str, load: Any) -> None:
    try:
        load()
    except FileNotFoundError as error:
        raise TlsFailed(f"{path}: no such file", hint=f"Correct {field} in the profile.") from error
    except (OSError, ssl.SSLError) as error:
        hint = f"{field} must be a PEM file; a client key must not be encrypted."
        raise TlsFailed(f"{path}: cannot be used: {error}", hint=hint) from error


def start_tls(sock: socket.socket, host: str, options: IgniteOptions) -> ssl.SSLSocket:
    """The TLS handshake over a connected socket, with the name sent and checked.

    Raises:
        TlsFailed: with the cause told apart: chain, host name, client certificate, or no TLS at all.
    """
    try:
        return tls_context(options).wrap_socket(sock, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        raise _verification_failure(error, host) from error
    except (ssl.SSLError, ConnectionError, TimeoutError) as error:
        raise TlsFailed(
            f"{host}: the TLS handshake failed: {getattr(error, 'reason', '') or error}",
            hint="The port may not speak TLS, or the node may ask for a client certificate (tls_cert, tls_key).",
        ) from error


HOST_MISMATCH_CODES = (62, 64)
"""OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH."""


def _verification_failure(error: ssl.SSLCertVerificationError, host: str) -> TlsFailed:
    if error.verify_code in HOST_MISMATCH_CODES:
        return TlsFailed(
            f"{host}: the certificate is for another host: {error.verify_message}",
            hint="Use the host name that stands in the certificate, or have the node's certificate reissued.",
        )
    if error.verify_code == 10:
        return TlsFailed(f"{host}: the certificate has expired", hint="Have the node's certificate renewed.")
    return TlsFailed(
        f"{host}: the certificate is not trusted: {error.verify_message}",
        hint="Name the authority that signed it in tls_ca.",
    )


def certificate_summary(sock: ssl.SSLSocket) -> str:
    """The protocol, common name and days left, such as `TLSv1.3, CN=ignite, 212 days left`."""
    certificate: dict[str, Any] = dict(sock.getpeercert() or {})
    names = [value for part in certificate.get("subject", ()) for name, value in part if name == "commonName"]
    parts = [sock.version() or "TLS"]
    if names:
        parts.append(f"CN={names[0]}")
    if "notAfter" in certificate:
        seconds = ssl.cert_time_to_seconds(certificate["notAfter"]) - time.time()
        parts.append(f"{int(seconds // 86_400)} days left")
    return ", ".join(parts)
