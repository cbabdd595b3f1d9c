"""Addresses of a Trove profile: an instance by id or name, and the tables of the service and its instances."""

from __future__ import annotations

from typing import Final

from services.errors import UsageError
from services.stores.changes import Path

MARK: Final = "@"
INSTANCES: Final = "@instances"


def parse_address(text: str) -> Path:
    """`INSTANCE`, `@VIEW`, or `@instances/INSTANCE/VIEW`.

    Raises:
        UsageError: it is none of them.
    """
    if not text.startswith(MARK):
        return (INSTANCES, text)
    parts = tuple(text.split("/"))
    if "" in parts or len(parts) > 3 or (len(parts) > 1 and parts[0] != INSTANCES):
        hint = "Write an instance's id or name, @VIEW, or @instances/ID/VIEW."
        raise UsageError(f"{text!r}: no address of a Trove service", hint=hint)
    return parts


def format_address(path: Path) -> str:
    """The address that `parse_address` reads as this path; empty for the root.

    Raises:
        UsageError: there is none.
    """
    if len(path) == 2 and path[0] == INSTANCES and not path[1].startswith(MARK):
        return path[1]
    text = "/".join(path)
    if path and (parse_address(text) != tuple(path)):
        raise UsageError(f"{text}: has no address", hint="Instances and the tables of a service have one.")
    return text
