"""The catalog beside the rows: the tree of all stores with its filter, and what can be done to a node."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual import events, on
from textual.binding import BindingType
from textual.getters import query_one
from textual.widgets import Input

from services.catalog.nodes import PROFILE, CatalogNode, Reading
from services.catalog.tree import Catalog
from services.stores.features import Feature
from services.stores.files import FileKind
from services.text import one_line
from tui.keys import REGISTRY, key
from tui.modals.menu import MenuEntry, MenuModal
from tui.places import tag_of
from tui.widgets.catalog_tree import CatalogTree, ProfileLook
from tui.widgets.empty import EmptyState
from tui.widgets.pane import Pane
from tui.working import Work, start_told_work

if TYPE_CHECKING:
    from tui.app import StoredeckApp

_MENU = (
    ("list.open", "open"),
    ("catalog.refresh", "reload"),
    ("catalog.copy_name", "copy_name"),
    ("catalog.copy_definition", "copy_definition"),
    ("catalog.save_file", "save_file"),
    ("catalog.new", "new"),
    ("catalog.new_inside", "new_inside"),
    ("catalog.options", "options"),
    ("catalog.truncate", "truncate"),
    ("catalog.drop", "drop"),
    ("catalog.disconnect", "disconnect"),
)

_CHANGES = ("new", "new_inside", "options", "truncate", "drop")


class CatalogPane(Pane):
    """Tree and filter."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "slash", "filter", "Filter", id="catalog.filter", tooltip="Show only names with a text in them.", weight=70
        ),
        key("full_stop", "menu", "Menu", id="catalog.menu", tooltip="What can be done here.", weight=80),
        key("r", "reload", "Refresh", id="catalog.refresh", tooltip="List what lies in this anew.", weight=60),
        key("y", "copy_name", "Copy name", id="catalog.copy_name", tooltip="Copy the node's name."),
        key(
            "Y",
            "copy_definition",
            "Copy definition",
            id="catalog.copy_definition",
            tooltip="Copy the JSON from which such a container can be created.",
        ),
        key(
            "w", "save_file", "Save file", id="catalog.save_file", tooltip="Save this file of a volume on this machine."
        ),
        key("n", "new", "New", id="catalog.new", tooltip="Create a table or cache beside this one."),
        key("i", "new_inside", "New inside", id="catalog.new_inside", tooltip="Create an index of this table."),
        key("o", "options", "Options", id="catalog.options", tooltip="Change options of this table, such as its TTL."),
        key("T", "truncate", "Empty", id="catalog.truncate", tooltip="Remove all rows; the table stays. Asks first."),
        key("D", "drop", "Drop", id="catalog.drop", tooltip="Drop the table or cache with all its rows; asks first."),
        key("x", "disconnect", "Disconnect", id="catalog.disconnect", tooltip="End the session of this profile."),
    ]
    DEFAULT_CSS = """
    CatalogPane {
        #catalog-filter { display: none; }
        #catalog-filter.-open { display: block; }
        #catalog-none { display: none; }
        &.-without { CatalogTree { display: none; } #catalog-none { display: block; } }
    }
    """

    catalog_tree = query_one(CatalogTree)
    filter_input = query_one("#catalog-filter", Input)

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(
            "Catalog",
            Input(placeholder="filter", id="catalog-filter", classes="deck-input"),
            CatalogTree(self._look_of, id="catalog-tree"),
            EmptyState("Your stores", "There is no profile yet.", "1 Connections, then n New", id="catalog-none"),
            explain="Every store with its containers. enter opens, . shows what else can be done.",
            id=id,
        )
        self._catalog: Catalog | None = None
        self._is_stale = False

    def on_mount(self) -> None:
        """Show the profiles; nothing is asked of any store."""
        self.profiles_changed()

    @property
    def deck(self) -> StoredeckApp:
        """The app, by its own type."""
        return cast("StoredeckApp", self.app)

    @property
    def catalog(self) -> Catalog:
        """What was listed so far."""
        if self._catalog is None:
            self._catalog = Catalog(self.deck.open_session, self._changed)
        return self._catalog

    @property
    def node(self) -> CatalogNode | None:
        """The node under the cursor."""
        return self.catalog_tree.current

    def profiles_changed(self) -> None:
        """Take the profiles as the console last read them."""
        self.catalog.set_profiles(self.deck.book.names)
        self.set_class(not self.deck.book.profiles, "-without")

    def _look_of(self, profile: str) -> ProfileLook:
        found = self.deck.book.get(profile)
        state = self.deck.states.get(profile)
        is_open = self.deck.session(profile) is not None
        mark, style = ("●", "ok") if is_open else (state.mark, state.style)
        if found is None:
            return ProfileLook("??", "", mark, style)
        return ProfileLook(tag_of(found), found.kind, mark, style)

    def _changed(self) -> None:
        """Show what changed, once for many changes."""
        if not self._is_stale:
            self._is_stale = True
            self.call_later(self._show)

    def _show(self) -> None:
        self._is_stale = False
        wanted = self.filter_input.value if self.filter_input.has_class("-open") else ""
        self.catalog_tree.show(self.catalog.rows(wanted), is_filtered=bool(wanted))

    def look_again(self) -> None:
        """A session's state changed: forget what was listed of those that ended, draw the marks anew."""
        for root in self.catalog.roots:
            is_idle = root.reading in (Reading.READ,) and bool(root.children)
            if is_idle and not self.deck.has_session(root.profile):
                self.catalog.forget(root.profile)
        self.catalog_tree.refresh()

    def work(self, group: str, work: Work, *arguments: object) -> None:
        """Do something with the catalog; a failure is told."""
        start_told_work(self, group, "catalog", work, *arguments)

    @on(CatalogTree.NodeUnfolded)
    def _node_unfolded(self, event: CatalogTree.NodeUnfolded) -> None:
        event.stop()
        self.work(f"open-{id(event.node)}", self.catalog.open, event.node)

    @on(CatalogTree.NodeFolded)
    def _node_folded(self, event: CatalogTree.NodeFolded) -> None:
        event.stop()
        self.catalog.close(event.node)

    @on(CatalogTree.MoreSeen)
    def _more_seen(self, event: CatalogTree.MoreSeen) -> None:
        event.stop()
        self.work(f"more-{id(event.node)}", self.catalog.load_more, event.node)

    async def reveal(self, profile: str, path: tuple[str, ...]) -> CatalogNode | None:
        """Open the tree down to a path and stand on its node; None where it was not listed."""
        node = self.catalog.root(profile)
        while node is not None:
            await self.catalog.open(node)
            deeper = [child for child in node.children if path[: len(child.path)] == child.path]
            if not deeper or node.path == path:
                break
            node = deeper[0]
            if node.path == path:
                break
        self._show()
        if node is not None:
            self.catalog_tree.select(node)
        return node if node is not None and node.path == path else None

    def action_filter(self) -> None:
        """Type a text that names must hold."""
        self.filter_input.add_class("-open")
        self.screen.set_focus(self.filter_input)

    @on(Input.Changed, "#catalog-filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._changed()

    @on(Input.Submitted, "#catalog-filter")
    def _filter_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._leave_filter(keep=bool(event.value))

    def _leave_filter(self, *, keep: bool) -> None:
        if not keep:
            self.filter_input.value = ""
            self.filter_input.remove_class("-open")
            self._changed()
        self.screen.set_focus(self.catalog_tree)

    def on_key(self, event: events.Key) -> None:
        """In the filter: down goes to the names, escape clears it."""
        is_open = self.filter_input.has_class("-open")
        if event.key == "escape" and is_open:
            event.stop()
            self._leave_filter(keep=False)
        elif event.key == "down" and self.filter_input.has_focus:
            event.stop()
            self._leave_filter(keep=True)

    def why_off(self, action: str) -> str:
        """Why something cannot be done to the node under the cursor, or empty."""
        node = self.node if self.is_mounted else None
        if action not in {name for _, name in _MENU} - {"open"} | {"menu"}:
            return ""
        if node is None:
            return "there is no node"
        session = self.deck.session(node.profile)
        match action:
            case "save_file":
                has_files = session is not None and Feature.KEEPS_FILES in session.features
                return "" if has_files and node.node.kind == FileKind.FILE else "it is no file of a volume"
            case "disconnect":
                return "" if session is not None else "it is not connected"
            case "copy_definition" | "drop" | "options" | "truncate" if not node.node.is_readable or node.cluster_view:
                return "it is no table or cache"
            case "new_inside" if not node.node.is_readable or node.cluster_view:
                return "nothing can be created inside it"
            case "new" if node.is_profile or node.cluster_view:
                return "choose the schema or group that it shall lie in"
        return self._why_no_change(node, action) if action in _CHANGES else ""

    def _why_no_change(self, node: CatalogNode, action: str) -> str:
        session, profile = self.deck.session(node.profile), self.deck.book.get(node.profile)
        if session is None:
            return "it is not connected"
        if profile is not None and profile.is_read_only:
            return f"the profile {one_line(node.profile)} is read-only"
        if action == "truncate":
            return "" if Feature.EMPTIES_CONTAINERS in session.features else "this store empties nothing at once"
        if action == "options":
            return "" if Feature.ALTERS_CONTAINERS in session.features else "this store changes no options"
        return "" if Feature.MANAGES_CONTAINERS in session.features else "this store creates and drops nothing"

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Greyed where it cannot be done."""
        return None if self.why_off(action) else True

    def action_menu(self) -> None:
        """Show what can be done to the node."""
        node = self.node
        if node is None:
            return
        entries = []
        is_file = node.node.kind == FileKind.FILE
        for binding, action in _MENU:
            if action == "save_file" and not is_file:
                continue
            entry = REGISTRY[binding]
            first = entry.keys.split(",")[0]
            entries.append(MenuEntry(action, entry.description, first, entry.tooltip, self.why_off(action)))
        word = "profile" if node.node.kind == PROFILE else node.node.kind
        self.app.push_screen(MenuModal(f"{node.shown} · {one_line(word)}", entries), self._menu_chosen)

    async def _menu_chosen(self, action: str | None) -> None:
        if action == "open":
            self.catalog_tree.action_choose()
        elif action:
            await self.run_action(action)

    def action_reload(self) -> None:
        """List what lies in the node, or beside it, anew."""
        node = self.node
        if node is not None:
            holder = node if node.node.has_children else node.parent
            if holder is not None:
                self.work(f"open-{id(holder)}", self.catalog.refresh, holder)

    def action_copy_name(self) -> None:
        """Copy the node's name."""
        if self.node is not None:
            self.app.copy_to_clipboard(self.node.node.name)
            self.notify("name copied", markup=False)

    def action_copy_definition(self) -> None:
        """Copy the JSON that `create` takes."""
        from tui.container_actions import copy_definition

        if self.node is not None:
            self.work("container", copy_definition, self, self.node)

    def action_save_file(self) -> None:
        """Save a file of a volume on this machine."""
        from tui.file_action import save_file

        if self.node is not None:
            self.work("container", save_file, self, self.node)

    def action_new(self) -> None:
        """Create a container."""
        from tui.container_actions import create_container

        if self.node is not None:
            self.work("container", create_container, self, self.node)

    def action_new_inside(self) -> None:
        """Create an index of the table."""
        from tui.container_actions import create_inside

        if self.node is not None:
            self.work("container", create_inside, self, self.node)

    def action_options(self) -> None:
        """Change options of the table."""
        from tui.alter_action import alter_container

        if self.node is not None:
            self.work("container", alter_container, self, self.node)

    def action_truncate(self) -> None:
        """Remove all rows of the container."""
        from tui.container_actions import empty_container

        if self.node is not None:
            self.work("container", empty_container, self, self.node)

    def action_drop(self) -> None:
        """Drop the container."""
        from tui.container_actions import drop_container

        if self.node is not None:
            self.work("container", drop_container, self, self.node)

    def action_disconnect(self) -> None:
        """End the session of the node's profile."""
        if self.node is not None:
            self.work("container", self._disconnect, self.node.profile)

    async def _disconnect(self, profile: str) -> None:
        from tui.container_actions import may_disconnect

        if await may_disconnect(self, profile):
            await self.deck.services.sessions.close(profile)
            self.look_again()
