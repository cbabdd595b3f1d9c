"""`transfers run` and `watch`: the background worker, and looking at what it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from services.cli.transfers_wait import progress_words
from services.errors import UsageError
from services.transfers.model import ItemState

if TYPE_CHECKING:
    from services.cli.parser import Commands
    from services.cli.run import Run
    from services.transfers.model import Item
    from services.transfers.queue import TransferQueue
    from services.transfers.runner import MakeEngine

_POLL_SECONDS: Final = 0.1


def add(below: Commands) -> None:
    """Add both commands."""
    command = below.add("run", "Run what is queued; the one worker of this user at a time.", run_queue)
    command.add_argument("--drain", action="store_true", help="end when nothing is left to do")
    command.add_argument("--engine", choices=("local", "dask"), default="local", help="where parts run")
    command.add_argument("--scheduler", default="", metavar="ADDRESS", help="of the Dask cluster: tcp://host:8786")
    watch = below.add("watch", "Tell each change until nothing moves any more.", watch_queue)
    watch.add_argument("id", metavar="ID", type=int, nargs="?", help="this transfer alone")


def run_queue(run: Run) -> int | None:
    """`transfers run`."""
    from services.transfers.local_engine import lower_priority
    from services.transfers.runner import Runner

    runner = Runner(run.services.paths, _engine(run), run.cancel)
    lower_priority()
    if not run.args.drain:
        if not runner.run(None):
            note = run.services.transfers.runner()
            run.note(f"note: another runner works{f', process {note.pid}' if note else ''}")
        return None
    queue = run.services.transfers
    before = _failed(queue)
    while not run.cancel.is_cancelled and not runner.run(0.0):
        if not _is_work_left(queue) or run.cancel.wait(_POLL_SECONDS):
            break
    return 1 if _failed(queue) - before else 0


def _engine(run: Run) -> MakeEngine:
    from services.cli.transfers_secrets import asked_for
    from services.transfers.runner import local_engine

    if run.args.engine == "local":
        waiting = [item for item in run.services.transfers.items() if not item.state.is_ended]
        typed = asked_for(run, [address for item in waiting for address in (item.source, item.target)])
        if typed:
            needing = [item.id for item in waiting if item.state is ItemState.NEEDS_YOU]
            run.services.transfers.resume(needing)
        return local_engine(typed)
    if not run.args.scheduler:
        raise UsageError("--engine dask: no scheduler", hint="Name it: --scheduler tcp://host:8786.")
    from services.transfers.dask_engine import dask_engine

    return dask_engine(run.args.scheduler)


def _failed(queue: TransferQueue) -> set[tuple[int, float | None]]:
    """Items that failed or need somebody."""
    states = (ItemState.FAILED, ItemState.NEEDS_YOU)
    return {(item.id, item.ended) for item in queue.items() if item.state in states}


def _is_work_left(queue: TransferQueue) -> bool:
    return any(item.state.is_active for item in queue.items())


def watch_queue(run: Run) -> int | None:
    """`transfers watch`."""
    from services.cli.output.writers import Format
    from services.transfers.item_rows import item_data

    queue = run.services.transfers
    version = 0
    with run.output() as output:
        while True:
            changes = queue.changes(version)
            for item in changes.items:
                if version == 0 and item.state.is_ended and item.id != run.args.id:
                    continue
                if run.args.id in (None, item.id):
                    record = {"progress": progress_words(item)} if run.format is Format.TABLE else item_data(item)
                    output.live_record(record)
            version = changes.version
            if not _moves(queue.items(), run.args.id) or run.cancel.wait(_POLL_SECONDS):
                return None


def _moves(items: list[Item], identifier: int | None) -> bool:
    return any(item.state.is_active for item in items if identifier in (None, item.id))
