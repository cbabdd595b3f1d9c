"""The catalog's tree: children are asked for when a node is opened, a page at a time, and never before."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence

from services.catalog.nodes import (
    PROFILE,
    CatalogNode,
    CatalogRow,
    KnownName,
    Reading,
    RowKind,
)
from services.connections.api import SessionApi
from services.errors import StoredeckError
from services.stores.changes import Path
from services.stores.types import Node
from services.text import displayable, one_line


class Catalog:
    """All profiles and what was listed below each.

    Args:
        open_session: gives the session of a profile, opened if need be; asked only when a node is opened.
        on_change: called after every change that the rows could show.
    """

    def __init__(
        self, open_session: Callable[[str], Awaitable[SessionApi]], on_change: Callable[[], None] = lambda: None
    ) -> None:
        self._open_session = open_session
        self._on_change = on_change
        self.roots: list[CatalogNode] = []

    def set_profiles(self, names: Sequence[str]) -> None:
        """Show these profiles in this order; what is known of those that stay is kept."""
        known = {root.profile: root for root in self.roots}
        self.roots = [known.get(name) or _root(name) for name in names]
        self._on_change()

    def root(self, profile: str) -> CatalogNode | None:
        """The node of a profile."""
        return next((root for root in self.roots if root.profile == profile), None)

    def find(self, profile: str, path: Path) -> CatalogNode | None:
        """The node of a path, where it was listed."""
        root = self.root(profile)
        return next((node for node in _walk(root) if node.path == path), None) if root else None

    async def open(self, node: CatalogNode) -> None:
        """Open a node; its children are asked for the first time this is done. A failure becomes a row."""
        if not node.node.has_children:
            return
        node.is_open = True
        self._on_change()
        if node.reading in (Reading.UNREAD, Reading.FAILED):
            await self.refresh(node)

    def close(self, node: CatalogNode) -> None:
        """Fold a node; what was listed stays known."""
        node.is_open = False
        self._on_change()

    def forget(self, profile: str) -> None:
        """Drop what was listed of a profile: its session ended."""
        root = self.root(profile)
        if root is not None:
            root.children, root.reading, root.next_token = [], Reading.UNREAD, None
            root.is_open = False
            root.round += 1
            self._on_change()

    async def refresh(self, node: CatalogNode) -> None:
        """Ask for the children of a node anew; open children that are still there stay open and are asked, too."""
        before = {child.path: child for child in node.children}
        node.round += 1
        await self._read(node, None, before)
        for child in [child for child in node.children if child.is_open and child.reading is Reading.UNREAD]:
            await self.refresh(child)

    async def load_more(self, node: CatalogNode) -> None:
        """Ask for the next page of the children of a node."""
        if node.next_token is not None and node.reading is Reading.READ:
            await self._read(node, node.next_token, {})

    async def _read(self, node: CatalogNode, token: str | None, before: dict[Path, CatalogNode]) -> None:
        round_ = node.round
        node.reading = Reading.LOADING
        self._on_change()
        try:
            session = await self._open_session(node.profile)
            page = await session.list_children(node.path, token)
        except StoredeckError as error:
            if node.round == round_:
                node.reading, node.error, node.hint = Reading.FAILED, one_line(error.message), one_line(error.hint)
                self._on_change()
            return
        except BaseException:
            if node.round == round_:
                node.reading = Reading.READ if token else Reading.UNREAD
                self._on_change()
            raise
        if node.round != round_:
            return
        fresh = [_child(node, found, before.get(found.path)) for found in page.nodes]
        node.children = [*node.children, *fresh] if token else fresh
        node.next_token = page.next_token
        node.reading, node.error, node.hint = Reading.READ, "", ""
        self._on_change()

    def rows(self, wanted: str = "") -> list[CatalogRow]:
        """The rows to show, in order.

        Args:
            wanted: only nodes listed so far with this in their name, whatever its case, and what they lie in.
        """
        rows: list[CatalogRow] = []
        folded = wanted.casefold()
        for root in self.roots:
            if folded:
                _add_matching(rows, root, 0, folded)
            else:
                _add(rows, root, 0)
        return rows

    def names(self) -> Iterator[KnownName]:
        """Every readable thing listed so far; asks nothing."""
        for root in self.roots:
            for node in _walk(root):
                if node.is_readable and not node.cluster_view:
                    yield KnownName(node.profile, node.path, node.shown, displayable(node.node.kind))


def _root(profile: str) -> CatalogNode:
    return CatalogNode(profile, Node((), profile, PROFILE, has_children=True))


def _child(parent: CatalogNode, node: Node, before: CatalogNode | None) -> CatalogNode:
    child = CatalogNode(parent.profile, node, parent)
    if before is not None and node.has_children:
        child.is_open = before.is_open
    return child


def _walk(node: CatalogNode) -> Iterator[CatalogNode]:
    yield node
    for child in node.children:
        yield from _walk(child)


def _add(rows: list[CatalogRow], node: CatalogNode, depth: int) -> None:
    rows.append(CatalogRow(RowKind.NODE, node, depth))
    if not node.is_open:
        return
    for child in node.children:
        if child.is_open:
            _add(rows, child, depth + 1)
        else:
            rows.append(CatalogRow(RowKind.NODE, child, depth + 1))
    word = _word_below(node)
    if word is not None:
        rows.append(CatalogRow(word, node, depth + 1))


def _word_below(node: CatalogNode) -> RowKind | None:
    """What is said below the children of an open node."""
    match node.reading:
        case Reading.LOADING:
            return RowKind.LOADING
        case Reading.FAILED:
            return RowKind.FAILED
        case Reading.READ:
            if node.next_token is not None:
                return RowKind.MORE
            return None if node.children else RowKind.EMPTY
    return None


def _add_matching(rows: list[CatalogRow], node: CatalogNode, depth: int, wanted: str) -> bool:
    place = len(rows)
    rows.append(CatalogRow(RowKind.NODE, node, depth))
    is_found = wanted in node.folded
    shows_all = is_found and node.is_open
    for child in node.children:
        if child.children and _add_matching(rows, child, depth + 1, wanted):
            is_found = True
        elif shows_all or wanted in child.folded:
            rows.append(CatalogRow(RowKind.NODE, child, depth + 1))
            is_found = True
    if not is_found:
        del rows[place:]
    elif node.next_token is not None:
        rows.append(CatalogRow(RowKind.MORE, node, depth + 1))
    return is_found
