"""Waiting for a job: its progress told, its end awaited, and the server told to stop where the user asks."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Final

from services.cancel import NEVER, CancelToken
from services.errors import Cancelled, Refused, StoredeckError, TimedOut
from services.stores.maxcompute.job_facts import Stage
from services.stores.maxcompute.jobs import Jobs

FIRST_DELAY_SECONDS: Final = 0.02
LONGEST_DELAY_SECONDS: Final = 1.0
LINK_AFTER_SECONDS: Final = 1.0
"""A job that is over sooner needs no page to watch it on."""


class Waiting:
    """One wait for the end of one job.

    Args:
        seconds: after them the job is stopped.
        is_ours: False for a job that is only looked at, and goes on when the wait is given up.
    """

    def __init__(
        self, jobs: Jobs, identifier: str, cancel: CancelToken, seconds: float | None, *, is_ours: bool = True
    ) -> None:
        self._jobs = jobs
        self._id = identifier
        self._cancel = cancel
        self._seconds = seconds
        self._is_ours = is_ours
        self._link = ""

    def wait(self) -> None:
        """Come back when the job succeeded.

        Raises:
            StatementRefused: it failed, with the service's words.
            Cancelled, TimedOut: it was stopped on the server, too; when leaving, it runs on there.
        """
        try:
            self._await_end()
        except Cancelled as error:
            if self._cancel.is_leaving or not self._is_ours:
                raise Cancelled(f"job {self._id}: left running at the service") from error
            self._stop()
            raise Cancelled(f"stopped: job {self._id}, on the server too") from error
        self._check_end()

    def _await_end(self) -> None:
        started = time.monotonic()
        delay = FIRST_DELAY_SECONDS
        while not self._jobs.state(self._id, self._cancel).is_over:
            waited = time.monotonic() - started
            if self._seconds is not None and waited >= self._seconds:
                self._stop()
                hint = "Allow it more time, or narrow it down."
                raise TimedOut(f"job {self._id}: not done within {self._seconds:g} s, and stopped", hint=hint)
            self._tell(waited)
            left = delay if self._seconds is None else min(delay, max(self._seconds - waited, 0.001))
            self._cancel.wait(left)
            self._cancel.check()
            delay = min(delay * 1.5, LONGEST_DELAY_SECONDS)

    def _tell(self, waited: float) -> None:
        if waited >= LINK_AFTER_SECONDS and not self._link:
            self._link = self._jobs.link(self._id)
        # A job that is not planned yet has no stages, and some services say so by an error.
        stages: tuple[Stage, ...] = ()
        with suppress(Refused):
            stages = self._jobs.progress(self._id, self._cancel)
        words = progress_words(self._id, stages)
        self._cancel.tell(words + (f"\n{self._link}" if self._link else ""))

    def _stop(self) -> None:
        """Stop it without a token, since ours is used up; that it cannot be reached is no better news."""
        with suppress(StoredeckError):
            self._jobs.stop(self._id)

    def _check_end(self) -> None:
        status = self._jobs.task_status(self._id, NEVER)
        if status == "Failed":
            raise self._jobs.failure(self._id)
        if status == "Cancelled":
            hint = "Someone else stopped it, or the service did."
            raise Refused(f"job {self._id}: it was stopped", hint=hint)


def progress_words(identifier: str, stages: tuple[Stage, ...]) -> str:
    """How a job stands, in one line."""
    if not stages:
        return f"job {identifier}: waits to run"
    return f"job {identifier}: " + " · ".join(f"{stage.name} {stage.share}" for stage in stages)
