"""What could be written at the cursor: key words of the dialect, tables, columns of the statement's tables, aliases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from services.queries.completion_matching import PREFIX, Finder
from services.queries.completion_names import CACHE, FUNCTION, KnownNames, KnownTable
from services.queries.completion_place import Place, Wanted, place_at
from services.queries.completion_tables import TableUse
from services.queries.completion_words import BEFORE_TABLE, OPENS, OPERANDS, Dialect, dialect_of

MOST: Final = 200
KEY_WORD: Final = "key word"
ALIAS: Final = "alias"
SCHEMA: Final = "schema"
LETTERS: Final = 2
"""So many letters of a name open the list by themselves."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One thing that could be written.

    Attributes:
        name: raw, as the store gave it.
        type: of a column, in the store's words; else what it is.
        source: the table of a column, the schema of a table, the table that an alias stands for.
        text: what is written when it is taken.
    """

    name: str
    type: str
    source: str
    text: str


@dataclass(frozen=True, slots=True)
class Completion:
    """What could be written at a place, best first; `tables` are those of the statement that are known."""

    place: Place
    candidates: tuple[Candidate, ...]
    tables: tuple[KnownTable, ...]

    @property
    def opens_by_itself(self) -> bool:
        """Whether enough of a name is typed: two letters, or a name and a dot; not in the middle of a word."""
        place = self.place
        if place.is_in_word or place.wanted is Wanted.NEW_NAME:
            return False
        return bool(place.qualifier) or len(place.word) >= LETTERS

    def is_typed(self, candidate: Candidate) -> bool:
        """Whether taking it would change nothing but letters' case."""
        return candidate.text.casefold() == self.place.word.casefold() and not self.place.quote


def complete(text: str, offset: int, names: KnownNames, dialect: str = "") -> Completion | None:
    """What could be written at `offset`; None where nothing can be named, as in texts and comments."""
    place = place_at(text, offset, dialect)
    if place is None:
        return None
    tables = tuple(table for use in place.uses if (table := names.table(use.parts)) is not None)
    ranked = sorted(_found(place, names, dialect_of(dialect)), key=lambda one: one[0])
    unique = dict.fromkeys(candidate for _, candidate in ranked)
    return Completion(place, tuple(unique)[:MOST], tables)


Ranked = tuple[tuple[int, int, int], Candidate]
"""The way of finding, then the group, then the order within it."""


def _found(place: Place, names: KnownNames, dialect: Dialect) -> Iterator[Ranked]:
    if place.qualifier:
        yield from _columns(place, names, dialect, _named(place.uses, place.qualifier), 0)
        yield from _tables_in(place, names, dialect)
    elif place.wanted is Wanted.TABLE:
        yield from _tables(place, names, dialect, 0)
        yield from _common(place, dialect, 1)
        yield from _schemas(place, names, dialect, 2)
        yield from _words(place, sorted(BEFORE_TABLE & dialect.keywords), KEY_WORD, 3)
    elif place.wanted in (Wanted.OPERAND, Wanted.ANY):
        yield from _columns(place, names, dialect, place.uses, 0)
        yield from _aliases(place, dialect, 1)
        keywords = dialect.keywords if place.wanted is Wanted.ANY else OPERANDS & dialect.keywords
        yield from _words(place, sorted(keywords, key=_shortest), KEY_WORD, 2)
        yield from _words(place, sorted(dialect.functions, key=_shortest), FUNCTION, 3)
        yield from _tables(place, names, dialect, 4)
    elif place.wanted is Wanted.START:
        yield from _words(place, (word for word in OPENS if word in dialect.keywords), KEY_WORD, 0)
    else:
        yield from _words(place, sorted(dialect.keywords, key=_shortest), KEY_WORD, 0)


def _shortest(word: str) -> tuple[int, str]:
    return len(word), word


def _named(uses: Sequence[TableUse], qualifier: Sequence[str]) -> list[TableUse]:
    """The tables that the statement calls so."""
    wanted = [part.casefold() for part in qualifier]
    found = [use for use in uses if len(wanted) == 1 and use.called.casefold() == wanted[0]]
    return found or [use for use in uses if [part.casefold() for part in use.parts[-len(wanted) :]] == wanted]


def _ranks(place: Place, names: Sequence[str], group: int) -> Iterator[tuple[tuple[int, int, int], int]]:
    for order, (way, index) in enumerate(Finder(names).search(place.word, MOST)):
        yield (way, group, order), index


def _columns(
    place: Place, names: KnownNames, dialect: Dialect, uses: Sequence[TableUse], group: int
) -> Iterator[Ranked]:
    known: list[Candidate] = []
    for use in dict.fromkeys(uses):
        table = names.table(use.parts)
        columns = (names.columns(table.path) or ()) if table else ()
        known += [Candidate(one.name, one.type, use.parts[-1], _written(place, dialect, one.name)) for one in columns]
    for rank, index in _ranks(place, [one.name for one in known], group):
        yield rank, known[index]


def _tables(place: Place, names: KnownNames, dialect: Dialect, group: int) -> Iterator[Ranked]:
    for order, (way, table) in enumerate(names.search(place.word, MOST)):
        if _is_placed(place, table):
            yield (way, group + 9 * (table.kind == CACHE), order), _table(place, names, dialect, table)


def _is_placed(place: Place, table: KnownTable) -> bool:
    """Where a table is wanted all but functions; among operands functions, and tables until one is named."""
    if place.wanted is Wanted.TABLE:
        return table.kind != FUNCTION
    return table.kind == FUNCTION or (table.kind != CACHE and not place.uses)


def _table(place: Place, names: KnownNames, dialect: Dialect, table: KnownTable) -> Candidate:
    text = _written(place, dialect, table.name)
    needs_schema = table.schema and table.schema.casefold() != names.default_schema.casefold()
    if needs_schema and not place.qualifier:
        text = f"{_written(place, dialect, table.schema)}.{text}"
    return Candidate(table.name, table.kind, table.schema, text)


def _tables_in(place: Place, names: KnownNames, dialect: Dialect) -> Iterator[Ranked]:
    inside = names.in_schema(place.qualifier[-1])
    for rank, index in _ranks(place, [table.name for table in inside], 1):
        yield rank, _table(place, names, dialect, inside[index])


def _schemas(place: Place, names: KnownNames, dialect: Dialect, group: int) -> Iterator[Ranked]:
    for rank, index in _ranks(place, names.schemas, group):
        name = names.schemas[index]
        yield rank, Candidate(name, SCHEMA, "", f"{_written(place, dialect, name)}.")


def _common(place: Place, dialect: Dialect, group: int) -> Iterator[Ranked]:
    for rank, index in _ranks(place, [use.called for use in place.common], group):
        use = place.common[index]
        yield rank, Candidate(use.called, "query", "", _as_used(place, dialect, use))


def _aliases(place: Place, dialect: Dialect, group: int) -> Iterator[Ranked]:
    uses = [use for use in place.uses if use.called]
    for rank, index in _ranks(place, [use.called for use in uses], group):
        use = uses[index]
        source = use.parts[-1] if use.parts and use.alias else ""
        kind = ALIAS if use.alias else "table"
        yield rank, Candidate(use.called, kind, source, _as_used(place, dialect, use))


def _words(place: Place, words: Iterable[str], kind: str, group: int) -> Iterator[Ranked]:
    """Words are found by how they begin only, and written in the case of what was typed."""
    wanted = place.word.upper()
    for order, word in enumerate(words):
        if word.startswith(wanted) and not place.quote:
            text = word.lower() if place.word.islower() else word
            yield (PREFIX, group, order), Candidate(text, kind, "", text)


def _as_used(place: Place, dialect: Dialect, use: TableUse) -> str:
    return dialect.quoted(use.called) if place.quote else use.called_text


def _written(place: Place, dialect: Dialect, name: str) -> str:
    return dialect.quoted(name) if place.quote else dialect.written(name)
