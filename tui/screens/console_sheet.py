"""What the console keeps for one profile: its text, its result, its last error, what runs."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from textual.worker import Worker

from services.connections.api import ResultApi
from services.errors import StoredeckError
from services.results.types import ResultState
from tui.widgets.data_grid.counts import counts_text, seconds_text

DRAFT_PREFIX = "console:"


@dataclass
class Sheet:
    """One profile's page of the console.

    Attributes:
        is_loaded: whether its draft was read.
        cursor: line and column; None for the end.
        arguments: the words given last for each argument.
        running: the worker that runs its statements, None when none runs.
        notes: what to say about the last run besides its result.
        told: what the statement that runs says of itself: a line, and details below it.
    """

    profile: str
    dialect: str = ""
    text: str = ""
    is_loaded: bool = False
    cursor: tuple[int, int] | None = None
    result: ResultApi | None = None
    error: StoredeckError | None = None
    arguments: dict[str, str] = field(default_factory=dict)
    running: Worker[None] | None = None
    started: float = 0.0
    notes: tuple[str, ...] = ()
    told: str = ""

    @property
    def draft_name(self) -> str:
        """Under which its text is kept."""
        return DRAFT_PREFIX + self.profile

    @property
    def is_running(self) -> bool:
        """Whether a statement runs, its first rows not here yet."""
        return self.running is not None and not self.running.is_finished

    @property
    def is_loading(self) -> bool:
        """Whether a result's further rows are on their way."""
        return self.result is not None and self.result.state.is_loading

    def start(self, worker: Worker[None]) -> None:
        """Note that statements run."""
        self.running = worker
        self.started = time.monotonic()


def result_notes(state: ResultState) -> list[str]:
    """What the result pane's title says: count, time, where it was sorted, whether more is on its way."""
    notes = [counts_text(state)] if state.columns or state.affected is not None else []
    if notes:
        notes.append(seconds_text(state.seconds))
    if state.note:
        notes.append(state.note)
    if state.is_loading:
        notes.append("loading, ctrl+g stops it")
    return notes
