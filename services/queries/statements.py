"""Splitting a text into statements, and finding the one at the cursor."""

from __future__ import annotations

from dataclasses import dataclass

from services.queries.lexing import COMMENT, END, lexemes


@dataclass(frozen=True, slots=True)
class Piece:
    """One statement of a text: without its semicolon and the white space around it; `end` is not included."""

    text: str
    start: int
    end: int


def split(text: str, dialect: str = "") -> list[Piece]:
    """The statements of a text in order; stretches of nothing but comments are none."""
    return [piece for piece, _ in _pieces(text, dialect)]


def statement_at(text: str, offset: int, dialect: str = "") -> Piece | None:
    """The statement that a cursor at `offset` means: the one it is in, or behind on the same line, or the next."""
    found: Piece | None = None
    for piece, stop in _pieces(text, dialect):
        if offset < piece.start:
            is_behind = found is not None and "\n" not in text[found.end : offset]
            return found if is_behind else piece
        found = piece
        if offset <= stop:
            return piece
    return found


def _pieces(text: str, dialect: str) -> list[tuple[Piece, int]]:
    """Each statement and where its semicolon ends."""
    pieces: list[tuple[Piece, int]] = []
    start = 0
    is_empty = True
    last = 0
    for lexeme in lexemes(text, dialect):
        is_empty = is_empty and not text[last : lexeme.start].strip()
        last = lexeme.end
        if lexeme.kind == END:
            if not is_empty:
                pieces.append((_piece(text, start, lexeme.start), lexeme.end))
            start, is_empty = lexeme.end, True
        elif lexeme.kind != COMMENT:
            is_empty = False
    if not is_empty or text[last:].strip():
        pieces.append((_piece(text, start, len(text)), len(text)))
    return pieces


def _piece(text: str, start: int, end: int) -> Piece:
    whole = text[start:end]
    start += len(whole) - len(whole.lstrip())
    return Piece(whole.strip(), start, start + len(whole.strip()))
