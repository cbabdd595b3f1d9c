"""Instances (4): database servers under management."""

from __future__ import annotations

from tui.screens.placeholder import PlaceholderScreen


class InstancesScreen(PlaceholderScreen):
    """Says what will be here."""

    MODE = "instances"
    TITLE_WORDS = "Instances"
    WHAT = "Database servers: their state, size, replicas, backups and users."
    WHY = "It is empty because no connected store manages servers; Trove will."
    KEY_HINT = "1 Connections"
