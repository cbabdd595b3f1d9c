"""What stands before the cursor, and what may be written there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.queries.completion_tables import TABLE_FOLLOWS, TableUse, common_tables, table_uses
from services.queries.completion_tokens import Kind, Token, is_keyword, statement_tokens
from services.queries.completion_words import Dialect, dialect_of, words

_WORD_FOLLOWS: Final = words("""
    GROUP ORDER INSERT CREATE ALTER DROP DELETE LEFT RIGHT FULL INNER OUTER CROSS NATURAL IS KILL SHOW PRIMARY IF
    LATERAL PARTITIONED DISTRIBUTE SORT CLUSTER TRUNCATE UNION EXCEPT INTERSECT MINUS
""")
_OPERAND_FOLLOWS: Final = words("""
    SELECT DISTINCT WHERE AND OR NOT ON BY HAVING SET CASE WHEN THEN ELSE LIKE RLIKE BETWEEN IN LIMIT OFFSET
""")
_OPERANDS: Final = frozenset(("NULL", "TRUE", "FALSE", "END", "ASC", "DESC", "VALUES", "ROW", "CURRENT_DATE"))
_STAR_IS_ALL: Final = frozenset(("SELECT", "DISTINCT", "ALL"))
_CLAUSES: Final = _STAR_IS_ALL | TABLE_FOLLOWS | {"WHERE", "ON", "SET", "BY", "HAVING", "VALUES", "VIEW", "WITH"}


class Wanted(StrEnum):
    """What may be written at a place."""

    START = "start"
    TABLE = "table"
    OPERAND = "operand"
    WORD = "word"
    ANY = "any"
    NEW_NAME = "new name"


@dataclass(frozen=True, slots=True)
class Place:
    """The cursor's place in a statement.

    Attributes:
        word: what was typed of a name so far, without its quote.
        start: where the stretch begins that a taken name replaces, its opening quote included.
        end: where it ends; the rest of the name behind the cursor is replaced, too.
        quote: that opened the name, or empty.
        qualifier: names before it that end with a dot.
        uses: tables of the statement, without what stands at the cursor.
        common: names that WITH gives.
        is_in_word: whether more of the name stands behind the cursor.
    """

    word: str
    start: int
    end: int
    wanted: Wanted
    quote: str = ""
    qualifier: tuple[str, ...] = ()
    uses: tuple[TableUse, ...] = ()
    common: tuple[TableUse, ...] = ()
    is_in_word: bool = False


def place_at(text: str, offset: int, dialect: str = "") -> Place | None:
    """What a cursor at `offset` stands in; None in texts, comments, numbers and names of arguments."""
    tokens = statement_tokens(text, offset, dialect)
    if tokens is None:
        return None
    known = dialect_of(dialect)
    here = next((token for token in tokens if token.start < offset <= token.end and _is_typed(token, offset)), None)
    if here is not None and here.kind is Kind.VALUE:
        return None
    before = [token for token in tokens if token.end <= offset and token is not here]
    qualifier, before = _qualifier(before, here.start if here else offset)
    others = [token for token in tokens if token is not here]
    uses = tuple(table_uses(others, known))
    common = tuple(common_tables(others))
    wanted = wanted_after(before, known)
    if here is None:
        return Place("", offset, offset, wanted, "", qualifier, uses, common)
    start = here.start + len(here.quote)
    word = text[start:offset].replace(here.quote * 2, here.quote) if here.quote else text[start:offset]
    is_last = _closes_at(text, here, offset)
    end = here.end if not here.quote or is_last else offset
    is_in_word = here.end > offset and not is_last
    return Place(word, here.start, end, wanted, here.quote, qualifier, uses, common, is_in_word)


def _is_typed(token: Token, offset: int) -> bool:
    """Whether more of the token is typed at `offset`: a word to its end, a quoted name up to its closing quote."""
    if token.kind is Kind.NAME:
        is_closed = token.end - token.start > len(token.text) + 1
        return offset < token.end or not is_closed
    return token.kind in (Kind.WORD, Kind.VALUE)


def _closes_at(text: str, token: Token, offset: int) -> bool:
    return bool(token.quote) and token.end == offset + 1 and text[offset] == token.quote


def _qualifier(before: list[Token], start: int) -> tuple[tuple[str, ...], list[Token]]:
    """The names with dots right before `start`, and the tokens before those."""
    parts: list[str] = []
    while len(before) > 1 and before[-1].kind is Kind.DOT and before[-1].end == start and before[-2].is_name:
        if before[-2].end != before[-1].start:
            break
        parts.insert(0, before[-2].text)
        start = before[-2].start
        before = before[:-2]
    return tuple(parts), before


def wanted_after(before: Sequence[Token], dialect: Dialect) -> Wanted:
    """What may follow these tokens."""
    if not before:
        return Wanted.START
    last = before[-1]
    clause = _clause(before)
    if last.kind is Kind.COMMA:
        return Wanted.TABLE if clause in ("FROM", "JOIN") else Wanted.OPERAND
    if last.kind is Kind.OPEN:
        return _in_bracket(before[-2].upper if len(before) > 1 else "")
    if last.kind is Kind.SIGN:
        before_star = before[-2] if last.text == "*" and len(before) > 1 else None
        is_all = before_star is not None and (before_star.upper in _STAR_IS_ALL or before_star.kind is Kind.DOT)
        return Wanted.WORD if is_all else Wanted.OPERAND
    if last.kind in (Kind.NAME, Kind.VALUE, Kind.CLOSE) or not is_keyword(last, dialect) or last.upper in _OPERANDS:
        is_first_of_describe = len(before) == 1 and last.upper == "DESC"
        return Wanted.TABLE if is_first_of_describe else Wanted.WORD
    if last.kind is Kind.DOT:
        return Wanted.OPERAND
    return _after_keyword(before, last.upper, clause)


def _after_keyword(before: Sequence[Token], word: str, clause: str) -> Wanted:
    previous = before[-2].upper if len(before) > 1 else ""
    is_existence = word == "EXISTS" and "IF" in (previous, before[-3].upper if len(before) > 2 else "")
    is_merged = word == "USING" and before[0].upper == "MERGE"
    if word in TABLE_FOLLOWS or is_existence or is_merged:
        return Wanted.TABLE
    if word == "AS":
        if clause == "CAST":
            return Wanted.WORD
        return Wanted.START if clause in ("TABLE", "VIEW") else Wanted.NEW_NAME
    if word == "WITH":
        return Wanted.NEW_NAME
    if word in ("EXPLAIN", "ALL") and clause != "SELECT":
        return Wanted.START
    if word in _WORD_FOLLOWS:
        return Wanted.WORD
    return Wanted.OPERAND if word in _OPERAND_FOLLOWS else Wanted.ANY


def _clause(before: Sequence[Token]) -> str:
    """The clause that the place behind these tokens is in, of its own brackets."""
    depth = 0
    for place in range(len(before) - 1, -1, -1):
        token = before[place]
        if token.kind is Kind.CLOSE:
            depth += 1
        elif token.kind is Kind.OPEN:
            if depth == 0:
                return before[place - 1].upper if place and before[place - 1].upper == "CAST" else ""
            depth -= 1
        elif depth == 0 and token.upper in _CLAUSES:
            return token.upper
    return ""


def _in_bracket(word: str) -> Wanted:
    """What a bracket behind a word begins with."""
    if word in ("FROM", "JOIN", "AS", "EXISTS", "LATERAL"):
        return Wanted.START
    return Wanted.ANY if word in ("OVER", "IN") else Wanted.OPERAND
