"""The errors of Storedeck: one tree, made for people.

StoredeckError
├── UsageError              a wrong argument, an unknown profile or address         exit 2
├── ConnectError            could not connect or sign in                            exit 3
│   ├── ResolveFailed, ConnectFailed, TlsFailed, SignInFailed
│   ├── SecretNeeded        a secret has to be asked for first
│   ├── VaultUnusable       no keyring to read from or write to
│   ├── ExtraMissing        the store's SDK is not installed
│   └── SessionLost         the process or connection behind a session is gone
├── TimedOut                no answer within the time allowed                       exit 4
├── Refused                 the store, a statement or a row was refused             exit 1
│   ├── NotFound, StatementRefused, ValueRefused, ReadOnlyRefused
│   ├── UnsupportedOperation
│   ├── Unavailable         the service is busy, throttles or is down for now
│   ├── SourceChanged       what is being read is not what was planned
│   ├── SessionExpired      the server ended an upload, download or upsert session
│   └── ProtocolError       the server's bytes make no sense
├── Conflict                a row changed since it was read                         exit 5
└── Cancelled               stopped by the user                                     exit 130

Each store translates its SDK's exceptions into these at its own edge, always with `raise ... from`.
"""

from __future__ import annotations

from typing import Any, ClassVar


class StoredeckError(Exception):
    """A failure told as `WHAT: WHY`, with advice and the server's request id where there is one."""

    exit_code: ClassVar[int] = 1
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, hint: str = "", request_id: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.request_id = request_id

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle with every attribute: errors cross from session processes to the console."""
        return _rebuild, (type(self), dict(self.__dict__))

    def lines(self) -> list[str]:
        """The lines for a person: error, hint and request id."""
        lines = [f"error: {self.message}"]
        if self.hint:
            lines.append(f"hint: {self.hint}")
        if self.request_id:
            lines.append(f"request id: {self.request_id}")
        return lines


def _rebuild(kind: type[StoredeckError], attributes: dict[str, Any]) -> StoredeckError:
    error = kind.__new__(kind)
    Exception.__init__(error, attributes.get("message", ""))
    error.__dict__.update(attributes)
    return error


class UsageError(StoredeckError):
    """The request itself is wrong: an argument, a profile, an address."""

    exit_code = 2


class ConnectError(StoredeckError):
    """Could not connect or sign in."""

    exit_code = 3


class ResolveFailed(ConnectError):
    """The host name has no address."""


class ConnectFailed(ConnectError):
    """No connection to the address could be made."""

    retryable = True


class TlsFailed(ConnectError):
    """The TLS handshake or a certificate check failed."""


class SignInFailed(ConnectError):
    """The server refused the credentials."""


class SecretNeeded(ConnectError):
    """A secret is to be asked from the user before connecting; `field` names it."""

    def __init__(self, field: str, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.field = field


class VaultUnusable(ConnectError):
    """The operating system offers no usable keyring."""


class ExtraMissing(ConnectError):
    """The SDK of a store is not installed."""


class SessionLost(ConnectError):
    """The connection, or the process that held it, ended."""

    retryable = True


class TimedOut(StoredeckError):
    """No answer within the time allowed."""

    exit_code = 4
    retryable = True


class Refused(StoredeckError):
    """The store refused."""


class NotFound(Refused):
    """The named thing does not exist."""


class StatementRefused(Refused):
    """The server refused a statement."""


class ValueRefused(Refused):
    """A value does not fit its type; refused before any request."""


class ReadOnlyRefused(Refused):
    """The profile is read-only; refused before any request."""


class UnsupportedOperation(Refused):
    """This store cannot do that."""


class Unavailable(Refused):
    """The service is busy, throttles or is down for now; the same request may succeed later."""

    retryable = True


class SourceChanged(Refused):
    """What is being read changed since the work was planned."""


class SessionExpired(Refused):
    """The server ended the session that a bulk read or write stands on."""


class ProtocolError(Refused):
    """The server's bytes are not what its protocol allows."""


class Conflict(StoredeckError):
    """The row is no longer what was read."""

    exit_code = 5


class Cancelled(StoredeckError):
    """Stopped by the user."""

    exit_code = 130
