"""`create`, `alter`, `truncate` and `drop`: tables, caches and indexes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from services.cli.connecting import opened_at
from services.cli.json_values import exact_json, read_text
from services.errors import Refused, UsageError
from services.stores.altering import AltersContainers
from services.stores.base import EmptiesContainers, ManagesContainers

if TYPE_CHECKING:
    from services.cli.parser import Commands
    from services.cli.run import Run
    from services.stores.changes import Path


def add(commands: Commands) -> None:
    """Add the commands."""
    command = commands.add(
        "create", "Create a table or a cache.", create, "The definition has the shape that `describe` prints as JSON."
    )
    command.add_argument("address", metavar="ADDRESS", help="of the new thing")
    command.add_argument("--definition", metavar="FILE", required=True, help="JSON; - is standard input")
    command = commands.add(
        "alter",
        "Change options of a table, showing what each was and will be.",
        alter,
        "Of the definition's `options` those given count, the others stay.",
    )
    command.add_argument("address", metavar="ADDRESS")
    command.add_argument("--definition", metavar="FILE", required=True, help="JSON; - is standard input")
    command.add_argument("--dry-run", action="store_true", help="show the changes and the call, and send nothing")
    command = commands.add("truncate", "Remove all rows of a table or a partition; it stays.", truncate)
    command.add_argument("address", metavar="ADDRESS")
    command.add_argument("--yes", metavar="NAME", help="its name again, to make sure")
    command = commands.add("drop", "Drop a table or a cache with all its rows.", drop)
    command.add_argument("address", metavar="ADDRESS")
    command.add_argument("--yes", metavar="NAME", help="its name again, to make sure")


def create(run: Run) -> int | None:
    """`create`."""
    definition = _definition(run)
    with opened_at(run, run.args.address, writes="create") as (opened, path):
        opened.power(ManagesContainers, "creating").create(path, definition)  # type: ignore[type-abstract]
    run.note(f"created {run.args.address}")
    return None


def _definition(run: Run) -> Mapping[str, Any]:
    definition = exact_json(read_text(run.args.definition, "--definition"), "--definition")
    if not isinstance(definition, Mapping):
        raise UsageError("--definition: not an object", hint="It looks like what `storedeck describe ADDRESS` prints.")
    return definition


def alter(run: Run) -> int | None:
    """`alter`: the changes are written before they are sent."""
    definition = _definition(run)
    with opened_at(run, run.args.address, writes="" if run.args.dry_run else "alter") as (opened, path):
        alterer = opened.power(AltersContainers, "changing options")  # type: ignore[type-abstract]
        plan = alterer.plan_alter(path, definition)
        with run.output() as output:
            for change in plan.changes:
                output.live_record({"option": change.name, "was": change.was, "will": change.will})
        for note in plan.notes:
            run.note(f"note: {note}")
        if plan.changes and plan.call.reason:
            hint = "Nothing was sent. Correct the options."
            raise Refused(f"alter {run.args.address}: {plan.call.reason}", hint=hint)
        if not plan.changes:
            run.note(f"alter {run.args.address}: nothing to change, {plan.call.reason}")
        elif run.args.dry_run:
            run.note(f"the call, not sent: {', '.join(plan.call.text.splitlines())}")
        else:
            alterer.alter(path, definition)
            run.note(f"altered {run.args.address}")
    return None


def drop(run: Run) -> int | None:
    """`drop`."""
    with opened_at(run, run.args.address, writes="drop") as (opened, path):
        _make_sure(run, "drop", path)
        opened.power(ManagesContainers, "dropping").drop(path)  # type: ignore[type-abstract]
    run.note(f"dropped {run.args.address}")
    return None


def truncate(run: Run) -> int | None:
    """`truncate`."""
    with opened_at(run, run.args.address, writes="truncate") as (opened, path):
        _make_sure(run, "truncate", path)
        opened.power(EmptiesContainers, "removing all rows").truncate(path)  # type: ignore[type-abstract]
    run.note(f"emptied {run.args.address}")
    return None


def _make_sure(run: Run, what: str, path: Path) -> None:
    """Go on only where the name was given again."""
    name = path[-1] if path else ""
    if run.args.yes != name or not name:
        told = f"{what} {run.args.address}: its name is wanted to make sure"
        raise UsageError(told, hint=f"Add --yes {name or 'NAME'}.")
