"""Sandboxes for the browser's walks."""

from ignite_sandbox import *  # noqa: F403
