"""`cluster`: the servers behind a store as live tables, and ending what they run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.cli.connecting import opened, profile_name
from services.stores.base import CancelsQueries, ShowsCluster

if TYPE_CHECKING:
    from services.cli.parser import Commands
    from services.cli.run import Run

VIEWS = ("nodes", "caches", "queries", "transactions")


def add(commands: Commands) -> None:
    """Add the command and what stands below it."""
    command = commands.add("cluster", "Show a cluster and end what it runs.")
    command.add_argument("profile", metavar="PROFILE")
    below = commands.below(command)
    for view in VIEWS:
        below.add(view, f"The {view} of the cluster.", show)
    kill = below.add("kill", "End a query or a transaction.", end)
    kill.add_argument("what", choices=("query", "transaction"))
    kill.add_argument("identifier", metavar="ID", help="as `cluster PROFILE queries` or `transactions` shows it")


def show(run: Run) -> int | None:
    """`cluster PROFILE nodes` and its like."""
    with opened(run, profile_name(run.args.profile)) as found, run.output() as output:
        page = found.power(ShowsCluster, "a view of the cluster").cluster(run.args.action)  # type: ignore[type-abstract]
        output.batch(page.batch, found.presentation)
    return None


def end(run: Run) -> int | None:
    """`cluster PROFILE kill`."""
    what, identifier = run.args.what, run.args.identifier
    with opened(run, profile_name(run.args.profile), writes=f"kill {what}") as found:
        words = found.power(CancelsQueries, "ending queries").kill(what, identifier)  # type: ignore[type-abstract]
    run.note(words)
    return None
