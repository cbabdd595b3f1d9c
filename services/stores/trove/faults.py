"""Every failure of Keystone, Trove and the network as one of our errors, with the request id and advice."""

from __future__ import annotations

import re
from typing import Any, Final

from services.errors import (
    ConnectFailed,
    NotFound,
    ProtocolError,
    Refused,
    ResolveFailed,
    SessionLost,
    SignInFailed,
    StoredeckError,
    TimedOut,
    TlsFailed,
    Unavailable,
)

REQUEST_ID_HEADERS: Final = ("X-Openstack-Request-Id", "X-Compute-Request-Id", "X-Trans-Id")
_TAGS: Final = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.S | re.I)
_LONGEST_WORDS: Final = 400

SIGN_IN_HINT: Final = "Check the user, its password, the project and the domains of the profile."
_STATE_HINT: Final = "Wait until the instance is ACTIVE and HEALTHY, then try again."
_HINTS: Final[dict[int, str]] = {
    400: "Correct what the service names.",
    403: "Ask for the role it needs, or use a profile of the instance's own project.",
    404: "List again; it may have been deleted meanwhile.",
    409: "Someone else changed it at the same time; look again.",
    422: _STATE_HINT,
    501: "This service does not offer it.",
}


def request_id_of(answer: Any) -> str:
    """The id under which the service logged a request."""
    return next((answer.headers[name] for name in REQUEST_ID_HEADERS if answer.headers.get(name)), "")


def is_passing(answer: Any) -> bool:
    """Whether the same question may be answered in a moment: too many at once, or the service is away."""
    status = int(answer.status_code)
    return status in (429, 502, 503, 504) or (status == 413 and bool(answer.headers.get("Retry-After")))


def retry_seconds(answer: Any) -> float:
    """When the service wants to be asked again, 0 where it does not say."""
    text = str(answer.headers.get("Retry-After", ""))
    return float(text) if text.isdigit() else 0.0


def refused(answer: Any, what: str) -> StoredeckError:
    """The error of an answer of 300 and above to a request about `what`."""
    status, request_id = int(answer.status_code), request_id_of(answer)
    fault, words = _told(answer)
    told = f"{what}: {words or 'the service gave no reason'} (HTTP {status})"
    if status == 401:
        return _unauthorized(told, words, request_id)
    if status == 403 and not fault:
        hint = "The token is for another project than the address: check project_name and service_url."
        return Refused(told, hint=hint, request_id=request_id)
    if status == 404:
        return NotFound(told, hint=_HINTS[404], request_id=request_id)
    if status in (413, 429):
        return _too_much(answer, told, request_id)
    if status in (502, 503, 504):
        return Unavailable(told, hint="The service is down for now; try again in a moment.", request_id=request_id)
    if status >= 500 and status != 501:
        hint = "The service failed; look again before repeating, it may have been done. Its log has the request id."
        return Refused(told, hint=hint, request_id=request_id)
    if status < 400:
        return ProtocolError(told, hint="It points elsewhere: check the addresses of the profile.")
    return Refused(told, hint=_HINTS.get(status, ""), request_id=request_id)


def _unauthorized(told: str, words: str, request_id: str) -> StoredeckError:
    if "admin" in words.lower():
        return Refused(told, hint="Only an administrator may do this.", request_id=request_id)
    return SignInFailed(told, hint="The token was not taken, nor a new one: sign in again.", request_id=request_id)


def _too_much(answer: Any, told: str, request_id: str) -> StoredeckError:
    """A quota that is used up, or a rate that is exceeded: only the second says when to come again."""
    after = answer.headers.get("Retry-After", "")
    if after or answer.status_code == 429:
        wait = f"in {after} seconds" if after.isdigit() else "in a moment"
        return Unavailable(told, hint=f"Too many requests at once; try again {wait}.", request_id=request_id)
    hint = "Delete what is not needed, ask for less, or ask the administrator to raise the quota."
    return Refused(told, hint=hint, request_id=request_id)


def _told(answer: Any) -> tuple[str, str]:
    """The name of the fault and its words, from Trove's or Keystone's JSON, else the text of a page."""
    try:
        data = answer.json()
    except ValueError:
        return "", _plain(answer.text)
    if isinstance(data, dict):
        for fault, inner in data.items():
            if isinstance(inner, dict) and "message" in inner:
                return str(fault), _shortened(str(inner["message"]))
    return "", _plain(answer.text)


def _plain(text: str) -> str:
    return _shortened(_TAGS.sub(" ", text))


def _shortened(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _LONGEST_WORDS else f"{words[:_LONGEST_WORDS]}…"


def translated(error: BaseException, what: str) -> StoredeckError:
    """One of our errors for what keystoneauth raised over a request about `what`."""
    from keystoneauth1 import exceptions

    if isinstance(error, StoredeckError):
        return error
    if isinstance(error, exceptions.HttpError):
        return _of_sign_in(error, what)
    if isinstance(error, exceptions.ConnectTimeout):
        return _timed_out(error, what)
    if isinstance(error, exceptions.SSLError):
        return TlsFailed(f"{what}: {_root(error)}", hint="Check ca_file, the host name, and the date of this computer.")
    if isinstance(error, exceptions.ConnectFailure | exceptions.UnknownConnectionError):
        return _of_network(error, what)
    if isinstance(error, exceptions.InvalidResponse):
        hint = "Something else answers at auth_url; check it, and auth_strategy."
        return ProtocolError(f"{what}: the answer is none of Keystone's", hint=hint)
    return ConnectFailed(f"{what}: {error}", hint="Check the addresses of the profile, and auth_strategy.")


def _of_sign_in(error: Any, what: str) -> StoredeckError:
    """What Keystone refused: the session itself raises for requests that get a token."""
    status, response = int(error.http_status or 0), error.response
    words = _told(response)[1] if response is not None else str(error)
    request_id = request_id_of(response) if response is not None else ""
    told = f"{what}: {words or 'no reason given'} (HTTP {status})"
    if status in (401, 403):
        return SignInFailed(told, hint=SIGN_IN_HINT, request_id=request_id)
    if status == 404:
        hint = "There is no such version of Keystone; check auth_url and auth_strategy."
        return ConnectFailed(told, hint=hint, request_id=request_id)
    if status >= 500:
        return ConnectFailed(told, hint="Keystone fails; try again in a moment.", request_id=request_id)
    return SignInFailed(told, hint=SIGN_IN_HINT, request_id=request_id)


def _timed_out(error: BaseException, what: str) -> StoredeckError:
    """keystoneauth calls every time-out one of connecting."""
    causes = [type(cause).__name__ for cause in _chain(error)]
    if "ReadTimeout" in causes or "ReadTimeoutError" in causes:
        hint = "Raise timeout_seconds; before repeating a change, look whether it was done."
        return TimedOut(f"{what}: no answer within the time allowed", hint=hint)
    return TimedOut(f"{what}: no connection within the time allowed", hint="Check the address and the network.")


def _of_network(error: BaseException, what: str) -> StoredeckError:
    causes = list(_chain(error))
    names = [type(cause).__name__ for cause in causes]
    if "NameResolutionError" in names or "gaierror" in names:
        return ResolveFailed(f"{what}: {_root(error)}", hint="Check the host name of the address.")
    if "NewConnectionError" in names or "ConnectionRefusedError" in names:
        return ConnectFailed(f"{what}: {_root(error)}", hint="Check the address, the network and its firewalls.")
    hint = "Before repeating a change, look whether it was done."
    return SessionLost(f"{what}: the connection ended: {_root(error)}", hint=hint)


def _chain(error: BaseException) -> list[BaseException]:
    """An error and what lies below it, the deepest last; urllib3 keeps causes in `reason` and in arguments."""
    found: list[BaseException] = []
    waiting: list[Any] = [error]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
    return found


def _root(error: BaseException) -> str:
    """The words of the deepest cause: an OSError where there is one."""
    causes = _chain(error)
    system = [cause for cause in causes if isinstance(cause, OSError) and cause.strerror]
    return system[-1].strerror or str(system[-1]) if system else str(causes[-1])
