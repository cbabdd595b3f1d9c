"""Editing a text in the user's own editor while the console waits."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from textual.app import SuspendNotSupported

from services.text import displayable

if TYPE_CHECKING:
    from tui.app import StoredeckApp

EDITORS: Final = ("VISUAL", "EDITOR")


def edit_outside(app: StoredeckApp, text: str, suffix: str) -> str | None:
    """The text as the editor left it; None, with a word to the user, when that was not possible.

    The file is the user's own and is gone afterwards. Everything stands still meanwhile: the terminal is the editor's.
    """
    command = next((os.environ[name] for name in EDITORS if os.environ.get(name, "").strip()), "")
    if not command:
        app.notify("Set EDITOR to the command of your editor.", title="No editor", severity="warning", markup=False)
        return None
    with tempfile.TemporaryDirectory(prefix="storedeck-") as folder:
        file = Path(folder) / f"text{suffix}"
        file.write_text(text, encoding="utf-8")
        try:
            with app.suspend():
                code = subprocess.run([*shlex.split(command), str(file)], check=False).returncode
            if code == 0:
                return file.read_text(encoding="utf-8")
            why = f"it ended with code {code}"
        except SuspendNotSupported:
            why = "this terminal cannot be handed over"
        except (OSError, ValueError) as error:
            why = str(error)
    app.notify(displayable(f"{command}: {why}; the text is as it was."), severity="warning", markup=False)
    return None
