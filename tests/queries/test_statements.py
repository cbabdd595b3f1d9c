"""Splitting and finding statements."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.queries.statements import split, statement_at


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("  \n ; ;; \n", []),
        ("select 1", ["select 1"]),
        ("select 1; select 2;", ["select 1", "select 2"]),
        ("select ';' -- ;", ["select ';' -- ;"]),
        ("select 'it''s; fine'; x", ["select 'it''s; fine'", "x"]),
        ('select "a;b" from `c;d`; y', ['select "a;b" from `c;d`', "y"]),
        ("/* ; */ select 1 /* ; ", ["/* ; */ select 1 /* ;"]),
        ("-- only words\n; /* and more */", []),
        ("select 'open; select 2", ["select 'open; select 2"]),
        ("select $$a;b$$, $t$ ; $$ $t$; z", ["select $$a;b$$, $t$ ; $$ $t$", "z"]),
        ("select a$b$ from c; d$", ["select a$b$ from c", "d$"]),
        ("select '\\'; select 2", ["select '\\'", "select 2"]),
        ("\N{GRINNING FACE} select 'é;'; ü", ["\N{GRINNING FACE} select 'é;'", "ü"]),
    ],
)
def test_a_text_falls_into_its_statements(text: str, expected: list[str]) -> None:
    """A semicolon parts statements only outside of quotes and comments."""
    assert [piece.text for piece in split(text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("select '\\'; x'; y", ["select '\\'; x'", "y"]), ("select 1 # ; \n; y", ["select 1 # ;", "y"])],
)
def test_a_dialect_brings_its_escapes_and_comments(text: str, expected: list[str]) -> None:
    """MySQL ends neither a quote at a backslashed quote nor a statement in a # comment."""
    assert [piece.text for piece in split(text, "mysql")] == expected


@given(st.text(alphabet="a;'\"`-/*\n$ \\", max_size=40))
def test_every_piece_stands_where_it_says(text: str) -> None:
    """Positions map each statement back to its text, in order, without overlap, whatever is typed."""
    pieces = split(text)
    assert [text[piece.start : piece.end] for piece in pieces] == [piece.text for piece in pieces]
    edges = [edge for piece in pieces for edge in (piece.start, piece.end)]
    assert edges == sorted(edges)
    assert all(piece.text and piece.text == piece.text.strip() for piece in pieces)


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("sel|ect 1; select 2", "select 1"),
        ("select 1|; select 2", "select 1"),
        ("select 1;| select 2", "select 1"),
        ("select 1; | select 2", "select 1"),
        ("select 1;\n|\nselect 2", "select 2"),
        ("select 1; sel|ect 2", "select 2"),
        ("select 1; select 2;\n\n|", "select 2"),
        ("|\n\nselect 1", "select 1"),
        ("select '|;' ; x", "select ';'"),
        ("|", None),
        ("-- words|", None),
    ],
)
def test_the_cursor_means_one_statement(marked: str, expected: str | None) -> None:
    """The statement the cursor is in, or behind on the same line, else the next."""
    offset = marked.index("|")
    piece = statement_at(marked.replace("|", ""), offset)
    assert (piece.text if piece else None) == expected
