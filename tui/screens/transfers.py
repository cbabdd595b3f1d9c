"""Transfers (5): the queue of data on its way between files and stores."""

from __future__ import annotations

from tui.screens.placeholder import PlaceholderScreen


class TransfersScreen(PlaceholderScreen):
    """Says what will be here."""

    MODE = "transfers"
    TITLE_WORDS = "Transfers"
    WHAT = "Data on its way between files and stores, a line a transfer."
    WHY = "It is empty because nothing was queued; rows are edited in the browser meanwhile."
    KEY_HINT = "2 Browser"
