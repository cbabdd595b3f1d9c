"""What to do next: which items go, which step each needs, which parts are started."""

from __future__ import annotations

import time
from typing import Final

from services.transfers.item_run import ItemRun
from services.transfers.ledger import Held, Turn
from services.transfers.model import Item, ItemState, Phase
from services.transfers.settings import QueueSettings
from services.transfers.tasks import Caps, Engine, Task

STAYS: Final = "rows of acknowledged parts stay in the target"
MOST_WORKERS: Final = 32
"""However many parts at once one transfer asks for."""

_GOING: Final = (ItemState.QUEUED, ItemState.PLANNING, ItemState.RUNNING)


class Scheduler:
    """Chooses tasks for an engine within one turn of the ledger.

    Attributes:
        runs: items with something in flight, or chosen, by id.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._slots = 0
        self._kept = 0  # slots that items further down need for their first task
        self.runs: dict[int, ItemRun] = {}

    def choose(self, turn: Turn) -> list[Task]:
        """The tasks to start once the turn is on the disk."""
        settings = turn.settings()
        is_open = _is_within(settings.window, time.localtime())
        held = turn.candidates(settings.items + len(self.runs) + 1, started_only=settings.is_draining)
        first = [one.item for one in held if one.item.state.is_active][: settings.items]
        self._engine.resize(max([settings.workers, *(min(item.options.parallel, MOST_WORKERS) for item in first)]))
        self._slots = self._engine.slots
        self._refresh(turn, held)
        idle = [one.id for one in first if is_open and not self._is_at_work(one)]
        tasks: list[Task] = []
        going = 0
        for one in held:
            if one.item.is_cleaning or one.is_restarting:
                tasks += self._clean(turn, one)
            elif not one.item.state.is_active:
                continue
            elif going < settings.items and is_open:
                going += 1
                idle = [identifier for identifier in idle if identifier != one.item.id]
                self._kept = len(idle)
                tasks += self._go_on(turn, self._run(one.item))
            else:
                self._step_back(turn, one.item)
        self._forget(held)
        self._engine.set_caps(self._caps(settings))
        return tasks

    def stopping(self) -> list[Task]:
        """Tasks to stop, whose items were paused, cancelled or failed."""
        return [task for run in self.runs.values() for task in run.tasks_to_stop()]

    def _is_at_work(self, item: Item) -> bool:
        run = self.runs.get(item.id)
        return run is not None and bool(run.in_flight)

    def _run(self, item: Item) -> ItemRun:
        run = self.runs.get(item.id)
        if run is None:
            run = self.runs[item.id] = ItemRun(item)
        run.item = item
        return run

    def _refresh(self, turn: Turn, held: list[Held]) -> None:
        """Learn what became of the items in hand."""
        found = {one.item.id: one.item for one in held}
        for identifier, run in self.runs.items():
            item = found.get(identifier)
            if item is None:
                again = turn.held(identifier)
                item = again.item if again else run.item
            run.item = item

    def _forget(self, held: list[Held]) -> None:
        """Let go of items that rest: who paused them may change them before they go on.

        Of one that waits for its next attempt only the count of its failures is kept.
        """
        going = {one.item.id for one in held if one.item.state.is_active or one.item.is_cleaning or one.is_restarting}
        for identifier, run in list(self.runs.items()):
            if run.in_flight or identifier in going:
                continue
            if run.item.state.is_active and run.item.retry_at is not None:
                run.forget_plan()
                run.is_checked = False
            else:
                del self.runs[identifier]

    def _caps(self, settings: QueueSettings) -> Caps:
        by_item = {run.item.id: run.item.options.bandwidth for run in self.runs.values() if run.item.options.bandwidth}
        return Caps(settings.bandwidth, by_item)

    def _step_back(self, turn: Turn, item: Item) -> None:
        """An item that has to let others go first waits again, once its parts in flight have ended."""
        run = self.runs.get(item.id)
        if item.state is not ItemState.QUEUED and (run is None or not run.in_flight):
            turn.set(item.id, state=ItemState.QUEUED.value, rate=0, rate_rows=0)

    def _clean(self, turn: Turn, held: Held) -> list[Task]:
        run = self._run(held.item)
        if run.in_flight or not self._slots or time.monotonic() < run.not_before:
            return []
        if held.item.phase is Phase.NEW:
            settle_clean(turn, run, is_restarting=held.is_restarting)
            return []
        self._slots -= 1
        return [run.task(turn, "clean", is_begun=held.item.phase is not Phase.PLANNED)]

    def _go_on(self, turn: Turn, run: ItemRun) -> list[Task]:
        item = run.item
        if item.phase is Phase.WRITING and run.is_checked:
            return self._parts(turn, run)
        if run.in_flight or not self._slots:
            return []
        state = ItemState.PLANNING if item.phase is Phase.NEW else ItemState.RUNNING
        if not turn.move(item.id, state, when=_GOING):
            return []
        self._slots -= 1
        match item.phase:
            case Phase.NEW:
                return [run.task(turn, "plan")]
            case Phase.PLANNED:
                return [run.task(turn, "begin")]
            case Phase.WRITING:
                return [run.task(turn, "check")]
            case Phase.COMMITTING:
                return [run.task(turn, "commit", receipts=turn.receipts(item.id)[0])]
            case Phase.VERIFYING:
                rows, checksum = item.rows_done, turn.receipts(item.id)[1]
                return [run.task(turn, "verify", rows=rows, checksum=str(checksum), rejected=item.rejected)]
        raise AssertionError(f"transfer {item.id} goes on in phase {item.phase}")

    def _parts(self, turn: Turn, run: ItemRun) -> list[Task]:
        """Start parts up to what the item and the engine allow; commit when none is left.

        One slot stays for each transfer further down that has none, or a long one would let no other begin.
        """
        item, todo = run.item, run.parts(turn)
        if not todo and not run.in_flight:
            turn.set(item.id, phase=Phase.COMMITTING.value)
            turn.say(item.id, "all parts acknowledged; committing")
            run.item = item = turn.held(item.id).item  # type: ignore[union-attr]
            return self._go_on(turn, run)
        share = self._slots - self._kept if run.in_flight else max(self._slots - self._kept, min(self._slots, 1))
        free = min(share, item.options.parallel - len(run.in_flight), len(todo))
        if free <= 0 or not turn.move(item.id, ItemState.RUNNING, when=_GOING):
            return []
        self._slots -= free
        notes = [todo.popleft() for _ in range(free)]
        turn.start_parts(item.id, [note.index for note in notes])
        left = max(item.options.rejects_allowed - item.rejected, 0)
        run.attempts.update((note.index, note.attempts) for note in notes)
        return [
            run.task(turn, "part", note.index, first_row=note.first_row, ratio=run.ratio, rejects_left=left)
            for note in notes
        ]


def settle_clean(turn: Turn, run: ItemRun, *, is_restarting: bool) -> None:
    """What was uncommitted is gone: the item starts anew, or rests."""
    identifier = run.item.id
    run.forget_plan()
    run.is_checked = False
    if is_restarting:
        turn.start_anew(identifier, "started anew: what it stood on is gone")
    else:
        is_begun = run.item.phase is not Phase.PLANNED
        turn.set(identifier, is_cleaning=0, phase=Phase.ENDED.value)
        stays = is_begun and not turn.shown(identifier).get("is_staged", True)
        turn.say(identifier, STAYS if stays else "what was not committed is dropped")
        turn.forget(identifier)


def _is_within(window: str, now: time.struct_time) -> bool:
    """Whether a local time lies within `HH:MM-HH:MM`, which may go over midnight."""
    if not window:
        return True
    first, _, last = window.partition("-")
    clock = f"{now.tm_hour:02d}:{now.tm_min:02d}"
    return first <= clock < last if first <= last else clock >= first or clock < last
