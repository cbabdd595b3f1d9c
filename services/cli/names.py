"""The commands by name, without importing any of them."""

from typing import Final

COMMANDS: Final = (
    "demo",
    "sandbox",
    "profiles",
    "ls",
    "describe",
    "create",
    "alter",
    "truncate",
    "drop",
    "rows",
    "get",
    "put",
    "delete",
    "apply",
    "sql",
    "instances",
    "jobs",
    "cluster",
    "transfers",
    "copy",
    "doctor",
    "spec",
)
