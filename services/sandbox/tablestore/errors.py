"""What the service refuses, with its status and code."""

from __future__ import annotations


class OtsError(Exception):
    """An answer that is no success: an HTTP status, the service's code and words for people."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def invalid(message: str) -> OtsError:
    """A parameter that the service does not take."""
    return OtsError(400, "OTSParameterInvalid", message)


def invalid_key(message: str) -> OtsError:
    """A primary key that does not fit the table."""
    return OtsError(400, "OTSInvalidPK", message)


def unsupported(message: str) -> OtsError:
    """An operation that the table does not allow."""
    return OtsError(400, "OTSUnsupportOperation", message)


def auth_failed(message: str) -> OtsError:
    """Who asks is not known, or not believed."""
    return OtsError(403, "OTSAuthFailed", message)


def condition_failed() -> OtsError:
    """The row is not as the condition wants it."""
    return OtsError(403, "OTSConditionCheckFail", "Condition check failed.")


def no_such_table(what: str = "table") -> OtsError:
    """The table (or index) is not there."""
    return OtsError(404, "OTSObjectNotExist", f"Requested {what} does not exist.")


def already_there(what: str = "table") -> OtsError:
    """The table (or index) is there already."""
    return OtsError(409, "OTSObjectAlreadyExist", f"Requested {what} already exists.")


def row_conflict() -> OtsError:
    """Somebody else holds the partition key."""
    return OtsError(409, "OTSRowOperationConflict", "Data is being modified by the other request.")
