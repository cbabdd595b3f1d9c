"""Reads the names of one profile from its session's catalog: tables once, a page at a time, and columns when named."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from typing import Final

from services.catalog.nodes import CatalogNode, Reading
from services.catalog.tree import Catalog
from services.connections.api import SessionApi
from services.errors import SessionLost, StoredeckError
from services.queries.completion_names import CACHE, FUNCTION, KnownNames, KnownTable
from services.queries.lexing import bare
from services.stores.changes import Path

MOST_NAMES: Final = 50_000
MOST_LISTED: Final = 500
"""So many schemas and groups are listed; of a store with more, the first ones."""

MOST_DEPTH: Final = 3
RETRY_SECONDS: Final = 30.0
_GROUP: Final = "group"
_GROUPS_OF_NAMES: Final = frozenset(("caches", "functions"))
"""Groups with names that a statement may hold; others, such as jobs or quotas, are not listed."""

_CHANGES_NAMES: Final = re.compile(r"\b(?:CREATE|ALTER|DROP|RENAME)\b", re.IGNORECASE)


def changes_names(statement: str, dialect: str = "") -> bool:
    """Whether there may be other names after the statement."""
    return _CHANGES_NAMES.search(bare(statement, dialect)) is not None


class NameReading:
    """Fills `names`; everything is awaited on the console's loop, and asked of a session that is open already.

    Args:
        session: the open session of the profile now, None where there is none.
        on_change: called when more names are known.
    """

    def __init__(
        self,
        profile: str,
        names: KnownNames,
        session: Callable[[], SessionApi | None],
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self.names = names
        self._profile = profile
        self._session = session
        self._on_change = on_change
        self._asked: set[Path] = set()
        self._tried = -RETRY_SECONDS
        self._read_from: SessionApi | None = None
        self.is_reading = False

    @property
    def is_due(self) -> bool:
        """Whether names are to be read: never were of this session, and no attempt failed just now."""
        session = self._session()
        is_tried = time.monotonic() - self._tried < RETRY_SECONDS
        return not (session is None or session is self._read_from or self.is_reading or is_tried)

    def outdate(self) -> None:
        """Names have changed: they are to be read again."""
        self._read_from, self._tried = None, -RETRY_SECONDS

    async def read(self) -> None:
        """Read all names anew. Until a first reading ends, what it found so far can be used already.

        A session that is gone or refuses leaves what was known; the next call reads again.
        """
        session = self._session()
        if self.is_reading or session is None:
            return
        self.is_reading, self._tried = True, time.monotonic()
        try:
            if await self._read_tree():
                self._read_from, self._tried = session, -RETRY_SECONDS
        finally:
            self.is_reading = False

    async def _read_tree(self) -> bool:
        """Whether it came to its end."""
        catalog = Catalog(self._open_session)
        catalog.set_profiles([self._profile])
        root = catalog.roots[0]
        is_first = not self.names.tables
        self._asked.clear()
        self.names.forget_columns()
        waiting = [root]
        listed = count = 0
        while waiting and listed < MOST_LISTED and count < MOST_NAMES:
            node = waiting.pop(0)
            await catalog.refresh(node)
            shown = 0
            while node.next_token is not None and node.reading is Reading.READ and len(node.children) < MOST_NAMES:
                if is_first and len(node.children) >= 2 * shown:
                    shown = len(node.children)
                    self._show(root)
                await catalog.load_more(node)
            if node.reading is Reading.FAILED and self._session() is None:
                return False
            listed, count = listed + 1, count + len(node.children)
            waiting += [child for child in node.children if _may_hold_names(child)]
        self._show(root)
        return root.reading is Reading.READ

    async def _open_session(self, profile: str) -> SessionApi:
        session = self._session()
        if session is None:
            raise SessionLost(f"{profile}: no session is open", hint="Open it again.")
        return session

    def _show(self, root: CatalogNode) -> None:
        tables = self._tables_of(root)
        if tables or root.reading is Reading.READ:
            schemas = [node.node.name for node in _below(root) if node.node.has_children and _is_schema(node)]
            self.names.take_tables(tables, schemas)
            self._on_change()

    def _tables_of(self, root: CatalogNode) -> list[KnownTable]:
        return [
            KnownTable(node.node.name, node.node.kind, _schema_of(node), node.path)
            for node in _below(root)
            if (node.is_readable and not node.cluster_view) or node.node.kind == FUNCTION
        ]

    async def read_columns(self, tables: Sequence[KnownTable]) -> None:
        """Ask for the columns of these tables, each once; one that cannot be described has none."""
        for table in tables:
            session = self._session()
            if session is None or table.path in self._asked or table.kind in (FUNCTION, CACHE):
                continue
            self._asked.add(table.path)
            try:
                description = await session.describe(table.path)
            except StoredeckError:
                self.names.take_columns(table.path, ())
                continue
            self.names.take_columns(table.path, description.columns)
            self._on_change()

    def lacks_columns(self, table: KnownTable) -> bool:
        """Whether its columns were never asked for."""
        return table.path not in self._asked


def _below(node: CatalogNode) -> list[CatalogNode]:
    """What lies below, without what lies in tables."""
    found: list[CatalogNode] = []
    for child in node.children:
        found.append(child)
        found += _below(child) if child.children else []
    return found


def _may_hold_names(node: CatalogNode) -> bool:
    if not node.node.has_children or node.is_readable or node.node.is_long or node.depth >= MOST_DEPTH:
        return False
    return node.node.kind != _GROUP or node.node.name in _GROUPS_OF_NAMES


def _is_schema(node: CatalogNode) -> bool:
    return not node.is_readable and node.node.kind != _GROUP


def _schema_of(node: CatalogNode) -> str:
    parent = node.parent
    while parent is not None and not parent.is_profile:
        if _is_schema(parent):
            return parent.node.name
        parent = parent.parent
    return ""
