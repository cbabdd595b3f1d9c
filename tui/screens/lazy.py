"""The main screens by mode; each module is imported when its mode is first shown."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any, Final

from textual.screen import Screen

_PLACES: Final = {
    "connections": ("tui.screens.connections", "ConnectionsScreen"),
    "browser": ("tui.screens.browser", "BrowserScreen"),
    "console": ("tui.screens.console", "ConsoleScreen"),
    "instances": ("tui.screens.instances", "InstancesScreen"),
    "transfers": ("tui.screens.transfers", "TransfersScreen"),
    "events": ("tui.screens.events", "EventsScreen"),
}


def screen_for(mode: str) -> Screen[None]:
    """The main screen of a mode."""
    module, name = _PLACES[mode]
    screen: Screen[None] = getattr(import_module(module), name)()
    return screen


def modes() -> dict[str, str | Callable[[], Screen[Any]]]:
    """For `App.MODES`."""
    return {mode: partial(screen_for, mode) for mode in _PLACES}
