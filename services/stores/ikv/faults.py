"""What a failed call of the gateway means for the user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from services.errors import (
    Cancelled,
    ConnectFailed,
    ProtocolError,
    Refused,
    SessionLost,
    SignInFailed,
    StoredeckError,
    TimedOut,
    TlsFailed,
    UnsupportedOperation,
    ValueRefused,
)

if TYPE_CHECKING:
    import grpc

CREDENTIALS: Final = "Invalid store configuration or credentials"
"""The gateway's words for a wrong passkey, an unknown account and an unknown store alike."""
DOWN_HINT: Final = (
    "Check endpoint and network. The vendor has been silent since May 2024; endpoint none reads a mounted index alone."
)
LOST_KEYS: Final = ("primary", "partitioning")


def rpc_error(error: BaseException) -> grpc.RpcError | None:
    """The gRPC error behind an exception of the SDK, which hides it and sometimes fails while doing so."""
    import grpc

    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, grpc.RpcError):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None


def translated(what: str, target: str, error: BaseException) -> StoredeckError:
    """One of our errors for an exception that a call raised.

    Args:
        what: the call in words, or what it acted on.
        target: the gateway.
    """
    import grpc

    found = rpc_error(error)
    if isinstance(error, grpc.FutureCancelledError) or found is None:
        return _other(what, error)
    code, words = found.code(), plain_words(found.details() or "")
    if code is grpc.StatusCode.INVALID_ARGUMENT:
        return _invalid(what, words)
    if code is grpc.StatusCode.UNAVAILABLE:
        return _unavailable(target, words)
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return TimedOut(
            f"{what}: {target} did not answer in time",
            hint="Raise timeout_seconds, or look after the gateway. A write may have been done: read it back later.",
        )
    if code is grpc.StatusCode.CANCELLED:
        return Cancelled(f"{what}: stopped: as asked")
    return _refused(what, code, words)


def _other(what: str, error: BaseException) -> StoredeckError:
    import grpc

    if isinstance(error, grpc.FutureCancelledError):
        return Cancelled(f"{what}: stopped: as asked")
    if isinstance(error, ValueError) and "closed channel" in str(error):
        return SessionLost(f"{what}: the connection was closed", hint="Connect again.")
    return ProtocolError(f"{what}: {type(error).__name__}: {error}", hint="The SDK did not expect this.")


def _invalid(what: str, words: str) -> StoredeckError:
    if CREDENTIALS in words:
        return SignInFailed(
            f"{what}: the gateway knows no such store with this account and passkey",
            hint="Check account_id, account_passkey and store_name: it does not say which of them is wrong.",
        )
    if any(word in words for word in LOST_KEYS):
        return ValueRefused(f"{what}: {words}", hint="Every document names its primary key, and a partitioning key.")
    return Refused(f"{what}: {words}")


def _unavailable(target: str, words: str) -> StoredeckError:
    lowered = words.lower()
    if "ssl" in lowered or "certificate" in lowered or "handshake" in lowered:
        return TlsFailed(f"{target}: the TLS handshake failed: {words}", hint="Run the profile's test for the cause.")
    if "socket closed" in lowered or "goaway" in lowered or "reset" in lowered:
        return SessionLost(f"{target}: the gateway closed the connection: {words}", hint=DOWN_HINT)
    return ConnectFailed(f"{target}: no connection: {words}", hint=DOWN_HINT)


def _refused(what: str, code: grpc.StatusCode, words: str) -> StoredeckError:
    import grpc

    if code in (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED):
        return SignInFailed(f"{what}: {words}", hint="Check account_id and account_passkey.")
    if code is grpc.StatusCode.UNIMPLEMENTED:
        return UnsupportedOperation(f"{what}: this gateway does not offer it", hint="It may be an older one.")
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED:
        return Refused(
            f"{what}: {words}", hint="A message holds at most 4 MB: write less at once, or wait and try again."
        )
    hint = (
        "The gateway could not pass it on to its stream; try again later." if code is grpc.StatusCode.INTERNAL else ""
    )
    return Refused(f"{what}: {words or code.name}", hint=hint)


_PREFIXES: Final = ("Invalid arguments: ", "Internal Error: ", "Unknown Internal Error: ")


def plain_words(details: str) -> str:
    """The server's words without its prefix and the Java classes in front."""
    while True:
        head, colon, rest = details.partition(": ")
        is_class = " " not in head and "." in head and head.rpartition(".")[2][:1].isupper()
        if not colon or not (is_class or details.startswith(_PREFIXES)):
            return details.strip() or "the gateway gave no reason"
        details = rest
