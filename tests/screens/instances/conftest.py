"""Sandboxes for the screen of instances."""

from trove_sandbox import *  # noqa: F403
