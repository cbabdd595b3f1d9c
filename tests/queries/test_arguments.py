"""Arguments: found, understood, bound."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from services.queries.arguments import argument_names, argument_value, bound


def test_names_are_asked_once_and_bound_at_every_place() -> None:
    """A name used twice is one question and two arguments; quotes, casts and comments hold none."""
    text = "select ':no', a::int from t where a > :least and b = ? and c < :least -- :neither ?"
    assert argument_names(text) == ("least", "1")
    assert bound(text, {"least": 5, "1": "x"}) == (
        "select ':no', a::int from t where a > ? and b = ? and c < ? -- :neither ?",
        (5, "x", 5),
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("42", 42),
        ("-9223372036854775808", -9223372036854775808),
        ("0.10", Decimal("0.10")),
        ("1e3", 1000.0),
        ("null", None),
        ("TRUE", True),
        ("'42'", "42"),
        ("'it''s'", "it's"),
        ("2026-11-21", "2026-11-21"),
        ("plain words ", "plain words "),
        ("", ""),
        ("+", "+"),
    ],
)
def test_words_become_exact_values(words: str, expected: Any) -> None:
    """Digits stay exact; quotes make text of anything."""
    value = argument_value(words)
    assert (type(value), value) == (type(expected), expected)
