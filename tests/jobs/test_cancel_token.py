"""The token that work checks: asked to stop, left alone, and told what goes on."""

from __future__ import annotations

import pytest

from services.cancel import NEVER, CancelToken
from services.errors import Cancelled


def test_leaving_stops_here_and_says_so() -> None:
    """Callbacks run as for stopping; whoever acts on a server can see that nobody asked to stop that."""
    left, stopped = CancelToken(), CancelToken()
    seen: list[bool] = []
    for token, stop in ((left, left.leave), (stopped, stopped.cancel)):
        with token.on_cancel(lambda token=token: seen.append(token.is_leaving)):
            stop()
    assert [True, False] == seen
    with pytest.raises(Cancelled):
        left.check()


def test_asked_to_stop_before_is_asked_to_stop() -> None:
    """Leaving later takes nothing back."""
    token = CancelToken()
    token.cancel()
    token.leave()
    assert not token.is_leaving


def test_words_reach_the_innermost_listener_alone() -> None:
    """And nobody, without one; the one before hears again afterwards."""
    token = CancelToken()
    outer: list[str] = []
    inner: list[str] = []
    token.tell("nobody")
    with token.heard_by(outer.append):
        token.tell("first")
        with token.heard_by(inner.append):
            token.tell("second")
        token.tell("third")
    token.tell("nobody")
    assert (["first", "third"], ["second"]) == (outer, inner)


def test_nobody_can_stop_the_token_of_all() -> None:
    """Neither by asking nor by leaving."""
    NEVER.cancel()
    NEVER.leave()
    assert (False, False) == (NEVER.is_cancelled, NEVER.is_leaving)
