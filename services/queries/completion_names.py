"""The names that are known of one profile: what was read of them stays, whether its session is there or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from services.queries.completion_matching import Finder
from services.stores.changes import Path
from services.stores.types import Column
from services.text import is_safe

_USUAL_SCHEMAS: Final = ("public", "default", "main")
FUNCTION: Final = "function"
CACHE: Final = "cache"


@dataclass(frozen=True, slots=True)
class KnownTable:
    """A table, view or cache, or a function.

    Attributes:
        kind: the store's own word.
        schema: that it lies in, or empty.
    """

    name: str
    kind: str
    schema: str
    path: Path


class KnownNames:
    """Tables, schemas and columns. Names with characters that a terminal acts on or that hide are left out.

    The editor could not show such a name as it is.

    Args:
        schema: that statements use where they name none; empty for the usual one.
    """

    def __init__(self, schema: str = "") -> None:
        self._wanted_schema = schema
        self.tables: list[KnownTable] = []
        self.schemas: list[str] = []
        self._columns: dict[Path, tuple[Column, ...]] = {}
        self._finder: Finder | None = None
        self._by_name: dict[str, list[KnownTable]] | None = None

    @property
    def default_schema(self) -> str:
        """The schema that needs no mention."""
        wanted = (self._wanted_schema.casefold(),) if self._wanted_schema else _USUAL_SCHEMAS
        return next((name for name in self.schemas if name.casefold() in wanted), self._wanted_schema)

    def take_tables(self, tables: Sequence[KnownTable], schemas: Sequence[str]) -> None:
        """These are the names now."""
        self.tables = [table for table in tables if is_safe(table.name) and is_safe(table.schema)]
        self.schemas = [name for name in schemas if is_safe(name)]
        self._finder = self._by_name = None

    def take_columns(self, path: Path, columns: Sequence[Column]) -> None:
        """These are a table's columns; none, where they could not be read."""
        self._columns[path] = tuple(replace(one, type=one.type[:80]) for one in columns if is_safe(one.name))

    def forget_columns(self) -> None:
        """A definition may have changed."""
        self._columns.clear()

    def columns(self, path: Path) -> tuple[Column, ...] | None:
        """A table's columns; None where they were not asked for yet."""
        return self._columns.get(path)

    def search(self, word: str, limit: int) -> list[tuple[int, KnownTable]]:
        """Tables by what was typed, and how each is found."""
        if self._finder is None:
            self._finder = Finder([table.name for table in self.tables])
        return [(way, self.tables[place]) for way, place in self._finder.search(word, limit)]

    def in_schema(self, schema: str) -> list[KnownTable]:
        """The tables of a schema, by its name in any case."""
        wanted = schema.casefold()
        return [table for table in self.tables if table.schema.casefold() == wanted]

    def table(self, parts: Sequence[str]) -> KnownTable | None:
        """The table that a statement names so: in the schema it says, else in the usual one, else the only one."""
        if not parts:
            return None
        if self._by_name is None:
            self._by_name = {}
            for table in self.tables:
                if table.kind not in (FUNCTION, CACHE):
                    self._by_name.setdefault(table.name.casefold(), []).append(table)
        found = self._by_name.get(parts[-1].casefold(), [])
        wanted = (parts[-2] if len(parts) > 1 else self.default_schema).casefold()
        inside = [table for table in found if table.schema.casefold() == wanted]
        if not inside and len(parts) == 1 and len(found) == 1:
            inside = found
        return next((table for table in inside if table.name == parts[-1]), inside[0] if inside else None)
