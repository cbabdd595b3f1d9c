"""The tables that a statement names, wherever in it they stand, and what it calls them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.queries.completion_tokens import Kind, Token, is_keyword
from services.queries.completion_words import Dialect

TABLE_FOLLOWS: Final = frozenset(("FROM", "JOIN", "INTO", "UPDATE", "TABLE", "DESCRIBE", "OVERWRITE"))
_LISTS: Final = frozenset(("FROM", "JOIN"))
_ENDS_LIST: Final = frozenset(
    (
        "SELECT",
        "WHERE",
        "GROUP",
        "ORDER",
        "HAVING",
        "LIMIT",
        "ON",
        "USING",
        "SET",
        "VALUES",
        "UNION",
        "EXCEPT",
        "INTERSECT",
    )
)


@dataclass(frozen=True, slots=True)
class TableUse:
    """A table as a statement uses it.

    Attributes:
        parts: its name with what stands before it, none for a query in brackets.
        alias: or empty.
        called_text: what its columns are reached by as the statement writes it.
    """

    parts: tuple[str, ...]
    alias: str = ""
    called_text: str = ""

    @property
    def called(self) -> str:
        """What its columns are reached by."""
        return self.alias or (self.parts[-1] if self.parts else "")


def table_uses(tokens: Sequence[Token], dialect: Dialect) -> list[TableUse]:
    """Every table behind FROM, JOIN, INTO, UPDATE and the like, commas included; and names of queries in brackets."""
    found: list[TableUse] = []
    in_list = [False]
    place = 0
    while place < len(tokens):
        token = tokens[place]
        place += 1
        if token.kind is Kind.OPEN:
            in_list.append(False)
        elif token.kind is Kind.CLOSE and len(in_list) > 1:
            in_list.pop()
            if in_list[-1]:
                alias, place = _alias(tokens, place, dialect)
                found += [TableUse((), alias.text, alias.written)] if alias else []
        elif token.upper in TABLE_FOLLOWS or (token.kind is Kind.COMMA and in_list[-1]):
            in_list[-1] = in_list[-1] if token.kind is Kind.COMMA else token.upper in _LISTS
            use, place = _use(tokens, place, dialect)
            found += [use] if use else []
        elif token.upper == "USING" and tokens[0].upper == "MERGE" and not in_list[-1]:
            use, place = _use(tokens, place, dialect)
            found += [use] if use else []
        elif token.upper in _ENDS_LIST:
            in_list[-1] = False
    return found


def _use(tokens: Sequence[Token], place: int, dialect: Dialect) -> tuple[TableUse | None, int]:
    parts: list[Token] = []
    while place < len(tokens) and tokens[place].is_name and (parts or not is_keyword(tokens[place], dialect)):
        parts.append(tokens[place])
        place += 1
        if place >= len(tokens) or tokens[place].kind is not Kind.DOT:
            break
        place += 1
    if not parts:
        return None, place
    alias, place = _alias(tokens, place, dialect)
    names = tuple(part.text for part in parts)
    return TableUse(names, alias.text if alias else "", (alias or parts[-1]).written), place


def _alias(tokens: Sequence[Token], place: int, dialect: Dialect) -> tuple[Token | None, int]:
    if place < len(tokens) and tokens[place].upper == "AS":
        place += 1
    if place < len(tokens) and tokens[place].is_name and not is_keyword(tokens[place], dialect):
        return tokens[place], place + 1
    return None, place


def common_tables(tokens: Sequence[Token]) -> list[TableUse]:
    """The names that WITH gives to queries."""
    if not tokens or tokens[0].upper != "WITH":
        return []
    found = []
    for before, name, as_, bracket in zip(tokens, tokens[1:], tokens[2:], tokens[3:], strict=False):
        is_first = before.upper in ("WITH", "RECURSIVE") or before.kind is Kind.COMMA
        if is_first and name.is_name and as_.upper == "AS" and bracket.kind is Kind.OPEN:
            found.append(TableUse((name.text,), "", name.written))
    return found
