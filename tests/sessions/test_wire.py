"""The messages between the console and a session's process."""

from __future__ import annotations

import copyreg
import pickle
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import errors
from services.connections.wire import HEADER, MAX_FRAME, Answer, Failure, Frames, decode, encode
from services.errors import ProtocolError, SecretNeeded, StoredeckError
from services.results.types import Window
from services.stores.changes import Outcome, Result
from services.stores.features import Feature
from services.times import Moment
from services.values import ABSENT, Typed


def _there_and_back(value: Any) -> Any:
    (body,) = Frames().feed(encode(Answer(1, value)))
    return decode(body).value


@given(st.lists(st.binary(max_size=300), max_size=5), st.integers(1, 50))
def test_frames_survive_any_cutting(values: list[bytes], step: int) -> None:
    """Messages come out whole and in order, however the bytes arrive."""
    stream = b"".join(encode(Answer(number, value)) for number, value in enumerate(values))
    frames, got = Frames(), []
    for start in range(0, len(stream), step):
        got += [decode(body) for body in frames.feed(stream[start : start + step])]
    assert got == [Answer(number, value) for number, value in enumerate(values)]


def test_values_of_the_contract_cross() -> None:
    """Exact values, windows and outcomes arrive equal; ABSENT stays the one ABSENT."""
    window = Window(0, (0,), (("a",),), ("t",), ("k",), 1)
    values = [Typed("D", Decimal("1.50")), Typed("U", UUID(int=5)), Typed("M", Moment(1, "Asia/Tokyo")), b"\x00"]
    for value in (window, values, frozenset(Feature), Outcome(Result.CONFLICT, current={"a": ABSENT})):
        assert _there_and_back(value) == value
    assert _there_and_back(ABSENT) is ABSENT


def _all_errors(kind: type[StoredeckError] = StoredeckError) -> list[type[StoredeckError]]:
    return [kind, *(found for below in kind.__subclasses__() for found in _all_errors(below))]


@pytest.mark.parametrize("kind", [kind for kind in _all_errors() if kind.__module__ == errors.__name__])
def test_every_error_crosses_whole(kind: type[StoredeckError]) -> None:
    """Each of our errors keeps its class and all its words."""
    words = {"hint": "do this", "request_id": "r-1"} if kind is not SecretNeeded else {"hint": "do this"}
    error = kind("password", "why", **words) if kind is SecretNeeded else kind("why", **words)  # type: ignore[call-arg]
    (body,) = Frames().feed(encode(Failure(1, error)))
    got = decode(body).error
    assert (type(got), got.__dict__, str(got)) == (kind, error.__dict__, "why")


@pytest.mark.parametrize(
    "body",
    [
        pickle.dumps(print),
        b"cos\nsystem\n(S'true'\ntR.",
        b"cservices.connections.wire\npickle.loads\n.",
        b"garbage",
        b"",
    ],
)
def test_nothing_else_is_unpickled(body: bytes) -> None:
    """A message that names anything but the contract's classes is refused."""
    with pytest.raises(ProtocolError):
        decode(body)


def test_endless_message_is_refused() -> None:
    """A frame that claims more than a message may have ends the session, not the memory."""
    with pytest.raises(ProtocolError, match="bytes"):
        list(Frames().feed(HEADER.pack(MAX_FRAME + 1)))


def test_an_sdk_that_pickles_errors_its_own_way_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a process registered for exceptions has no say in what crosses."""
    monkeypatch.setitem(copyreg.dispatch_table, errors.Refused, lambda error: (print, ("taken over",)))
    (body,) = Frames().feed(encode(Failure(1, errors.Refused("why", hint="do this"))))
    assert decode(body).error.lines() == ["error: why", "hint: do this"]
