"""Saving the staged changes as a file: asks for its name, and before it takes the place of another."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from services.editing.changeset import change_line
from services.editing.review import grouped
from services.editing.staged import Staged
from services.errors import UsageError
from services.files import write_whole
from services.text import one_line
from tui.modals.confirm import ConfirmModal
from tui.modals.text_prompt import TextPrompt
from tui.screens.base import DeckScreen

START: Final = "changes.jsonl"
HELP: Final = (
    "The file's name. `storedeck apply FILE` shows and sends the same calls, here or elsewhere; a row that was changed "
    "meanwhile is a conflict. The values are in the file as they are, so keep it as safe as the rows."
)


async def save_changes(screen: DeckScreen) -> str:
    """Ask for a file and write all staged changes; what happened in words, empty where nothing was saved.

    Raises:
        StoredeckError: a session cannot be opened or the file cannot be written; no file is left behind then.
    """
    name = await screen.app.push_screen_wait(TextPrompt("Save the changes as a file", HELP, START))
    if not name or not name.strip():
        return ""
    path, is_there = await asyncio.to_thread(_target, name.strip())
    if is_there:
        lines = [f"{path} is there already.", "Its content will be gone."]
        if not await screen.app.push_screen_wait(ConfirmModal("Replace the file?", lines, yes="replace it", no="keep")):
            return ""
    snapshot = await asyncio.to_thread(screen.deck.services.journal.load)
    if not len(snapshot):
        return "nothing is staged, so nothing was saved"
    lines = [line for items in grouped(snapshot) for line in await _lines(screen, items)]
    await asyncio.to_thread(_write, path, lines)
    count = f"{len(lines):,} change{'' if len(lines) == 1 else 's'}"
    return f"{count} saved in {one_line(str(path))}; {'it stays' if len(lines) == 1 else 'they stay'} staged"


async def _lines(screen: DeckScreen, items: Iterable[Staged]) -> list[str]:
    """The lines of the changes of one container, whose session tells its address."""
    found = list(items)
    profile, path = found[0].container
    session = await screen.deck.open_session(profile)
    address = f"{profile}:{await session.format_address(path)}"
    return [change_line(address, staged.change) for staged in found]


def _target(name: str) -> tuple[Path, bool]:
    """The file of that name, and whether it is there already."""
    try:
        path = Path(name).expanduser()
        return path, path.exists()
    except (OSError, RuntimeError, ValueError) as error:
        raise UsageError(f"{name}: {error}", hint="Name a file in a folder that you can write.") from error


def _write(path: Path, lines: list[str]) -> None:
    try:
        write_whole(path, "".join(f"{line}\n" for line in lines).encode())
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{path}: {getattr(error, 'strerror', None) or error}", hint="Name a file in a folder that you can write."
        ) from error
