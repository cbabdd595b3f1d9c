"""Answers that are wrong on purpose."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from services.sandbox.faults import Fault
from services.sandbox.tablestore.errors import OtsError, auth_failed

_CODES = {
    400: "OTSParameterInvalid",
    403: "OTSNotEnoughCapacityUnit",
    404: "OTSObjectNotExist",
    409: "OTSRowOperationConflict",
    413: "OTSRequestBodyTooLarge",
    500: "OTSInternalServerError",
    503: "OTSServerBusy",
}


def refuse(faults: Iterable[Fault]) -> None:
    """Raises what a fault answers instead of the operation."""
    for fault in faults:
        if fault.action == "expired":
            raise auth_failed("The security token has expired.")
        if fault.action == "error":
            status = 503 if fault.status == 1 else fault.status
            raise OtsError(status, fault.code or _CODES.get(status, "OTSInternalServerError"), fault.text)


def corrupt_rows(message: Any) -> None:
    """Makes the last checksum of each buffer of rows in an answer wrong."""
    for field, value in message.ListFields():
        is_many = field.label == field.LABEL_REPEATED
        if field.name in {"row", "rows"} and field.type == field.TYPE_BYTES:
            if is_many:
                value[:] = [_corrupt(one) for one in value]
            else:
                setattr(message, field.name, _corrupt(value))
        elif field.type == field.TYPE_MESSAGE:
            for one in value if is_many else (value,):
                corrupt_rows(one)


def _corrupt(rows: bytes) -> bytes:
    return rows[:-1] + bytes((rows[-1] ^ 0xFF,)) if rows else rows
