"""Events (6)."""

from __future__ import annotations

from tui.screens.placeholder import PlaceholderScreen


class EventsScreen(PlaceholderScreen):
    """Profiles."""

    MODE = "events"
    TITLE_WORDS = "Events"
    WHAT = "Ways to reach your stores."
