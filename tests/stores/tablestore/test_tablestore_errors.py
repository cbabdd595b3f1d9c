"""Failures of the SDK and of the network, one by one, as errors of ours; and which requests may be sent again."""

from __future__ import annotations

import struct

import pytest
from google.protobuf.message import DecodeError
from tablestore.error import OTSClientError, OTSServiceError
from urllib3 import exceptions

from services.errors import (
    ConnectFailed,
    NotFound,
    ProtocolError,
    Refused,
    SessionLost,
    SignInFailed,
    StatementRefused,
    StoredeckError,
    TimedOut,
    TlsFailed,
)
from services.stores.tablestore.faults import is_retryable, statement_refused, translated


def service(status: int, code: str, words: str = "words of the service") -> OTSServiceError:
    """An error of the service."""
    return OTSServiceError(status, code, words, "r-1")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (service(403, "OTSAuthFailed"), SignInFailed),
        (service(404, "OTSObjectNotExist"), NotFound),
        (service(403, "OTSNoPermissionAccess"), Refused),
        (service(503, "OTSServerBusy"), TimedOut),
        (service(403, "OTSNotEnoughCapacityUnit"), TimedOut),
        (service(409, "OTSRowOperationConflict"), TimedOut),
        (service(404, "OTSTableNotReady"), TimedOut),
        (service(500, "OTSInternalServerError"), TimedOut),
        (service(413, "OTSRequestBodyTooLarge"), Refused),
        (service(400, "OTSParameterInvalid"), Refused),
        (service(418, "OTSSomethingNew"), Refused),
    ],
)
def test_the_services_errors_keep_words_code_and_id(error: OTSServiceError, kind: type[StoredeckError]) -> None:
    """Each is told as what it is, on what, in the service's words, with its code and the request id."""
    told = translated(error, "orders")
    assert type(told) is kind
    assert told.message == f"orders: words of the service ({error.code})"
    assert told.request_id == "r-1"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OTSClientError("MD5 mismatch in response. HTTP status: 200.", 200), ProtocolError),
        (OTSClientError("HTTP status: 502, reason: Bad Gateway.", 502), ConnectFailed),
        (OTSClientError('"x-ots-date" is missing in response header.', 200), ProtocolError),
        (OTSClientError("Invalid signature in response.", 200), SignInFailed),
        (OTSClientError("Unsupported column type"), Refused),
        (DecodeError("Error parsing message"), ProtocolError),
        (exceptions.NewConnectionError(None, "refused"), ConnectFailed),  # type: ignore[arg-type]
        (exceptions.ConnectTimeoutError("late"), TimedOut),
        (exceptions.ReadTimeoutError(None, "", "late"), TimedOut),  # type: ignore[arg-type]
        (exceptions.SSLError("certificate verify failed"), TlsFailed),
        (exceptions.ProtocolError("Connection aborted."), SessionLost),
        (exceptions.MaxRetryError(None, "", exceptions.SSLError("bad")), TlsFailed),  # type: ignore[arg-type]
        (struct.error("argument out of range"), Refused),
        (TypeError("of the SDK"), Refused),
    ],
)
def test_no_error_of_others_gets_out(error: Exception, kind: type[StoredeckError]) -> None:
    """Whatever the SDK or the network raises becomes an error of ours with words on what failed."""
    told = translated(error, "orders")
    assert type(told) is kind
    assert told.message.startswith("orders: ")


@pytest.mark.parametrize(
    ("error", "reads", "writes"),
    [
        (service(503, "OTSServerBusy"), True, True),
        (service(403, "OTSQuotaExhausted", "Too frequent table operations."), True, True),
        (service(500, "OTSInternalServerError"), True, False),
        (service(503, "OTSServerUnavailable"), True, False),
        (service(403, "OTSAuthFailed"), False, False),
        (service(403, "OTSConditionCheckFail"), False, False),
        (exceptions.ProtocolError("Connection aborted."), True, False),
        (exceptions.ReadTimeoutError(None, "", "late"), False, False),  # type: ignore[arg-type]
        (OTSClientError("MD5 mismatch in response.", 200), False, False),
    ],
)
def test_a_write_is_sent_again_only_where_nothing_was_done(error: Exception, reads: bool, writes: bool) -> None:
    """Reads are tried again after more failures than writes; nothing that took its time is tried again."""
    assert (reads, writes) == (is_retryable(error, is_write=False), is_retryable(error, is_write=True))


def test_only_refusals_become_those_of_a_statement() -> None:
    """A wrong statement is the statement's fault, a busy service is not."""
    assert type(statement_refused(Refused("x"), "hint")) is StatementRefused
    busy = TimedOut("x")
    assert statement_refused(busy) is busy
