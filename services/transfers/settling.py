"""What the end of a task means for its item."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from services.stores.bulk import WriteMode
from services.transfers.ending import write_rejects
from services.transfers.item_run import ItemRun
from services.transfers.ledger import Turn
from services.transfers.model import Failure, Item, ItemState, Phase, Verified
from services.transfers.retrying import backoff_seconds
from services.transfers.scheduler import STAYS, settle_clean
from services.transfers.tasks import Done

_ASKING: Final = frozenset({"SecretNeeded", "VaultUnusable"})
_RESTART_ADVICE: Final = "`storedeck transfers retry {id}` starts it anew."


class Settler:
    """Writes down how tasks ended.

    Attributes:
        ended: items that ended since last asked, for their hooks.
    """

    def __init__(self) -> None:
        self.ended: list[int] = []

    def settle(self, turn: Turn, run: ItemRun, done: Done) -> None:
        """Take one result or failure into the ledger."""
        run.in_flight.pop(done.task.id, None)
        run.asked_to_stop.discard(done.task.id)
        held = turn.held(run.item.id)
        if held is None:
            return
        run.item = held.item
        if done.failure is not None:
            self._failed(turn, run, done, done.failure)
            return
        run.failures = 0
        result = done.result or {}
        match done.task.step:
            case "plan":
                turn.planned(run.item.id, result)
                self._after_step(turn, run)
            case "begin":
                turn.keep_plan(run.item.id, result)
                turn.set(run.item.id, phase=Phase.WRITING.value)
                run.is_checked = True
                self._after_step(turn, run)
            case "check":
                self._checked(turn, run, result)
            case "part":
                self._acknowledged(turn, run, done, result)
            case "commit":
                self._committed(turn, run, result)
            case "verify":
                if result["verified"]:
                    turn.set(run.item.id, verified=result["verified"])
                self._end(turn, run, ItemState.DONE, message=result["message"])
            case "clean":
                settle_clean(turn, run, is_restarting=held.is_restarting)

    def _after_step(self, turn: Turn, run: ItemRun) -> None:
        """There is a plan now; who cancelled meanwhile could not know."""
        run.forget_plan()
        if run.item.state is ItemState.CANCELLED:
            turn.set(run.item.id, is_cleaning=1)

    def _checked(self, turn: Turn, run: ItemRun, result: Mapping[str, Any]) -> None:
        identifier = run.item.id
        if result["is_changed"]:
            message = f"{run.item.source}: source changed since the transfer was planned"
            self._end(
                turn, run, ItemState.FAILED, Failure("SourceChanged", message, _RESTART_ADVICE.format(id=identifier))
            )
            return
        if result["held"] is not None:
            lost = turn.unacknowledge(identifier, result["held"])
            if lost:
                turn.say(identifier, f"{lost:,} parts are not at the target any more and go again", "warning")
        run.todo = None
        run.is_checked = True

    def _acknowledged(self, turn: Turn, run: ItemRun, done: Done, result: Mapping[str, Any]) -> None:
        assert done.task.part is not None
        receipt = result["receipt"]
        turn.acknowledge(run.item.id, done.task.part, result)
        run.sent += result["bytes_sent"]
        run.counted += receipt["size_bytes"]
        run.rate.note(receipt["size_bytes"], receipt["rows"])
        rejected = run.item.rejected + len(result["rejects"])
        allowed = run.item.options.rejects_allowed
        if rejected > allowed and run.item.state.is_active:
            failure = Failure(
                "TooManyRejects", f"{rejected:,} rows were rejected and {allowed:,} are allowed", _TOO_MANY
            )
            self._end(turn, run, ItemState.FAILED, failure)

    def _committed(self, turn: Turn, run: ItemRun, result: Mapping[str, Any]) -> None:
        identifier, item = run.item.id, run.item
        rows = result["rows"]
        words = [] if rows is None else [f"the target counts {rows:,} rows"]
        message = "; ".join(filter(None, [result["message"], *words]))
        turn.say(identifier, f"committed{': ' if message else ''}{message}")
        if not item.options.is_verified:
            self._end(turn, run, ItemState.DONE, message=message)
            return
        kind = Verified.RECEIPTS if rows is None else Verified.ROWS
        turn.set(identifier, phase=Phase.VERIFYING.value, verified=kind.value)
        if rows not in (None, item.rows_done):
            why = f"verify: the target counts {rows:,} rows and {item.rows_done:,} were acknowledged"
            self._end(turn, run, ItemState.FAILED, Failure("VerifyFailed", why, _COMPARE))
        elif not result["is_visible"]:
            self._end(turn, run, ItemState.DONE, message=f"{message}; values were not compared")

    def _end(
        self, turn: Turn, run: ItemRun, state: ItemState, failure: Failure | None = None, message: str = ""
    ) -> None:
        item = run.item
        if state is ItemState.DONE:
            turn.set(item.id, phase=Phase.ENDED.value)
        if item.options.rejects and state.is_ended:
            problem = write_rejects(item.options.rejects, turn.rejects(item.id))
            if problem:
                turn.say(item.id, problem, "error")
                message = f"{message}; {problem}" if message else problem
        turn.ends(item.id, state, failure, message)
        if state is ItemState.FAILED and item.phase not in (Phase.NEW, Phase.PLANNED):
            self._say_what_stays(turn, item.id)
        run.item = replace(item, state=state)
        if state.is_ended:
            self.ended.append(item.id)

    def _say_what_stays(self, turn: Turn, identifier: int) -> None:
        """A target that is written as it goes holds something, or nothing, of what it held before."""
        shown = turn.shown(identifier)
        if not shown.get("is_staged", True):
            is_emptied = shown["mode"] == WriteMode.OVERWRITE and not shown.get("is_new")
            before = "the target was emptied when this began; " if is_emptied else ""
            turn.say(identifier, f"{before}{STAYS}", "warning")

    def _failed(self, turn: Turn, run: ItemRun, done: Done, failure: Failure) -> None:
        item, part = run.item, done.task.part
        is_stopped = failure.kind == "Cancelled"
        attempts = self._attempts(run, done)
        is_final = not (is_stopped or failure.is_passing) or attempts > item.options.retries
        if part is not None:
            is_failed = is_final and item.state.is_active and failure.kind not in _ASKING
            turn.give_back(item.id, part, failure.message, is_counted=not is_stopped, is_final=is_failed)
            run.todo = None
            if done.rejects:
                turn.keep_rejects(item.id, part, done.rejects)
        if done.task.step == "clean":
            run.not_before = time.monotonic() + backoff_seconds(attempts)
            self._not_cleaned(turn, run, failure, is_final=is_final)
        elif is_stopped or not item.state.is_active:
            return
        elif failure.kind in _ASKING:
            self._end(turn, run, ItemState.NEEDS_YOU, failure)
        elif is_final:
            self._end(turn, run, ItemState.FAILED, _with_place(failure, item, part))
        else:
            turn.waits(item.id, failure, backoff_seconds(attempts))
            run.is_checked = run.is_checked and not done.is_lost

    def _attempts(self, run: ItemRun, done: Done) -> int:
        """How often this has failed now."""
        if done.task.part is None:
            run.failures += 1
            return run.failures
        attempts = run.attempts.get(done.task.part, 0) + 1
        run.attempts[done.task.part] = attempts
        return attempts

    def _not_cleaned(self, turn: Turn, run: ItemRun, failure: Failure, *, is_final: bool) -> None:
        """Dropping what was uncommitted is tried again while that may help; then it is left, and said so."""
        if not is_final:
            turn.set(run.item.id, failure=json.dumps(failure.data()))
            return
        turn.say(run.item.id, f"what was not committed may be left at the target: {failure.message}", "error")
        held = turn.held(run.item.id)
        settle_clean(turn, run, is_restarting=held is not None and held.is_restarting)


_COMPARE: Final = "Compare source and target before the transfer is run again."
_TOO_MANY: Final = "See what was put aside, correct it, or raise --max-rejects."


def _with_place(failure: Failure, item: Item, part: int | None) -> Failure:
    """With advice where the failure has none, and the part where that says more."""
    hint = failure.hint
    if failure.kind in ("SourceChanged", "SessionExpired"):
        hint = _RESTART_ADVICE.format(id=item.id)
    return replace(failure, hint=hint)
