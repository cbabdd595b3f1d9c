"""Places of words in a text, and lines made comments."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.queries.edits import matches, replaced, toggled


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("select", [(0, 6), (9, 15)]),
        ("Select", [(9, 15)]),
        (".*", []),
        ("", []),
    ],
)
def test_words_are_found_as_they_stand(words: str, expected: list[tuple[int, int]]) -> None:
    """No pattern is one; capitals make case count."""
    assert matches("select 1\nSelect 2", words) == expected


def test_places_get_other_words() -> None:
    """All of them, longer or shorter, and nothing else."""
    text = "a b a"
    assert [replaced(text, matches(text, "a"), new) for new in ("xyz", "")] == ["xyz b xyz", " b "]
    assert replaced(text, [], "x") == text


def test_lines_become_comments_and_back() -> None:
    """At their common indent, blank lines left; a mix becomes comments of comments."""
    lines = ["  select 1", "", "    from a"]
    commented = ["  -- select 1", "", "  --   from a"]
    assert (toggled(lines), toggled(commented)) == (commented, lines)
    assert toggled(["-- a", "b"]) == ["-- -- a", "-- b"]
    assert (toggled(["--a"]), toggled([""])) == (["a"], ["-- "])


@given(
    st.lists(st.text(st.characters(blacklist_characters="\r\n\t", blacklist_categories=["Cs"]), max_size=9), min_size=1)
)
def test_commenting_twice_is_the_text_again(lines: list[str]) -> None:
    """Whatever the lines are that are no comments yet."""
    plain = [line.replace("-", "x") for line in lines]
    assert toggled(toggled(plain)) == plain or not any(line.strip() for line in plain)
