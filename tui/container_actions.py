"""Creating, dropping and copying containers, and ending sessions: what asks first, and by what weight."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.catalog.definition import data_text, definition_text
from services.catalog.nodes import CatalogNode
from services.errors import SessionLost
from services.stores.changes import Path
from services.text import displayable, one_line
from tui.modals.confirm import ConfirmModal
from tui.modals.menu import MenuEntry, MenuModal
from tui.modals.new_container import NewContainer
from tui.widgets.catalog_tree import count_words

if TYPE_CHECKING:
    from services.connections.api import SessionApi
    from tui.widgets.catalog_pane import CatalogPane


def session_of(pane: CatalogPane, node: CatalogNode) -> SessionApi:
    """The open session of a node.

    Raises:
        SessionLost: there is none.
    """
    session = pane.deck.session(node.profile)
    if session is None:
        raise SessionLost(f"{displayable(node.profile)}: not connected", hint="Open it in the catalog.")
    return session


async def copy_definition(pane: CatalogPane, node: CatalogNode) -> None:
    """Copy the JSON from which such a container can be created."""
    description = await session_of(pane, node).describe(node.path)
    pane.app.copy_to_clipboard(definition_text(description))
    pane.notify("definition copied; `storedeck create` takes it", markup=False)


async def create_container(pane: CatalogPane, node: CatalogNode) -> None:
    """Ask for name and definition, create, and show it in the tree."""
    session = session_of(pane, node)
    is_pattern = node.node.is_readable
    holder = node.parent if is_pattern and node.parent is not None else node
    pattern = await session.describe(node.path) if is_pattern else None

    async def create(name: str, definition: dict[str, object]) -> None:
        await session.create((*holder.path, name), definition)

    where = f"{holder.shown} of {displayable(node.profile)}"
    name = await pane.app.push_screen_wait(NewContainer(f"New in {where}", definition_text(pattern), create))
    if name is None:
        return
    pane.notify(f"{one_line(name)} was created", markup=False)
    await pane.catalog.refresh(holder)
    await pane.reveal(node.profile, (*holder.path, name))


async def create_inside(pane: CatalogPane, node: CatalogNode) -> None:
    """Ask what to create inside a container, such as an index, then for its name and definition; create it."""
    session = session_of(pane, node)
    patterns = (await session.describe(node.path)).patterns
    if not patterns:
        pane.notify(f"nothing can be created inside {node.shown}", severity="warning", markup=False)
        return
    entries = [MenuEntry(one.kind, one.kind) for one in patterns]
    kind = await pane.app.push_screen_wait(MenuModal(f"New inside {node.shown}", entries))
    pattern = next((one for one in patterns if one.kind == kind), None)
    if pattern is None:
        return

    def path_of(name: str) -> Path:
        return (*node.path, name if name.startswith(pattern.prefix) else f"{pattern.prefix}{name}")

    async def create(name: str, definition: dict[str, object]) -> None:
        await session.create(path_of(name), {"kind": pattern.kind, **definition})

    title = f"New {pattern.kind} of {node.shown}"
    name = await pane.app.push_screen_wait(NewContainer(title, data_text(pattern.definition), create))
    if name is not None:
        pane.notify(f"{one_line(name)} was created", markup=False)
        await pane.catalog.refresh(node.parent or node)
        await pane.reveal(node.profile, path_of(name))


async def drop_container(pane: CatalogPane, node: CatalogNode) -> None:
    """Ask by the weight of the environment, drop, and take it out of the tree."""
    session = session_of(pane, node)
    description = await session.describe(node.path)
    environment = pane.deck.place_of(node.profile).environment or "dev"
    kind = one_line(node.node.kind)
    rows = count_words(description.count)
    lines = [
        f"Drop the {kind} {node.shown} of {displayable(node.profile)}, {environment.upper()}.",
        words_of_loss(kind, rows),
        "This cannot be undone.",
    ]
    staged = len(pane.deck.services.journal.snapshot.rows(node.profile, node.path))
    if staged:
        lines.append(f"{staged:,} staged changes of it will have nowhere to go.")
    name = node.node.name if environment == "prod" or description.drop_asks_name else ""
    if not await pane.app.push_screen_wait(ConfirmModal(f"Drop {node.shown}?", lines, yes="Drop it", type_name=name)):
        return
    await session.drop(node.path)
    pane.notify(f"{node.shown} was dropped", markup=False)
    if node.parent is not None:
        await pane.catalog.refresh(node.parent)


def words_of_loss(kind: str, rows: str) -> str:
    """What is gone after a drop; an index goes without the rows of its table."""
    if "index" in kind:
        return "The rows of its table stay."
    return f"Its {rows} rows go with it." if rows else "All its rows go with it."


async def empty_container(pane: CatalogPane, node: CatalogNode) -> None:
    """Ask for the name, which nothing else protects, and remove all rows."""
    session = session_of(pane, node)
    description = await session.describe(node.path)
    environment = pane.deck.place_of(node.profile).environment or "dev"
    rows = count_words(description.count)
    lines = [
        f"Empty the {one_line(node.node.kind)} {node.shown} of {displayable(node.profile)}, {environment.upper()}.",
        f"All its rows are removed ({rows}); the definition stays." if rows else "All its rows are removed.",
        "This cannot be undone.",
    ]
    question = ConfirmModal(f"Empty {node.shown}?", lines, yes="Remove all rows", type_name=node.node.name)
    if await pane.app.push_screen_wait(question):
        await session.truncate(node.path)
        pane.notify(f"{node.shown} was emptied", markup=False)


async def may_disconnect(pane: CatalogPane, profile: str) -> bool:
    """Whether to end a session; asks while edits of it are staged, and names how many."""
    count = pane.deck.services.journal.count(profile)
    if not count:
        return True
    lines = [
        f"{count:,} staged {'change' if count == 1 else 'changes'} of {displayable(profile)}, not sent.",
        "They are kept on this machine and can be sent when it is connected again.",
    ]
    is_sure = await pane.app.push_screen_wait(ConfirmModal("Disconnect?", lines, yes="Disconnect", no="Stay"))
    return bool(is_sure)
