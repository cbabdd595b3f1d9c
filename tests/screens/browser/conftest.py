"""Sandboxes for the browser's walks."""

from ignite_sandbox import *  # noqa: F403
from tablestore_sandbox import *  # noqa: F403
