"""Writes whose answer was lost: what the rows, read again, tell of them."""

from __future__ import annotations

from collections.abc import Mapping

from services.errors import StoredeckError
from services.stores.changes import Outcome, Result
from services.stores.tablestore.row_calls import RowCall
from services.value_json import typed_json
from services.values import Typed, Value

Found = Mapping[str, Typed] | None
"""A row as it is now, None where there is none."""


def unsure(error: StoredeckError) -> Outcome:
    """Nobody knows: not even the row could be read."""
    words = f"{error.message}; it may have been applied: read the row again"
    return Outcome(Result.REFUSED, words, error.request_id, error=error)


def rechecked(call: RowCall, now: Found, error: StoredeckError) -> Outcome:
    """The outcome of a write that ended in an error after which it may have been done."""
    if is_as_sent(call, now):
        words = f"the answer was lost ({error.message}), but the row, read again, is as it was to be"
        return Outcome(Result.APPLIED, words, error.request_id)
    state = "still as it was" if is_as_before(call, now) else "as it is shown now"
    words = f"{error.message}; it may have been applied: read again just now, the row was {state}"
    return Outcome(Result.REFUSED, words, error.request_id, now, error)


def is_numbered(call: RowCall) -> bool:
    """Whether the service makes a part of the key, which went with the answer."""
    return any(value.value is None for value in call.key.values())


def is_as_sent(call: RowCall, now: Found) -> bool:
    """Whether the row is what the call makes of it; of sums and single versions nobody can tell whose they are."""
    if call.api == "DeleteRow":
        return now is None
    if now is None or call.increments or call.versions:
        return False
    others = {name for name in now if name not in call.key}
    if call.api == "PutRow" and others != call.puts.keys():
        return False
    return others.isdisjoint(call.removes) and all(_is_same(value, now.get(name)) for name, value in call.puts.items())


def is_as_before(call: RowCall, now: Found) -> bool:
    """Whether the row still is what the call's condition asks for, so that it was not applied so far."""
    existence, columns = call.condition.existence, call.condition.columns
    if existence == "EXPECT_NOT_EXIST":
        return now is None
    if now is None:
        return False
    if call.api == "DeleteRow" and not columns:
        return True
    return bool(columns) and all(
        _is_same(value, now.get(name)) if isinstance(value, Typed) else name not in now
        for name, value in columns.items()
    )


def _is_same(value: Value, now: Value | None) -> bool:
    return isinstance(value, Typed) and isinstance(now, Typed) and typed_json(value) == typed_json(now)
