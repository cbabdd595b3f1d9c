"""Tables and their indexes: listed, described, created and dropped."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.cancel import NEVER, CancelToken
from services.errors import NotFound, Refused, StoredeckError, UnsupportedOperation
from services.stores.changes import Path
from services.stores.tablestore import definitions, names, search_definitions
from services.stores.tablestore.answers import TableAnswer
from services.stores.tablestore.link import Link
from services.stores.types import Children, Node

PAGE_NODES: Final = 500
MOST_DESCRIBED: Final = 8
"""The service takes about ten requests about tables a second."""

SECONDARY: Final = "index"
SEARCH: Final = "search index"


class Tables:
    """The metadata of one instance, remembered where it may be."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._lock = threading.Lock()
        self._known: dict[Path, TableAnswer] = {}
        self._search: dict[str, list[str]] = {}

    def names(self) -> list[str]:
        """The names of all tables."""
        return sorted(self._link.call("ListTable", what="tables"))

    def children(self, path: Path, page_token: str | None) -> Children:
        """Tables below the root, indexes below a table.

        Raises:
            NotFound: nothing is below the path.
        """
        if not path:
            tables = self.names()
            bare = self._bare(tables)
            nodes = [Node((name,), name, "table", has_children=name not in bare, is_readable=True) for name in tables]
            return _page(nodes, page_token)
        if len(path) == 1:
            return _page(self._indexes(path[0]), page_token)
        raise NotFound(f"{names.shown(path)}: nothing below it")

    def _bare(self, tables: Sequence[str]) -> set[str]:
        """The tables with nothing below them; of many none is asked, since the service takes few such requests."""
        if len(tables) > MOST_DESCRIBED:
            return set()
        asked = [self._link.start("DescribeTable", name, what=name) for name in tables]
        try:
            described: list[TableAnswer] = [one.result() for one in asked]
            with_search = {table for table, _ in self._link.call("ListSearchIndex", None, what="search indexes")}
        except StoredeckError:
            return set()
        with self._lock:
            self._known.update({(name,): answer for name, answer in zip(tables, described, strict=True)})
        return {
            name
            for name, answer in zip(tables, described, strict=True)
            if not answer.indexes and answer.options.get("max_versions", 1) == 1 and name not in with_search
        }

    def _indexes(self, table: str) -> list[Node]:
        nodes = [
            Node((table, f"@{index.name}"), f"@{index.name}", SECONDARY, is_readable=True, note=_index_note(index))
            for index in self.fresh((table,)).indexes
        ]
        kept = self.known((table,)).options.get("max_versions", 1)
        if kept != 1:
            note = "every version kept" if kept < 1 else f"up to {kept} of each cell"
            nodes.insert(0, Node((table, names.VERSIONS), names.VERSIONS, "versions", is_readable=True, note=note))
        found = [Node((table, f"@{name}"), f"@{name}", SEARCH, is_readable=True) for name in self.search_indexes(table)]
        return nodes + found

    def search_indexes(self, table: str) -> list[str]:
        """The names of the search indexes of a table; none where the service or its permissions have no such thing."""
        try:
            answer = self._link.call("ListSearchIndex", table, what=table)
        except Refused:
            return []
        found = sorted(name for _, name in answer)
        with self._lock:
            self._search[table] = found
        return found

    def is_search(self, path: Path) -> bool:
        """Whether a path names a search index."""
        if not names.is_index(path):
            return False
        name = names.wire_name(path)
        if any(index.name == name for index in self.known((path[0],)).indexes):
            return False
        known = self._search.get(path[0])
        return name in (known if known is not None and name in known else self.search_indexes(path[0]))

    def known(self, path: Path) -> TableAnswer:
        """The table's metadata as last told, which keys and columns hold for."""
        with self._lock:
            found = self._known.get(path)
        return found or self.fresh(path)

    def fresh(self, path: Path, cancel: CancelToken = NEVER) -> TableAnswer:
        """The metadata asked anew.

        Raises:
            NotFound: there is no such table or index.
        """
        if not path or len(path) > 2 or (len(path) == 2 and not names.is_index(path)):
            raise NotFound(f"{names.shown(path)}: neither a table nor an index", hint="Name a table, or table/@index.")
        if names.is_index(path):
            index = names.wire_name(path)
            if all(one.name != index for one in self.fresh((path[0],), cancel).indexes):
                raise NotFound(f"{names.shown(path)}: the table has no such index", hint="Refresh the catalog.")
        answer: TableAnswer = self._link.call(
            "DescribeTable", names.wire_name(path), what=names.shown(path), cancel=cancel
        )
        with self._lock:
            self._known[path] = answer
        return answer

    def create(self, path: Path, definition: Mapping[str, Any]) -> None:
        """Create a table with its indexes, or one index."""
        _check_container(path)
        if names.is_index(path):
            self._create_index(path, definition)
        else:
            arguments = definitions.create_arguments(path[0], definition)
            has_transactions = bool((definition.get("options") or {}).get("local_transactions"))
            self._link.create_table(arguments, path[0], has_transactions=has_transactions)
        self.forget(path)

    def _create_index(self, path: Path, definition: Mapping[str, Any]) -> None:
        name, what = names.check_name(names.wire_name(path)), names.shown(path)
        if search_definitions.is_search(definition):
            meta = search_definitions.meta_of(definition)
            self._link.call("CreateSearchIndex", path[0], name, meta, what=what, is_write=True)
        else:
            index = definitions.index_of(name, definition)
            self._link.call("CreateIndex", path[0], index, True, what=what, is_write=True)

    def drop(self, path: Path) -> None:
        """Drop a table with its rows and secondary indexes, or one index."""
        _check_container(path)
        name = names.wire_name(path)
        if not names.is_index(path):
            self._link.call("DeleteTable", name, what=name, is_write=True)
        elif self.is_search(path):
            self._link.call("DeleteSearchIndex", path[0], name, what=names.shown(path), is_write=True)
        else:
            self._link.call("DropIndex", path[0], name, what=names.shown(path), is_write=True)
        self.forget(path)

    def forget(self, path: Path) -> None:
        """Ask anew for the table next time."""
        with self._lock:
            self._search.pop(path[0], None)
            for known in [known for known in self._known if known[0] == path[0]]:
                del self._known[known]


def _check_container(path: Path) -> None:
    """Refuse what is no container of its own."""
    if len(path) != 1 and not names.is_index(path):
        raise UnsupportedOperation(f"{names.shown(path)}: neither a table nor an index", hint="Name one of these.")


def _index_note(index: Any) -> str:
    return f"{'local' if index.is_local else 'global'}, by {', '.join(index.key)}"


def _page(nodes: list[Node], page_token: str | None) -> Children:
    start = int(page_token or 0)
    end = start + PAGE_NODES
    return Children(tuple(nodes[start:end]), str(end) if end < len(nodes) else None)
