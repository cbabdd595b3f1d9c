"""The browser (2): the catalog beside the rows, with a detail pane at the right."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import ClassVar

from textual import events, on
from textual.binding import BindingType
from textual.getters import query_one
from textual.widget import Widget

from services.catalog.nodes import CatalogNode
from services.events import Event, SessionChanged, StagedChanged
from services.text import displayable, one_line
from tui.bridge import EventPublished
from tui.keys import key
from tui.screens.data_moves import MovesData, Place
from tui.widgets.catalog_pane import CatalogPane
from tui.widgets.catalog_tree import CatalogTree, count_words
from tui.widgets.detail_pane import DetailPane
from tui.widgets.line_list import LineList
from tui.widgets.pane import Divider
from tui.widgets.rows_pane import RowsPane
from tui.widgets.rows_pane.visits import Visits
from tui.working import start_work


class BrowserScreen(MovesData):
    """Catalog, rows, detail; below 100 columns the catalog is a drawer and the detail a page of its own."""

    MODE = "browser"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("d", "detail", "Detail", id="browser.detail", tooltip="Everything known of the container.", weight=44),
        key("ctrl+b", "drawer", "Catalog", id="browser.catalog", tooltip="Go to the catalog, or hide it.", weight=5),
        key("R", "reload_all", "Refresh all", id="browser.refresh_all", tooltip="Read catalog and rows anew."),
        key("left_square_bracket", "walk(-1)", "Earlier", id="browser.earlier", tooltip="The rows shown before these."),
        key("right_square_bracket", "walk(1)", "Later", id="browser.later", tooltip="The rows shown after these."),
        key("escape", "back_out", "Back", id="browser.back", tooltip="Close the detail, or go to the catalog."),
    ]
    DEFAULT_CSS = """
    BrowserScreen {
        CatalogPane { width: 34; }
        RowsPane { width: 1fr; }
        DetailPane, #detail-divider { display: none; }
        &.-with-detail { DetailPane { display: block; width: 44; } #detail-divider { display: block; } }
        &.-narrow {
            CatalogPane { width: 30; }
            &.-drawer-closed { CatalogPane, #catalog-divider { display: none; } }
            &.-with-detail {
                DetailPane { width: 1fr; }
                RowsPane, #detail-divider, CatalogPane, #catalog-divider { display: none; }
            }
        }
    }
    """

    catalog_pane = query_one(CatalogPane)
    catalog_tree = query_one(CatalogTree)
    rows = query_one(RowsPane)
    detail = query_one(DetailPane)

    def __init__(self) -> None:
        super().__init__()
        self._visits = Visits()
        self._rows_place: tuple[str, tuple[str, ...]] = ("", ())

    def compose_body(self) -> Iterable[Widget]:
        """From left to right."""
        yield CatalogPane(id="catalog-pane")
        yield Divider(id="catalog-divider")
        yield RowsPane(id="rows-pane")
        yield Divider(id="detail-divider")
        yield DetailPane(id="detail-pane")

    def on_mount(self) -> None:
        """Start in the catalog."""
        self.set_focus(self.catalog_tree)

    def on_screen_resume(self) -> None:
        """Other screens, and other processes, may have changed what is staged or open."""
        self.catalog_pane.look_again()
        self.rows.show_marks()
        self.catalog_pane.work("staged", self._load_staged)

    async def _load_staged(self) -> None:
        await asyncio.to_thread(self.deck.services.journal.load)

    def show_profile(self, profile_name: str, path: tuple[str, ...] = ()) -> None:
        """Go to a profile in the tree, or to a container and its rows."""
        self.catalog_pane.work("reveal", self._show_path, profile_name, path)

    async def _show_path(self, profile: str, path: tuple[str, ...]) -> None:
        self.remove_class("-drawer-closed")
        self.set_focus(self.catalog_tree)
        node = await self.catalog_pane.reveal(profile, path)
        self._tree_moved()
        if path and node is not None and node.is_readable:
            await self._open_rows(node)

    @on(CatalogTree.NodeOpened)
    def _node_opened(self, event: CatalogTree.NodeOpened) -> None:
        event.stop()
        self.catalog_pane.work("rows", self._open_rows, event.node)

    async def _open_rows(self, node: CatalogNode) -> None:
        session = await self.deck.open_session(node.profile)
        self.catalog_tree.mark_shown(node)
        self.rows.open(session, node.path, node.cluster_view)
        self._rows_place = (node.profile, names_above(node))
        self.deck.path_names[node.profile, node.path] = names_above(node)
        self.set_place(*self._rows_place)
        if not self.has_class("-with-detail"):
            self.set_focus(self.rows.grid)

    @on(RowsPane.RowsOpened)
    def _rows_opened(self, event: RowsPane.RowsOpened) -> None:
        self.detail.show(event.shown.description)
        self._visits.add((event.shown.profile, event.shown.path))

    @on(RowsPane.StatusChanged)
    def _status_changed(self, event: RowsPane.StatusChanged) -> None:
        self.set_status(event.text)

    @on(LineList.Moved, "#catalog-tree")
    def _tree_moved(self) -> None:
        self.refresh_bindings()
        node = self.catalog_tree.current
        if node is not None and self.catalog_tree.has_focus:
            self.set_status(node_words(node))
            self.set_place(node.profile, names_above(node))

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Header and status line follow the focus; where there is little room the drawer is open while it has it."""
        is_in_catalog = self.catalog_pane.has_focus_within
        self.set_class(not is_in_catalog, "-drawer-closed")
        if event.widget is self.catalog_tree:
            self._tree_moved()
        elif not is_in_catalog:
            self.set_place(*self._rows_place)
            self.rows.restate()

    def on_event_published(self, message: EventPublished) -> None:
        """Marks follow the journal, the tree follows the sessions."""
        match message.event:
            case StagedChanged():
                self.rows.show_marks()
            case Event(what="commit", is_error=True, profile=profile):
                # What was not applied met rows that others changed: those on show are old.
                if self.rows.shown is not None and displayable(self.rows.shown.profile) == profile:
                    self.rows.reload()
            case SessionChanged(profile=profile):
                self.catalog_pane.look_again()
                shown = self.rows.shown
                if shown is not None and shown.profile == profile and not self.deck.has_session(profile):
                    self._rows_place = ("", ())
                    start_work(self, "clear", self.rows.clear, is_exclusive=False)

    def book_changed(self) -> None:
        """Profiles came, went or changed."""
        super().book_changed()
        self.catalog_pane.profiles_changed()

    def changes_sent(self) -> None:
        """Staged changes were sent: read the rows anew."""
        self.rows.reload()

    def why_off(self, action: str) -> str:
        """Why something cannot be done now, or empty."""
        if action == "detail" and self.is_mounted and (self.rows.shown is None or self.rows.shown.description is None):
            return "no table or cache is open"
        return self.why_not_moved(action) if action in ("export", "import_rows") and self.is_mounted else ""

    def moved_place(self) -> Place | None:
        """The rows shown, or the node under the cursor while the catalog has the focus."""
        if self.catalog_pane.has_focus_within:
            node = self.catalog_tree.current
            return (node.profile, node.path) if node is not None and node.is_readable else None
        shown = self.rows.shown
        return (shown.profile, shown.path) if shown is not None else None

    def action_detail(self) -> None:
        """Show the detail, or hide it."""
        self.toggle_class("-with-detail")
        if self.has_class("-with-detail"):
            self.set_focus(self.detail.details)
        else:
            self.set_focus(self.rows.grid)

    def action_walk(self, by: int) -> None:
        """Show the rows that were shown before, or after, these; over all stores."""
        place = self._visits.walk(by)
        if place is None:
            self.rows.say("there are no rows to go back to" if by < 0 else "there are no rows to go on to")
        else:
            self.show_profile(*place)

    def action_drawer(self) -> None:
        """Go to the catalog; from there back to the rows, hiding it where there is little room."""
        self.remove_class("-with-detail")
        if self.catalog_pane.has_focus_within:
            self.set_focus(self.rows.grid)
        else:
            self.remove_class("-drawer-closed")
            self.set_focus(self.catalog_tree)

    def action_back_out(self) -> None:
        """One level back: detail, rows, catalog."""
        if self.has_class("-with-detail"):
            self.action_detail()
        elif not self.catalog_pane.has_focus_within:
            self.action_drawer()

    def action_reload_all(self) -> None:
        """Read catalog and rows anew."""
        self.rows.reload()
        for root in self.catalog_pane.catalog.roots:
            if root.is_open:
                self.catalog_pane.work(f"open-{id(root)}", self.catalog_pane.catalog.refresh, root)


def names_above(node: CatalogNode) -> tuple[str, ...]:
    """The names from below the profile down to a node, as the catalog shows them."""
    names: list[str] = []
    above: CatalogNode | None = node
    while above is not None and not above.is_profile:
        names.insert(0, above.node.name)
        above = above.parent
    return tuple(names)


def node_words(node: CatalogNode) -> str:
    """What the status line says of a node."""
    words = [node.shown, one_line(node.node.kind)]
    if node.count is not None and count_words(node.count):
        words.append(f"{count_words(node.count)} rows")
    if node.node.note:
        words.append(one_line(node.node.note))
    if node.error:
        words += [node.error, node.hint]
    return " · ".join(word for word in words if word)
