"""The commands by name, without importing any of them."""

from typing import Final

COMMANDS: Final = (
    "demo",
    "sandbox",
    "profiles",
    "ls",
    "describe",
    "create",
    "drop",
    "rows",
    "get",
    "put",
    "delete",
    "apply",
    "sql",
    "instances",
    "cluster",
    "transfers",
    "copy",
    "doctor",
    "spec",
)
