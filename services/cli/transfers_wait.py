"""Waiting for a transfer, and ending as it did."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Final

from services import errors
from services.cli.output.writers import Format
from services.errors import Cancelled, StoredeckError

if TYPE_CHECKING:
    from services.cli.run import Run
    from services.transfers.model import Failure, Item
    from services.transfers.queue import TransferQueue

POLL_SECONDS: Final = 0.05
_RUNNER_SECONDS: Final = 0.5

REJECTED: Final = 6
"""Exit code of a transfer that ended with rejected rows."""


def wait_for(run: Run, identifier: int) -> int:
    """Wait for the end of a transfer and print it as one row; the exit code.

    Raises:
        StoredeckError: why it failed.
        Cancelled: the wait was interrupted; the transfer is paused.
    """
    from services.transfers.item_rows import item_data
    from services.transfers.model import ItemState

    item = _wait(run, identifier)
    if run.cancel.is_cancelled and not item.state.is_ended:
        run.services.transfers.pause([identifier])
        run.note(f"note: transfer {identifier} is paused; `storedeck transfers resume {identifier}` goes on")
        raise Cancelled(f"transfer {identifier}: interrupted: as asked")
    if getattr(run.args, "is_told", True):
        with run.output(single(run.format)) as output:
            output.record(item_data(item))
    run.stats.rows = item.rows_done
    if item.state is ItemState.DONE:
        if item.rejected:
            run.note(f"note: {item.rejected:,} rows were rejected")
        return REJECTED if item.rejected else 0
    if item.failure is not None:
        raise error_of(item.failure)
    raise Cancelled(f"transfer {identifier}: {item.state.value}")


def single(kind: Format) -> Format:
    """JSON is one object here, not an array of one."""
    return Format.JSONL if kind is Format.JSON else kind


def _wait(run: Run, identifier: int) -> Item:
    from services.transfers.keeping import RunnerKeeper
    from services.transfers.model import ItemState

    queue = run.services.transfers
    keeper = RunnerKeeper(run.services.paths, queue)
    version, next_look = -1, time.monotonic() + _RUNNER_SECONDS
    item = queue.item(identifier)
    resting = (ItemState.PAUSED, ItemState.NEEDS_YOU)
    while not (item.state.is_ended or item.state in resting or run.cancel.wait(POLL_SECONDS)):
        if time.monotonic() >= next_look:
            keeper.look()
            if keeper.has_given_up or _is_held_up(queue, item):
                raise _no_runner(run, identifier, keeper.problem)
            next_look = time.monotonic() + _RUNNER_SECONDS
        if queue.version() != version:
            version = queue.version()
            item = queue.item(identifier)
            _show_progress(run, item)
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
    return queue.item(identifier)


def _is_held_up(queue: TransferQueue, item: Item) -> bool:
    """Whether it would wait for as long as transfers are drained."""
    return item.started is None and queue.settings().is_draining


def _no_runner(run: Run, identifier: int, problem: str) -> StoredeckError:
    """Why a transfer does not go on although runners are started for it."""
    from services.transfers.starting import log_path

    if not problem:
        hint = "Let them start again: storedeck transfers set all --drain off."
        return errors.Refused(f"transfer {identifier}: transfers are drained, none starts", hint=hint)
    return errors.Refused(f"transfer {identifier}: {problem}", hint=f"See {log_path(run.services.paths)}.")


def _show_progress(run: Run, item: Item) -> None:
    """A line that is written over, on a terminal only."""
    if sys.stderr.isatty() and not getattr(run.args, "quiet", False):
        sys.stderr.write(f"\r\x1b[K{progress_words(item)}")
        sys.stderr.flush()


def progress_words(item: Item) -> str:
    """How far it is, in a line."""
    left = "" if item.seconds_left is None else f", {item.seconds_left:,.0f} s left"
    retry = "" if item.retry_at is None else f", again in {max(item.retry_at - time.time(), 0):.0f} s"
    return (
        f"{item.id} {item.state.value}: part {item.parts_done:,} of {item.parts_total:,},"
        f" {item.rows_done:,} rows, {item.rate / 1e6:.1f} MB/s{left}{retry}"
    )


def error_of(failure: Failure) -> StoredeckError:
    """The error that a failure was, so that it ends the command with its own exit code."""
    kind = getattr(errors, failure.kind, StoredeckError)
    if failure.kind == "SecretNeeded" or not (isinstance(kind, type) and issubclass(kind, StoredeckError)):
        kind = errors.ConnectError if failure.kind == "SecretNeeded" else StoredeckError
    error: StoredeckError = kind(failure.message, hint=failure.hint, request_id=failure.request_id)
    return error
