"""The tree of all stores: draws only the lines on screen, asks for nothing itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.message import Message
from textual.strip import Strip

from services.catalog.nodes import CatalogNode, CatalogRow, Reading, RowKind
from services.stores.changes import Path
from services.stores.types import Count, CountKind
from services.text import displayable
from tui.keys import key
from tui.widgets.header import tag_style
from tui.widgets.line_list import LineList
from tui.widgets.rule import cells, fit

INDENT: Final = 2


@dataclass(frozen=True, slots=True)
class ProfileLook:
    """How a profile's line looks: two letters of its kind, and the mark of its session with a style's name."""

    tag: str = ""
    kind: str = ""
    mark: str = "○"
    mark_style: str = "dim"


class CatalogTree(LineList):
    """One line a row of the catalog; the open container is marked and bright."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("right,l", "unfold", "Unfold", id="tree.unfold", tooltip="Show what lies in this."),
        key("left,h", "fold", "Fold", id="tree.fold", tooltip="Fold this, or go to what it lies in."),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"catalog-tree--{name}" for name in ("dim", "ok", "warning", "error", "shown")
    }
    DEFAULT_CSS = """
    CatalogTree {
        .catalog-tree--dim { color: $dim; }
        .catalog-tree--ok { color: $ok; }
        .catalog-tree--warning { color: $warning; }
        .catalog-tree--error { color: $error; }
        .catalog-tree--shown { color: $accent; text-style: bold; }
    }
    """

    class NodeMessage(Message):
        """A message about a node."""

        def __init__(self, tree: CatalogTree, node: CatalogNode) -> None:
            super().__init__()
            self.tree = tree
            self.node = node

        @property
        def control(self) -> CatalogTree:
            """The tree."""
            return self.tree

    class NodeOpened(NodeMessage):
        """The user opened a node: its rows where it has any, else what lies in it."""

    class NodeUnfolded(NodeMessage):
        """What lies in a node shall be shown."""

    class NodeFolded(NodeMessage):
        """What lies in a node shall be hidden."""

    class MoreSeen(NodeMessage):
        """The line after the last listed child came on screen, or was opened."""

    def __init__(self, look_of: Callable[[str], ProfileLook], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._look_of = look_of
        self._rows: Sequence[CatalogRow] = ()
        self._shown: tuple[str, Path] | None = None
        self._is_filtered = False

    @property
    def count(self) -> int:
        """Lines."""
        return len(self._rows)

    @property
    def current(self) -> CatalogNode | None:
        """The node under the cursor; that of a line about its children is the node itself."""
        return self._rows[self.cursor].node if self.cursor < len(self._rows) else None

    def show(self, rows: Sequence[CatalogRow], *, is_filtered: bool = False) -> None:
        """Show these rows; the cursor stays on its node, or goes to the nearest that is still there."""
        before = self._rows[self.cursor] if self.cursor < len(self._rows) else None
        offset = self.cursor - self.top
        self._rows, self._is_filtered = rows, is_filtered
        # From the line after the last child the cursor goes on to the first child that came, not to the new last line.
        if before is not None and before.kind is RowKind.NODE:
            self._stay_on(before, offset)
        self.lines_changed()
        self._look_for_more()

    def _stay_on(self, before: CatalogRow, offset: int) -> None:
        node: CatalogNode | None = before.node
        place = self._place_of(before.node)
        while place is None and node is not None:
            place = self._same_path(node)
            node = node.parent
        if place is not None and place != self.cursor:
            self.set_reactive(LineList.cursor, place)
            self.set_reactive(LineList.top, max(place - offset, 0))
            self.post_message(self.Moved(self, place))

    def _place_of(self, node: CatalogNode) -> int | None:
        """The line of a node."""
        rows = enumerate(self._rows)
        return next((place for place, row in rows if row.node is node and row.kind is RowKind.NODE), None)

    def _same_path(self, node: CatalogNode) -> int | None:
        """The line of the node that took this one's place after a refresh."""
        for place, row in enumerate(self._rows):
            if row.kind is RowKind.NODE and (row.node.profile, row.node.path) == (node.profile, node.path):
                return place
        return None

    def select(self, node: CatalogNode) -> None:
        """Stand on a node, where it is shown."""
        place = self._place_of(node)
        if place is not None:
            self.cursor = place

    def mark_shown(self, node: CatalogNode | None) -> None:
        """Mark the node whose rows are shown."""
        self._shown = None if node is None else (node.profile, node.path)
        self.refresh()

    def watch_top(self) -> None:
        """Other lines are on screen."""
        self._look_for_more()

    def on_resize(self) -> None:
        """More lines may be on screen."""
        super().on_resize()
        self._look_for_more()

    def _look_for_more(self) -> None:
        """Tell when the end of a listing is on screen; with a filter only opening that line does."""
        if self._is_filtered or not self.size.height:
            return
        for row in self._rows[self.top : self.top + self.size.height]:
            if row.kind is RowKind.MORE:
                self.post_message(self.MoreSeen(self, row.node))

    def render_line(self, y: int) -> Strip:
        """One line; where the filter leaves none, it says so."""
        if y or self._rows or not self._is_filtered:
            return super().render_line(y)
        width = self.size.width
        words = Segment(fit("  no listed name has this text", width), self._on("dim", self.rich_style))
        return Strip([words]).crop_extend(0, width, self.rich_style)

    def draw(self, index: int, width: int, style: Style) -> list[Segment]:
        """One row."""
        row = self._rows[index]
        if row.kind is not RowKind.NODE:
            return self._word_line(row, width, style)
        if row.node.is_profile:
            return self._profile_line(row.node, width, style)
        return self._node_line(row, width, style)

    def _profile_line(self, node: CatalogNode, width: int, style: Style) -> list[Segment]:
        look = self._look_of(node.profile)
        mark, mark_style = ("◐", "warning") if node.reading is Reading.LOADING else (look.mark, look.mark_style)
        tag = f" {look.tag or '??'} "
        name = fit(node.shown, max(width - cells(tag) - 4, 1))
        room = max(width - cells(tag) - 1 - cells(name) - 2, 1)
        return [
            Segment(tag, tag_style(self, look.kind)),
            Segment(f" {name}{' ' * room}", style),
            Segment(f"{mark} ", self._on(mark_style, style)),
        ]

    def _node_line(self, row: CatalogRow, width: int, style: Style) -> list[Segment]:
        node = row.node
        fold = ("▾ " if node.is_open else "▸ ") if node.is_foldable else "  "
        indent = " " * (row.depth * INDENT - 1) + fold
        note = count_words(node.count) or displayable(node.node.note)
        room = max(width - cells(indent), 1)
        note = fit(note, room // 2)
        name = fit(node.shown, max(room - cells(note) - 2, 1))
        gap = max(room - cells(name) - cells(note) - 1, 0)
        is_shown = (node.profile, node.path) == self._shown
        name_style = self._on("shown", style) if is_shown else style if node.is_readable else self._on("dim", style)
        return [
            Segment(indent, self._on("dim", style)),
            Segment(name, name_style),
            Segment(" " * gap, style),
            Segment(f"{note} ", self._on("dim", style)),
        ]

    def _word_line(self, row: CatalogRow, width: int, style: Style) -> list[Segment]:
        indent = " " * (row.depth * INDENT + 1)
        words, name = _words(row)
        return [Segment(indent, style), Segment(fit(words, max(width - len(indent), 1)), self._on(name, style))]

    def _on(self, name: str, style: Style) -> Style:
        """A style's colour on the ground of the line."""
        own = self.get_component_rich_style(f"catalog-tree--{name}")
        is_cursor = style.bgcolor != self.rich_style.bgcolor
        color = style.color if is_cursor and name == "dim" else own.color
        return style + Style(color=color, bold=own.bold or None)

    def action_choose(self) -> None:
        """Open the node, or try again what the line says."""
        if not self._rows:
            return
        row = self._rows[self.cursor]
        if row.kind is RowKind.MORE:
            self.post_message(self.MoreSeen(self, row.node))
        elif row.kind is RowKind.FAILED:
            self.post_message(self.NodeUnfolded(self, row.node))
        elif row.kind is RowKind.NODE:
            self._choose_node(row.node)

    def _choose_node(self, node: CatalogNode) -> None:
        if node.is_readable:
            self.post_message(self.NodeOpened(self, node))
        elif node.is_open and node.reading is not Reading.FAILED:
            self.post_message(self.NodeFolded(self, node))
        else:
            self.post_message(self.NodeUnfolded(self, node))

    def action_unfold(self) -> None:
        """Show what lies in the node, or step into it."""
        node = self.current
        if node is None:
            return
        if node.is_open and node.children:
            self.cursor += 1
        elif node.node.has_children:
            self.post_message(self.NodeUnfolded(self, node))

    def action_fold(self) -> None:
        """Fold the node, or go to what it lies in."""
        if not self._rows:
            return
        row = self._rows[self.cursor]
        node = row.node
        if row.kind is RowKind.NODE and node.is_open:
            self.post_message(self.NodeFolded(self, node))
        elif row.kind is not RowKind.NODE:
            self.select(node)
        elif node.parent is not None:
            self.select(node.parent)


def _words(row: CatalogRow) -> tuple[str, str]:
    """What a line about the children of a node says, and its style."""
    match row.kind:
        case RowKind.LOADING:
            return "loading…", "dim"
        case RowKind.MORE:
            return f"… {len(row.node.children):,} listed, enter for more", "dim"
        case RowKind.FAILED:
            return f"✗ {row.node.error}", "error"
    return "nothing in it", "dim"


def count_words(count: Count | None) -> str:
    """An honest count in few cells: `4,079`, `≥ 5,000`."""
    if count is None or count.kind is CountKind.UNKNOWN:
        return ""
    return f"{count.rows:,}" if count.kind is CountKind.EXACT else f"≥ {count.rows:,}"
