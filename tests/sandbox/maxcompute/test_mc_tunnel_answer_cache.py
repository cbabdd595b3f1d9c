"""Bodies that are kept for the next time."""

from __future__ import annotations

from collections.abc import Iterator

from services.sandbox.maxcompute.tunnel.answer_cache import AnswerCache


class Maker:
    """Makes a body of ten bytes in two pieces, and counts how often."""

    def __init__(self) -> None:
        self.count = 0

    def pieces(self) -> Iterator[bytes]:
        self.count += 1
        yield b"01234"
        yield b"56789"


def ask(cache: AnswerCache, maker: Maker, *keys: str) -> list[bytes]:
    return [b"".join(cache.pieces(key, maker.pieces())) for key in keys]


def test_a_body_is_made_twice_and_then_kept() -> None:
    """What is asked for once is not worth its memory."""
    cache, maker = AnswerCache(), Maker()

    assert [b"0123456789"] * 5 == ask(cache, maker, *"aaaaa")
    assert 2 == maker.count


def test_the_oldest_body_makes_room() -> None:
    """Of three bodies with room for two the one that was not asked for longest goes."""
    cache, maker = AnswerCache(limit_bytes=20), Maker()
    ask(cache, maker, *"aabb")
    ask(cache, maker, *"a")
    ask(cache, maker, *"cc")
    made = maker.count

    ask(cache, maker, *"ac")
    assert made == maker.count
    ask(cache, maker, "b")
    assert made + 1 == maker.count


def test_a_body_that_is_too_large_is_never_kept() -> None:
    """It is made each time, and whole."""
    cache, maker = AnswerCache(limit_bytes=9), Maker()

    assert [b"0123456789"] * 4 == ask(cache, maker, *"aaaa")
    assert 4 == maker.count


def test_half_a_body_is_not_kept() -> None:
    """A reader that went away in the middle leaves nothing behind."""
    cache, maker = AnswerCache(), Maker()
    ask(cache, maker, "a")
    pieces = iter(cache.pieces("a", maker.pieces()))
    next(pieces)
    del pieces

    assert [b"0123456789"] == ask(cache, maker, "a")
    assert 3 == maker.count
