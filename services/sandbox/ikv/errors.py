"""What the gateway answers instead of a result: a gRPC code and the text that the vendor's Java makes of exceptions."""

from __future__ import annotations

INVALID_ARGUMENT, INTERNAL, UNAVAILABLE = 3, 13, 14
RESET_TEXT = "Connection reset by peer"


class Refused(Exception):
    """A call that is refused; `has_details` says whether the status goes into the trailing metadata too."""

    def __init__(self, code: int, text: str, *, has_details: bool = True) -> None:
        super().__init__(text)
        self.code, self.text, self.has_details = code, text, has_details


def invalid(reason: str) -> Refused:
    """A wrong request, as an IllegalArgumentException becomes an answer."""
    return Refused(INVALID_ARGUMENT, f"Invalid arguments: java.lang.IllegalArgumentException: {reason}")


def internal(reason: str) -> Refused:
    """A failure behind the gateway, as a RuntimeException becomes an answer."""
    return Refused(INTERNAL, f"Internal Error: java.lang.RuntimeException: {reason}")
