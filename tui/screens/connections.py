"""Connections (1)."""

from __future__ import annotations

from tui.screens.placeholder import PlaceholderScreen


class ConnectionsScreen(PlaceholderScreen):
    """Profiles."""

    MODE = "connections"
    TITLE_WORDS = "Connections"
    WHAT = "Ways to reach your stores."
