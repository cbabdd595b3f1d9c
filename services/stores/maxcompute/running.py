"""Waiting for a job: its progress told, its end awaited, and the server told to stop where the user asks."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Final

from services.cancel import NEVER, CancelToken
from services.errors import Cancelled, ConnectError, Refused, StoredeckError, TimedOut, Unavailable
from services.stores.maxcompute.job_facts import Stage
from services.stores.maxcompute.jobs import Jobs

FIRST_DELAY_SECONDS: Final = 0.02
LONGEST_DELAY_SECONDS: Final = 1.0
LINK_AFTER_SECONDS: Final = 1.0
"""A job that is over sooner needs no page to watch it on."""

PATIENCE_SECONDS: Final = 600.0
"""So long a service may be out of reach before the wait for a job is given up."""


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
        self._link: str | None = None
        self._silent_since: float | None = None

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
            raise Cancelled(f"stopped: job {self._id}{self._stopped()}") from error
        self._check_end()

    def _await_end(self) -> None:
        started = time.monotonic()
        delay = FIRST_DELAY_SECONDS
        while not self._is_over():
            waited = time.monotonic() - started
            if self._seconds is not None and waited >= self._seconds:
                told = f"job {self._id}: not done within {self._seconds:g} s, stopped{self._stopped()}"
                raise TimedOut(told, hint="Allow it more time, or narrow it down.")
            self._tell(waited)
            left = delay if self._seconds is None else min(delay, max(self._seconds - waited, 0.001))
            self._cancel.wait(left)
            self._cancel.check()
            delay = min(delay * 1.5, LONGEST_DELAY_SECONDS)

    def _is_over(self) -> bool:
        """Whether the job ended; a service that cannot be reached for a while is no end, since the job goes on."""
        try:
            is_over = self._jobs.state(self._id, self._cancel).is_over
        except StoredeckError as error:
            if not error.retryable:
                raise
            now = time.monotonic()
            self._silent_since = self._silent_since or now
            if now - self._silent_since > PATIENCE_SECONDS:
                told = f"job {self._id}: no word of it for {PATIENCE_SECONDS:g} s: {error.message}"
                raise Unavailable(told, hint="It goes on at the service; look for it among the jobs.") from error
            self._cancel.tell(f"job {self._id}: no word of it, it goes on: {error.message}")
            return False
        self._silent_since = None
        return is_over

    def _tell(self, waited: float) -> None:
        if self._silent_since is not None:
            return
        if waited >= LINK_AFTER_SECONDS and self._link is None:
            self._link = self._jobs.link(self._id, self._cancel)
        # A job that is not planned yet has no stages, and some services say so by an error.
        stages: tuple[Stage, ...] = ()
        with suppress(Refused, TimedOut, ConnectError):
            stages = self._jobs.progress(self._id, self._cancel)
        words = progress_words(self._id, stages)
        self._cancel.tell(words + (f"\n{self._link}" if self._link else ""))

    def _stopped(self) -> str:
        """Stop it without a token, since ours is used up; what came of it, in words."""
        try:
            self._jobs.stop(self._id)
        except StoredeckError as error:
            return f" here, but not on the server, where it may go on: {error.message}"
        return ", on the server too"

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
