"""`jobs`: runs of statements that the service keeps, listed, shown, read again and stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.cli.catalog import write_description
from services.cli.connecting import ended, opened, profile_name
from services.cli.rows import whole_number
from services.cli.telling import progress_on
from services.stores.base import CancelsQueries, KeepsJobs
from services.stores.types import Statement

if TYPE_CHECKING:
    from services.cli.parser import Commands
    from services.cli.run import Run

DEFAULT_JOBS = 50


def add(commands: Commands) -> None:
    """Add the command and what stands below it."""
    command = commands.add("jobs", "Runs of statements that the service keeps.")
    command.add_argument("profile", metavar="PROFILE")
    below = commands.below(command)
    listed = below.add("list", "Running and past ones, newest first.", list_jobs)
    listed.add_argument(
        "--limit", type=whole_number, default=DEFAULT_JOBS, metavar="N", help=f"{DEFAULT_JOBS} unless said"
    )
    listed.add_argument("--status", default="", metavar="STATUS", help="only these, such as running or failed")
    show = below.add("show", "Statement, progress, cost, error and logview link of one.", show_job)
    show.add_argument("identifier", metavar="ID", help="as `jobs PROFILE list` shows it")
    result = below.add("result", "The rows of one, without running it again; waits for its end.", read_result)
    result.add_argument("identifier", metavar="ID")
    result.add_argument("--limit", type=whole_number, metavar="N", help="at most N rows")
    stop = below.add("stop", "Stop one on the server.", stop_job)
    stop.add_argument("identifier", metavar="ID")
    cost = below.add("cost", "What a statement would cost; nothing is run.", estimate)
    cost.add_argument("statement", metavar="STATEMENT")
    cost.add_argument("--schema", default="", metavar="NAME", help="in place of the profile's")


def list_jobs(run: Run) -> int | None:
    """`jobs PROFILE list`."""
    with opened(run, profile_name(run.args.profile)) as found, run.output() as output:
        keeping = found.power(KeepsJobs, "listing jobs")  # type: ignore[type-abstract]
        output.batch(keeping.list_jobs(run.args.limit, run.args.status).batch, found.presentation)
    return None


def show_job(run: Run) -> int | None:
    """`jobs PROFILE show ID`."""
    with opened(run, profile_name(run.args.profile)) as found:
        shown = found.power(KeepsJobs, "showing jobs").show_job(run.args.identifier)  # type: ignore[type-abstract]
    return write_description(run, shown)


def read_result(run: Run) -> int | None:
    """`jobs PROFILE result ID`."""
    with opened(run, profile_name(run.args.profile)) as found, run.output() as output, progress_on(run):
        keeping = found.power(KeepsJobs, "results of jobs")  # type: ignore[type-abstract]
        with ended(keeping.job_result(run.args.identifier, run.args.limit, run.cancel)) as pages:
            for page in pages:
                run.cancel.check()
                if page.batch is not None:
                    output.batch(page.batch, found.presentation)
                elif page.affected is not None:
                    run.note(f"{page.affected:,} rows affected")
    return None


def stop_job(run: Run) -> int | None:
    """`jobs PROFILE stop ID`."""
    with opened(run, profile_name(run.args.profile), writes="stopping a job") as found:
        ender = found.power(CancelsQueries, "stopping jobs")  # type: ignore[type-abstract]
        words = ender.kill("job", run.args.identifier)
    run.note(words)
    return None


def estimate(run: Run) -> int | None:
    """`jobs PROFILE cost STATEMENT`."""
    statement = Statement(run.args.statement, schema=run.args.schema)
    with opened(run, profile_name(run.args.profile)) as found:
        keeping = found.power(KeepsJobs, "estimating costs")  # type: ignore[type-abstract]
        told = keeping.estimate(statement, run.cancel)
    return write_description(run, told)
