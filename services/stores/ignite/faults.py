"""The server's own refusals, and what they mean for the user."""

from __future__ import annotations

import re
import struct
from typing import Protocol

from services.errors import NotFound, ProtocolError, Refused, StatementRefused, StoredeckError

STRING_TAG = 9
STATUS_CACHE_MISSING = 1000
STATUS_CURSOR_MISSING = 1011
STATUS_SECURITY = 1014

CANCELLED_TEXT = "The query was cancelled while executing"
DUPLICATE_KEY = "23000"


class ServerRefusal(Exception):
    """The server answered with an error: its status and words. Never leaves the store."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message

    @classmethod
    def from_payload(cls, payload: memoryview) -> ServerRefusal:
        """Read the status and the tagged text that follow the answer's flags.

        Raises:
            ProtocolError: they are cut short.
        """
        try:
            (status,) = struct.unpack_from("<i", payload)
            text = ""
            if len(payload) > 4 and payload[4] == STRING_TAG:
                (length,) = struct.unpack_from("<i", payload, 5)
                text = bytes(payload[9 : 9 + length]).decode("utf-8", "replace")
        except (struct.error, ValueError, IndexError) as error:
            raise ProtocolError("the server's error cannot be read") from error
        return cls(status, text)

    @property
    def is_query_cancelled(self) -> bool:
        """The words that a timeout and a KILL QUERY share."""
        return CANCELLED_TEXT in self.message

    @property
    def is_duplicate_key(self) -> bool:
        """An INSERT met an existing key."""
        return self.message.startswith(DUPLICATE_KEY) or "Duplicate key during INSERT" in self.message


_LEADING_CLASS = re.compile(r"^(?:class\s+)?(?:[a-z][\w$]*\.)+[A-Z][\w$]*(?:Exception|Error):\s*")
_ECHO = re.compile(r";?\s*SQL statement:\s.*?(\[\d+-\d+\])?\s*$", re.DOTALL)


def plain_words(message: str) -> str:
    """The server's words without the Java class in front and the echo of the statement behind."""
    text = _ECHO.sub(lambda match: f" {match.group(1) or ''}".rstrip(), message)
    return _LEADING_CLASS.sub("", text).strip() or "the server gave no reason"


def refused(what: str, refusal: ServerRefusal) -> StoredeckError:
    """One of our errors for a refusal of an operation on `what`."""
    words = plain_words(refusal.message)
    if refusal.status == STATUS_CACHE_MISSING or "Cache does not exist" in refusal.message:
        return NotFound(f"{what}: there is no such cache", hint="Refresh the catalog; it may have been dropped.")
    if "cluster is inactive" in refusal.message or "cluster is not active" in refusal.message.lower():
        return Refused(f"{what}: the cluster is not active", hint="Activate it (control.sh --set-state ACTIVE).")
    if "ClusterTopologyException" in refusal.message or "node left" in refusal.message.lower():
        hint = "A node left the cluster just now; wait for the rebalance and try again."
        return Refused(f"{what}: {words}", hint=hint)
    if refusal.status == STATUS_SECURITY or "Authorization failed" in refusal.message:
        return Refused(f"{what}: {words}", hint="The user of this profile lacks the permission.")
    return Refused(f"{what}: {words}")


class Asks(Protocol):
    """A connection that takes requests."""

    def request(self, op: int, body: bytes) -> memoryview:
        """The answer's payload."""
        ...


def asked(wire: Asks, what: str, op: int, body: bytes) -> memoryview:
    """The payload of an answer; a refusal becomes one of our errors about `what`."""
    try:
        return wire.request(op, body)
    except ServerRefusal as refusal:
        raise refused(what, refusal) from refusal


_HINTS = (
    ("42102", "Name the schema (SCHEMA.TABLE); unquoted names are upper case in Ignite."),
    ("42122", "Unquoted names are upper case in Ignite; quote a name with lower-case letters."),
    ("42001", "Ignite takes one statement at a time and has no BEGIN, SHOW, TRUNCATE or WITH RECURSIVE."),
)


def statement_refused(refusal: ServerRefusal) -> StoredeckError:
    """One of our errors for a statement that the server refused."""
    if "cluster is inactive" in refusal.message or "cluster is not active" in refusal.message.lower():
        return refused("statement", refusal)
    hint = next((hint for code, hint in _HINTS if f"[{code}-" in refusal.message), "")
    if refusal.is_query_cancelled:
        hint = "Somebody ended it with KILL QUERY, or a timeout of the server was reached."
    return StatementRefused(f"statement: {plain_words(refusal.message)}", hint=hint)
