"""What a node answers instead of a result: a status code and a text."""

from __future__ import annotations

FAILED = 1
UNKNOWN_OPERATION = 2
INVALID_NODE_STATE = 10
NO_SUCH_CACHE = 1000
CACHE_EXISTS = 1001
INVALID_CACHE_CONFIG = 1002
TOO_MANY_CURSORS = 1010
NO_SUCH_RESOURCE = 1011
TOO_MANY_TRANSACTIONS = 1020
NO_SUCH_TRANSACTION = 1021
SIGN_IN_FAILED = 2000

CANCELLED = "class org.apache.ignite.cache.query.QueryCancelledException: The query was cancelled while executing."


class RequestRefused(Exception):
    """The request is answered with an error; the connection goes on."""

    def __init__(self, message: str, status: int = FAILED) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


class SqlRefused(RequestRefused):
    """A statement is refused; the SQLSTATE prefixes the text as on a real node."""

    def __init__(self, sqlstate: str, message: str) -> None:
        super().__init__(f"{sqlstate}: {message}")
        self.sqlstate = sqlstate


class ConnectionEnds(Exception):
    """The node closes the connection without an answer."""


class BadRequest(RequestRefused):
    """The bytes of a request do not follow the protocol."""
