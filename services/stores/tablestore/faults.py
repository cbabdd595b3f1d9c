"""Every failure of the SDK, the network and the service as one of our errors, with the request id and advice."""

from __future__ import annotations

from typing import Any, Final

from services.errors import (
    ConnectFailed,
    NotFound,
    ProtocolError,
    Refused,
    ResolveFailed,
    SessionLost,
    SignInFailed,
    StatementRefused,
    StoredeckError,
    TimedOut,
    TlsFailed,
)

CONDITION_FAILED: Final = "OTSConditionCheckFail"
AUTH_FAILED: Final = "OTSAuthFailed"

NOT_DONE_CODES: Final = frozenset(
    (
        "OTSRowOperationConflict",
        "OTSNotEnoughCapacityUnit",
        "OTSTableNotReady",
        "OTSPartitionUnavailable",
        "OTSServerBusy",
        "OTSOperationThrottled",
    )
)
"""The service did nothing and says to come again: any request may be sent again."""

MAYBE_DONE_CODES: Final = frozenset(("OTSTimeout", "OTSInternalServerError", "OTSServerUnavailable"))
"""The service may have done it: only reads are sent again."""

TOO_FREQUENT: Final = "Too frequent table operations."

UNSURE_HINT: Final = "It may have been done all the same: look first, and send it again only if it is still wanted."
_CLOCK_HINT: Final = "Set the clock of this computer right; the service takes requests within 15 minutes of its own."
_KEY_HINT: Final = (
    "Check access_key_id, its secret, sts_token (tokens expire), instance and region (it asks for signatures v4)."
)
_BUSY_HINTS: Final = {
    "OTSTableNotReady": "A new table needs about a minute; try again then.",
    "OTSNotEnoughCapacityUnit": "The table's reserved throughput is used up; raise it or read less at a time.",
    "OTSRowOperationConflict": "Others write the same row or hold a transaction on it; try again.",
}


def is_retryable(error: BaseException, *, is_write: bool) -> bool:
    """Whether the same request may be sent again without doing something twice."""
    from tablestore.error import OTSServiceError
    from urllib3.exceptions import HTTPError

    if isinstance(error, OTSServiceError):
        code = error.get_error_code()
        if code in NOT_DONE_CODES or TOO_FREQUENT in str(error.get_error_message()):
            return True
        return not is_write and (code in MAYBE_DONE_CODES or (error.get_http_status() or 0) in (500, 502, 503))
    return not is_write and isinstance(error, HTTPError) and isinstance(translated(error, ""), SessionLost)


def is_unanswered(error: BaseException) -> bool:
    """Whether the connection or the time ended after a request may have been sent."""
    from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError, NewConnectionError

    unsent = (ConnectTimeoutError, NameResolutionError, NewConnectionError)
    cause = getattr(error, "reason", None) or error
    is_network = isinstance(error, HTTPError) and not isinstance(cause, unsent)
    return is_network and isinstance(translated(error, ""), SessionLost | TimedOut)


def translated(error: BaseException, what: str) -> StoredeckError:
    """One of our errors for a failure of a request about `what`."""
    from google.protobuf.message import DecodeError
    from tablestore.error import OTSClientError, OTSServiceError
    from urllib3.exceptions import HTTPError

    if isinstance(error, StoredeckError):
        return error
    if isinstance(error, OTSServiceError):
        return _of_service(error, what)
    if isinstance(error, OTSClientError):
        return _of_client(error, what)
    if isinstance(error, HTTPError):
        return _of_network(error, what)
    if isinstance(error, DecodeError):
        return ProtocolError(f"{what}: the answer cannot be read", hint="Check that the endpoint is Tablestore's.")
    return Refused(f"{what}: the request cannot be made: {error}", hint="Check names and values.")


def row_error(code: str, message: str, request_id: str, what: str) -> StoredeckError:
    """The error of one row of a batch, of which the service tells code and words only."""
    from tablestore.error import OTSServiceError

    return _of_service(OTSServiceError(None, code, message, request_id), what)


def _of_service(error: Any, what: str) -> StoredeckError:
    code, words = str(error.get_error_code() or ""), str(error.get_error_message() or "").strip()
    request_id, status = str(error.get_request_id() or ""), error.get_http_status()
    told = f"{what}: {words or 'the service gave no reason'} ({code or f'HTTP {status}'})"
    kind: type[StoredeckError]
    if code == AUTH_FAILED:
        is_clock = "date" in words.lower() and "mismatch" in words.lower()
        kind, hint = SignInFailed, _CLOCK_HINT if is_clock else _KEY_HINT
    elif code == "OTSObjectNotExist":
        kind, hint = NotFound, "Refresh the catalog; it may have been deleted."
    elif code in NOT_DONE_CODES or status == 503:
        kind, hint = TimedOut, _BUSY_HINTS.get(code, "The service is busy; try again in a moment.")
    elif code in ("OTSNoPermissionAccess", "OTSAuthorizationFailed"):
        kind, hint = Refused, "The access key lacks the permission (RAM policy), or the instance forbids this network."
    elif status == 413 or "TooLarge" in code:
        kind, hint = Refused, "A request holds at most 5 MB, a value 2 MB; write less at a time."
    elif code in MAYBE_DONE_CODES:
        kind, hint = TimedOut, "The service failed; read again to see whether it was done."
    else:
        kind, hint = Refused, ""
    return kind(told, hint=hint, request_id=request_id)


def _of_client(error: Any, what: str) -> StoredeckError:
    words = str(error.get_error_message() or error).strip()
    status = getattr(error, "http_status", None)
    if "more than 15 minutes" in words:
        return SignInFailed(f"{what}: the clocks differ by more than 15 minutes", hint=_CLOCK_HINT)
    if "MD5 mismatch" in words:
        return ProtocolError(f"{what}: the answer was damaged on its way (its MD5 differs)", hint="Try again.")
    if status is not None and not 200 <= int(status) < 300:
        hint = "A gateway or proxy answered, not Tablestore; check the endpoint, or try again."
        return ConnectFailed(f"{what}: HTTP {status} and no answer of the service", hint=hint)
    if "Authorization" in words or "signature" in words or "access key id" in words:
        return SignInFailed(f"{what}: the answer is not signed by the service: {words}", hint=_KEY_HINT)
    if status is not None:
        return ProtocolError(f"{what}: {words}", hint="Check that the endpoint is Tablestore's.")
    return Refused(f"{what}: {words}")


def _of_network(error: BaseException, what: str) -> StoredeckError:
    from urllib3 import exceptions

    reason = getattr(error, "reason", None)
    cause = reason if isinstance(error, exceptions.MaxRetryError) and isinstance(reason, BaseException) else error
    words = str(getattr(cause, "__cause__", None) or getattr(cause, "__context__", None) or cause)
    if isinstance(cause, exceptions.NameResolutionError):
        return ResolveFailed(f"{what}: {cause}", hint="Check the host name of the endpoint.")
    if isinstance(cause, exceptions.NewConnectionError):
        return ConnectFailed(f"{what}: {words}", hint="Check the endpoint, the network and its firewalls.")
    if isinstance(cause, exceptions.ConnectTimeoutError):
        return TimedOut(f"{what}: no connection within the time allowed", hint="Check the endpoint and the network.")
    if isinstance(cause, exceptions.TimeoutError):
        return TimedOut(f"{what}: no answer within the time allowed", hint="Raise timeout_seconds, or ask for less.")
    if isinstance(cause, exceptions.SSLError):
        return TlsFailed(f"{what}: {words}", hint="Check the host name, ssl_version, and the date of this computer.")
    if isinstance(cause, exceptions.ProtocolError | exceptions.HTTPError):
        return SessionLost(f"{what}: the connection ended: {words}", hint="Try again.")
    return ConnectFailed(f"{what}: {words}")


def statement_refused(error: StoredeckError, hint: str = "") -> StoredeckError:
    """A refusal of a statement's text, told as such; other errors stay."""
    if type(error) not in (Refused, NotFound):
        return error
    return StatementRefused(error.message, hint=hint or error.hint, request_id=error.request_id)
