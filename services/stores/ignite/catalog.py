"""The tree of a cluster: schemas with tables and views, caches, and the cluster itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from services.errors import NotFound, Refused
from services.stores.changes import Path
from services.stores.ignite.codec import requests
from services.stores.ignite.codec.encode import encode
from services.stores.ignite.names import CACHES, CLUSTER, CLUSTER_VIEWS, SQL, SYSTEM_SCHEMA
from services.stores.types import Children, Description, Node
from services.values import Typed

if TYPE_CHECKING:
    from services.stores.ignite.caches import Caches
    from services.stores.ignite.sql import SqlRunner
    from services.stores.ignite.wire import Wire

PAGE_NODES: Final = 500


class Catalog:
    """Lists nodes, a page at a time."""

    def __init__(self, runner: SqlRunner, caches: Caches) -> None:
        self._runner = runner
        self._caches = caches

    def summary(self, wire: Wire) -> str:
        """What a connection check tells: `12 caches, 3 tables`."""
        caches = requests.read_names(wire.request(requests.OP_CACHE_NAMES, b""))
        try:
            tables = self._runner.rows("SELECT COUNT(*) AS N FROM SYS.TABLES", wire=wire)[0]["N"]
        except Refused:
            return f"{len(caches)} caches; SQL does not run"
        return f"{len(caches)} caches, {tables} tables"

    def children(self, path: Path, page_token: str | None) -> Children:
        """The children of a node.

        Raises:
            NotFound: the path is no node with children.
        """
        if not path:
            return Children(tuple(self._root()))
        if path == (CLUSTER,):
            nodes = [Node((CLUSTER, view), view, "cluster view", is_readable=True) for view in CLUSTER_VIEWS]
            return Children(tuple(nodes))
        if path == (CACHES,):
            nodes = [Node((CACHES, name), name, "cache", is_readable=True) for name in sorted(self._caches.names())]
            return _page(nodes, page_token)
        if len(path) == 2 and path[0] == SQL:
            return _page(self._schema(path[1]), page_token)
        raise NotFound(f"{'/'.join(path)}: nothing below it")

    def _root(self) -> list[Node]:
        nodes = [
            Node((SQL, name), name, "schema", has_children=True, note="system" if name == SYSTEM_SCHEMA else "")
            for name in self._schemas()
        ]
        caches = len(self._caches.names())
        nodes.append(Node((CACHES,), "caches", "group", has_children=True, note=f"{caches:,}"))
        nodes.append(Node((CLUSTER,), "cluster", "group", has_children=True))
        return nodes

    def _schemas(self) -> list[str]:
        try:
            names = {str(row["SCHEMA_NAME"]) for row in self._runner.rows("SELECT SCHEMA_NAME FROM SYS.SCHEMAS")}
        except Refused:
            return []
        return sorted(names, key=lambda name: (name == SYSTEM_SCHEMA, name != "PUBLIC", name))

    def _schema(self, schema: str) -> list[Node]:
        argument = encode(Typed("String", schema))
        tables = self._names("SELECT TABLE_NAME AS NAME FROM SYS.TABLES WHERE SCHEMA_NAME = ?", argument)
        views = self._names("SELECT NAME FROM SYS.VIEWS WHERE SCHEMA = ?", argument)
        nodes = [Node((SQL, schema, name), name, "table", is_readable=True) for name in tables]
        return nodes + [Node((SQL, schema, name), name, "view", is_readable=True) for name in views]

    def _names(self, text: str, argument: bytes) -> list[str]:
        return sorted({str(row["NAME"]) for row in self._runner.rows(text, argument)})

    def describe_view(self, path: Path) -> Description:
        """A view of the cluster, as a container without rows of its own."""
        if path[1] not in CLUSTER_VIEWS:
            raise NotFound(f"{path[1]}: no view of a cluster", hint=f"The views are {', '.join(CLUSTER_VIEWS)}.")
        return Description(path, path[1], "cluster view", locked="it shows what the servers do now")


def _page(nodes: list[Any], page_token: str | None) -> Children:
    start = int(page_token or 0)
    end = start + PAGE_NODES
    return Children(tuple(nodes[start:end]), str(end) if end < len(nodes) else None)
