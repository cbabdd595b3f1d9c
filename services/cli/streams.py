"""What a command says to people: words on standard error, safe to draw and without secrets."""

from __future__ import annotations

import json
import sys
from typing import Final

from services.errors import (
    Cancelled,
    ConnectError,
    NotFound,
    ReadOnlyRefused,
    Refused,
    StoredeckError,
    TimedOut,
    UsageError,
)
from services.logs import mask_known
from services.text import one_line

_HINTS: Final[tuple[tuple[type[StoredeckError], str], ...]] = (
    (UsageError, "Run `storedeck --help`, or `storedeck COMMAND --help`."),
    (ConnectError, "Run `storedeck profiles test NAME` to see which step fails."),
    (TimedOut, "Try again, or allow more time by the profile's timeout_seconds or --timeout."),
    (ReadOnlyRefused, "Leave out --read-only, or edit the profile's read_only."),
    (NotFound, "List what is there by `storedeck ls ADDRESS`."),
    (Cancelled, "Run the command again to start anew."),
    (Refused, "Correct what was refused and run the command again."),
)


def say(text: str) -> None:
    """One line for people."""
    sys.stderr.write(mask_known(one_line(text)) + "\n")
    sys.stderr.flush()


def tell_error(error: StoredeckError, *, as_json: bool) -> None:
    """The lines of an error, and with JSON output one more line that a program can read."""
    hint = error.hint or next((hint for kind, hint in _HINTS if isinstance(error, kind)), "Run it with --verbose.")
    message = one_line(mask_known(error.message))
    say(f"error: {message}")
    say(f"hint: {one_line(mask_known(hint))}")
    if error.request_id:
        say(f"request id: {error.request_id}")
    if as_json:
        data = {"error": message, "hint": hint, "request_id": error.request_id or None, "code": error.exit_code}
        sys.stderr.write(mask_known(json.dumps(data)) + "\n")
        sys.stderr.flush()
