"""The commands by name, without importing any of them: no profile of such a name is opened by it alone."""

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
    "volumes",
    "cluster",
    "transfers",
    "copy",
    "doctor",
    "spec",
)
