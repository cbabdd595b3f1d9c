"""`create` and `drop`: tables and caches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from services.cli.connecting import opened_at
from services.cli.json_values import exact_json, read_text
from services.errors import UsageError
from services.stores.base import ManagesContainers

if TYPE_CHECKING:
    from services.cli.parser import Commands
    from services.cli.run import Run


def add(commands: Commands) -> None:
    """Add the two commands."""
    command = commands.add(
        "create", "Create a table or a cache.", create, "The definition has the shape that `describe` prints as JSON."
    )
    command.add_argument("address", metavar="ADDRESS", help="of the new thing")
    command.add_argument("--definition", metavar="FILE", required=True, help="JSON; - is standard input")
    command = commands.add("drop", "Drop a table or a cache with all its rows.", drop)
    command.add_argument("address", metavar="ADDRESS")
    command.add_argument("--yes", metavar="NAME", help="its name again, to make sure")


def create(run: Run) -> int | None:
    """`create`."""
    definition = exact_json(read_text(run.args.definition, "--definition"), "--definition")
    if not isinstance(definition, Mapping):
        raise UsageError("--definition: not an object", hint="It looks like what `storedeck describe ADDRESS` prints.")
    with opened_at(run, run.args.address, writes="create") as (opened, path):
        opened.power(ManagesContainers, "creating").create(path, definition)  # type: ignore[type-abstract]
    run.note(f"created {run.args.address}")
    return None


def drop(run: Run) -> int | None:
    """`drop`."""
    with opened_at(run, run.args.address, writes="drop") as (opened, path):
        name = path[-1] if path else ""
        if run.args.yes != name or not name:
            raise UsageError(
                f"drop {run.args.address}: its name is wanted to make sure", hint=f"Add --yes {name or 'NAME'}."
            )
        opened.power(ManagesContainers, "dropping").drop(path)  # type: ignore[type-abstract]
    run.note(f"dropped {run.args.address}")
    return None
