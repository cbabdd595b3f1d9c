"""All jobs of the warehouse, each in a thread of its own."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from threading import RLock, Thread, current_thread
from typing import Protocol

from services.sandbox.maxcompute.errors import OdpsError, no_such
from services.sandbox.maxcompute.jobs.job import CANCELLED, FAILED, SUCCESS, Job, Request, Result, Stage

SECONDS_HINT = "sandbox.job.seconds"
RESULT_BYTES = 512 << 20


class Plan(Protocol):
    """A statement that is understood.

    Attributes:
        stages: that it goes through; without any it is done at once.
    """

    stages: tuple[Stage, ...]

    def run(self, job: Job) -> Result:
        """Does the work; it looks at `job.stop`."""


class Jobs:
    """Takes jobs, runs them, keeps them; safe for threads.

    `result_bytes` is how much the rows of all results may take.

    Args:
        plan: understands a request, without doing anything; OdpsError when it cannot.
        seconds: that a job with stages takes at least; the hint `sandbox.job.seconds` says otherwise for one job.
    """

    def __init__(self, plan: Callable[[Job], Plan], seconds: float = 0.0) -> None:
        self._plan = plan
        self.seconds = seconds
        self.result_bytes = RESULT_BYTES
        self._lock = RLock()
        self._jobs: dict[tuple[str, str], Job] = {}
        self._threads: set[Thread] = set()

    def submit(self, project: str, request: Request) -> Job:
        """Starts a job, or gives the one with the same unique id."""
        with self._lock:
            for job in self._jobs.values():
                if request.unique_id and (job.project, job.request.unique_id) == (project, request.unique_id):
                    return job
            seconds = _number(request.settings.get(SECONDS_HINT, ""), self.seconds)
            job = Job(_new_id(), project, request, seconds)
            self._jobs[project, job.id] = job
        thread = Thread(target=self._run, args=(job,), name=f"job-{job.id}", daemon=True)
        with self._lock:
            self._threads.add(thread)
        thread.start()
        return job

    def job(self, project: str, job_id: str) -> Job:
        """A job by its id.

        Raises:
            OdpsError: NoSuchObject.
        """
        with self._lock:
            found = self._jobs.get((project, job_id))
        if found is None:
            raise no_such("Instance", job_id)
        return found

    def jobs(self, project: str) -> list[Job]:
        """The jobs of a project, the latest first."""
        with self._lock:
            return [job for (place, _), job in reversed(self._jobs.items()) if place == project]

    def running(self, quota: str) -> int:
        """How many jobs a quota serves now."""
        with self._lock:
            return sum(not job.is_over and job.request.quota == quota for job in self._jobs.values())

    def threads(self) -> list[Thread]:
        """The threads of the jobs that are at work."""
        with self._lock:
            return list(self._threads)

    def close(self) -> None:
        """Cancels what runs and waits for its end."""
        with self._lock:
            jobs = list(self._jobs.values())
        for job in jobs:
            job.cancel()
        for thread in self.threads():
            thread.join(timeout=10)

    def _run(self, job: Job) -> None:
        try:
            self._work(job)
        finally:
            with self._lock:
                self._threads.discard(current_thread())

    def _forget_rows(self) -> None:
        """Drops the rows of the oldest results when all together are too large; the latest result stays."""
        with self._lock:
            holding = [job for job in reversed(self._jobs.values()) if job.result.rows is not None]
        kept = 0
        for number, job in enumerate(holding):
            kept += job.result_bytes
            if number and kept > self.result_bytes:
                job.forget_rows()

    def _work(self, job: Job) -> None:
        try:
            plan = self._plan(job)
            job.begin(plan.stages)
            # Nothing is written before the wait, so that a cancelled job leaves nothing behind.
            if plan.stages and job.stop.wait(job.seconds):
                job.end(CANCELLED)
                return
            job.end(SUCCESS, result=plan.run(job))
            self._forget_rows()
        except OdpsError as error:
            job.end(FAILED, error=error)
        except Exception as error:
            # A defect of ours is a failed job, not a thread that ends without a word.
            job.end(FAILED, error=OdpsError(500, "ODPS-0010000", f"System internal error - {error!r}"))


def _new_id() -> str:
    """An id in the service's form: a time and random characters."""
    return datetime.now(UTC).strftime("%Y%m%d%H%M%S%f")[:17] + "g" + secrets.token_hex(5)


def _number(text: str, otherwise: float) -> float:
    try:
        return float(text)
    except ValueError:
        return otherwise
