"""Saving a file of a volume on this machine: asks where, and tells when it is whole."""

from __future__ import annotations

import asyncio
import os.path
from pathlib import Path
from typing import TYPE_CHECKING

from services.catalog.nodes import CatalogNode
from services.text import displayable
from services.transfers.formats.paths import safe_name
from tui.container_actions import session_of
from tui.modals.text_prompt import TextPrompt
from tui.screens.data_moves import free_file

if TYPE_CHECKING:
    from tui.widgets.catalog_pane import CatalogPane

HELP = "The path of a new file; it gets its name when it is whole."


async def save_file(pane: CatalogPane, node: CatalogNode) -> None:
    """Ask where, fetch it, and say how large it is."""
    session = session_of(pane, node)
    stem, suffix = os.path.splitext(safe_name(node.node.name))
    start = str(await asyncio.to_thread(free_file, stem, None, suffix))
    given = await pane.app.push_screen_wait(TextPrompt(f"Save {node.shown}", HELP, start))
    if not given or not given.strip():
        return
    target = await asyncio.to_thread(lambda: str(Path(given.strip()).expanduser().absolute()))
    pane.notify(f"{node.shown} is on its way", markup=False)
    size = await session.save_file(node.path, target)
    pane.notify(f"saved {displayable(target)}: {size:,} bytes", markup=False)
