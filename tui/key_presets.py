"""Whole sets of keys that a user takes by one name; single keys from the settings go over them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

DEFAULT_PRESET: Final = "default"
PRESETS: Final[Mapping[str, Mapping[str, str]]] = {
    DEFAULT_PRESET: {},
    # The built-in keys move as vim does already (hjkl, g, G, 0, $, ctrl+d, ctrl+u, n, N); the rest of its habits:
    "vim": {
        "lines.page_down": "ctrl+f,pagedown,ctrl+d",
        "lines.page_up": "ctrl+b,pageup,ctrl+u",
        "list.page_down": "ctrl+f,pagedown,ctrl+d",
        "list.page_up": "ctrl+b,pageup,ctrl+u",
        "grid.page_down": "ctrl+f,pagedown",
        "grid.page_up": "ctrl+b,pageup",
        "grid.first_column": "0,^,home",
        "rows.find": "F",
        "rows.edit": "i,e,f2",
        "rows.add": "o,a",
        "form.edit": "i,e,f2",
        "form.add": "o,a",
        "browser.earlier": "ctrl+o,[",
        "browser.catalog": "ctrl+n",
        "app.jump": "ctrl+w",
    },
}
