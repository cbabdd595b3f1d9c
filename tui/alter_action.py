"""Changing options of a container: edited as text, what each was and will be shown, then sent by one request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.catalog.definition import data_text
from services.catalog.nodes import CatalogNode
from services.text import displayable, one_line
from tui.container_actions import session_of
from tui.modals.alter_container import AlterContainer, change_words
from tui.modals.confirm import ConfirmModal

if TYPE_CHECKING:
    from services.stores.altering import Alteration
    from tui.widgets.catalog_pane import CatalogPane


async def alter_container(pane: CatalogPane, node: CatalogNode) -> None:
    """Ask for new options, ask again by the weight of the environment, and send what differs."""
    session = session_of(pane, node)
    options = await session.alterable(node.path)

    async def plan(definition: dict[str, object]) -> Alteration:
        return await session.plan_alter(node.path, definition)

    title = f"Options of {node.shown}"
    definition = await pane.app.push_screen_wait(AlterContainer(title, data_text({"options": options}), plan))
    if definition is None:
        return
    # The options may have been changed by others since they were shown.
    planned = await plan(definition)
    environment = pane.deck.place_of(node.profile).environment or "dev"
    lines = [
        f"Change {one_line(node.node.kind)} {node.shown} of {displayable(node.profile)}, {environment.upper()}:",
        *[change_words(change) for change in planned.changes],
        *[displayable(note) for note in planned.notes],
    ]
    name = node.node.name if environment == "prod" else ""
    if await pane.app.push_screen_wait(ConfirmModal(f"Change {node.shown}?", lines, yes="Change it", type_name=name)):
        changed = await session.alter(node.path, definition)
        words = ", ".join(change_words(change) for change in changed.changes)
        pane.notify(f"{node.shown}: {words}" if words else "nothing was to be changed", markup=False)
        await pane.catalog.refresh(node)
