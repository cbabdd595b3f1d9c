"""Every failure of the SDK, the network and the service as one of our errors, with the request id and advice."""

from __future__ import annotations

import re
from typing import Any, Final

from services.errors import (
    ConnectFailed,
    NotFound,
    ProtocolError,
    Refused,
    ResolveFailed,
    SessionExpired,
    SessionLost,
    SignInFailed,
    StatementRefused,
    StoredeckError,
    TimedOut,
    TlsFailed,
    Unavailable,
)

BUSY_STATUS: Final = frozenset((308, 429))
"""The service did nothing and says to come again: any request may be sent again."""

FAILING_STATUS: Final = frozenset((500, 502, 503, 504))
"""The service may have done it: only what can be sent twice is sent again."""

CONFLICT_STATUS: Final = 409
"""The first of two requests for the same is under way still."""

REPEATABLE_METHODS: Final = frozenset(("get", "head", "put", "delete"))

_SIGN_IN_CODES: Final = frozenset(
    (
        "AccessKeyIdNotFound",
        "AuthenticationRequestExpired",
        "AuthorizationRequired",
        "InvalidAccessKeyId",
        "InvalidBearerToken",
        "InvalidStsToken",
        "MissingAuthorization",
        "ODPS-0410031",
        "ODPS-0410041",
        "ODPS-0410042",
        "ODPS-0410051",
        "ODPS-0410061",
        "RequestTimeTooSkewed",
        "RequestTimeTooSkewd",
        "SignatureNotMatch",
        "Unauthorized",
    )
)
_NO_RIGHT_CODES: Final = frozenset(("NoPermission", "ODPS-0130013", "ODPS-0420095", "AccessDenied"))
_BUSY_CODES: Final = frozenset(("FlowExceeded", "QPSExceeded", "RequestQuotaExceeded", "SlotExceeded"))
_ABSENT_CODES: Final = frozenset(("ODPS-0130131", "ODPS-0420111", "ODPS-0110061"))
_EXPIRED_CODES: Final = frozenset(("StatusConflict", "NoSuchUpload", "NoSuchDownload", "InvalidSession"))
_CODE: Final = re.compile(r"\b(ODPS-\d{7})\b")
_KEY_HINT: Final = "Check access_key_id, its secret, tokens (they expire) and region (it asks for signatures v4)."
_CLOCK_HINT: Final = "Set the clock of this computer right; requests are signed with the time."
_RIGHT_HINT: Final = "Ask the owner of the project for the right, by a policy or a role."


def is_retryable(error: BaseException, method: str, is_repeatable: bool = False) -> bool:
    """Whether the same request may be sent again without doing something twice."""
    from odps.errors import BaseODPSError
    from requests.exceptions import RequestException

    can_repeat = is_repeatable or method.lower() in REPEATABLE_METHODS
    if isinstance(error, BaseODPSError) and not isinstance(error, RequestException):
        status = error.status_code
        is_under_way = is_repeatable and status == CONFLICT_STATUS
        return status in BUSY_STATUS or is_under_way or (can_repeat and status in FAILING_STATUS)
    if not isinstance(error, RequestException):
        return False
    told = translated(error, "")
    was_sent = not isinstance(told, ConnectFailed)
    return isinstance(told, ConnectFailed | SessionLost) and (can_repeat or not was_sent)


def translated(error: BaseException, what: str) -> StoredeckError:
    """One of our errors for a failure of a request about `what`."""
    from odps.errors import BaseODPSError
    from requests.exceptions import RequestException
    from urllib3.exceptions import HTTPError

    if isinstance(error, StoredeckError):
        return error
    if isinstance(error, RequestException | HTTPError):
        return _of_network(error, what)
    if isinstance(error, BaseODPSError):
        return _of_service(error, what)
    return ProtocolError(
        f"{what}: the answer cannot be used: {type(error).__name__}: {error}",
        hint="Check that the endpoint is MaxCompute's, with /api at its end.",
    )


def code_of(error: Any) -> str:
    """The code that the service gave, as `ODPS-0130131` or by name."""
    words = " ".join(str(part) for part in (error.code or "", error.args[0] if error.args else ""))
    found = _CODE.search(words)
    return found[1] if found else str(error.code or type(error).__name__)


def _of_service(error: Any, what: str) -> StoredeckError:
    from odps import errors

    code, status = code_of(error), error.status_code
    words = str(error.args[0] if error.args else "").strip() or "the service gave no reason"
    told = f"{what}: {words}" + (f" ({code})" if code not in words else "")
    kind, hint = _kind_of(error, errors, code, status, words)
    return kind(told, hint=hint, request_id=str(error.request_id or ""))


def _kind_of(error: Any, errors: Any, code: str, status: int | None, words: str) -> tuple[type[StoredeckError], str]:
    name = type(error).__name__
    if name == "RequestTimeTooSkewed" or "TooSkew" in code:
        return SignInFailed, _CLOCK_HINT
    if name in _SIGN_IN_CODES or code in _SIGN_IN_CODES or status == 401:
        return SignInFailed, _KEY_HINT
    if code in _NO_RIGHT_CODES or isinstance(error, errors.NoPermission) or status == 403:
        return Refused, _RIGHT_HINT
    if name in _BUSY_CODES or code in _BUSY_CODES or status in BUSY_STATUS:
        return Unavailable, "The service is busy or a quota is used up; try again in a moment."
    if code in _EXPIRED_CODES or name in ("StreamSessionNotFound", "UpsertSessionNotFound"):
        return SessionExpired, "The session at the service is over; start again."
    if isinstance(error, errors.NoSuchObject | errors.NoSuchSchema) or code in _ABSENT_CODES or status == 404:
        return NotFound, "Check the name, the project and the schema; refresh the catalog."
    if status in FAILING_STATUS or isinstance(error, errors.InternalServerError):
        return Unavailable, "The service failed; try again, and name the request id when asking its support."
    if isinstance(error, errors.StreamTruncatedException | errors.ChecksumError):
        return ProtocolError, "The rows were damaged on their way; read again."
    return Refused, ""


def _of_network(error: BaseException, what: str) -> StoredeckError:
    from requests import exceptions as outer
    from urllib3 import exceptions as inner

    cause = _inmost(error)
    words = str(cause)
    if isinstance(cause, inner.NameResolutionError):
        return ResolveFailed(f"{what}: {words}", hint="Check the host name of the endpoint.")
    if isinstance(cause, inner.NewConnectionError):
        return ConnectFailed(f"{what}: {words}", hint="Check the endpoint, the network and its firewalls.")
    if isinstance(error, outer.ConnectTimeout) or isinstance(cause, inner.ConnectTimeoutError):
        return ConnectFailed(
            f"{what}: no connection within the time allowed", hint="Check the endpoint and the network."
        )
    if isinstance(error, outer.SSLError) or isinstance(cause, inner.SSLError):
        return TlsFailed(f"{what}: {words}", hint="Check the host name and the date of this computer.")
    if isinstance(error, outer.Timeout) or isinstance(cause, inner.TimeoutError):
        return TimedOut(f"{what}: no answer within the time allowed", hint="Raise timeout_seconds, or ask for less.")
    if isinstance(error, outer.ConnectionError | outer.ChunkedEncodingError) or isinstance(cause, inner.HTTPError):
        return SessionLost(f"{what}: the connection ended: {words}", hint="Try again.")
    return ConnectFailed(f"{what}: {words}", hint="Check the endpoint.")


def _inmost(error: BaseException) -> BaseException:
    """What urllib3 said inside of the error of requests."""
    from urllib3.exceptions import HTTPError, MaxRetryError

    wrapped = error.args[0] if error.args and isinstance(error.args[0], HTTPError) else error
    if isinstance(wrapped, MaxRetryError) and isinstance(wrapped.reason, BaseException):
        return wrapped.reason
    return wrapped


def statement_refused(error: StoredeckError) -> StoredeckError:
    """A refusal of a statement's text, told as such; other errors stay."""
    if type(error) not in (Refused, NotFound):
        return error
    return StatementRefused(error.message, hint=error.hint, request_id=error.request_id)
