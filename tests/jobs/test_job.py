"""A job's states, its outcome and how it is stopped."""

from __future__ import annotations

import threading

from services.errors import Refused
from services.jobs.job import Job, JobState, Progress


def test_job_runs_and_keeps_its_result() -> None:
    """A job waits, runs in a thread of its own, and is done with a result."""
    job = Job("count")
    assert (job.state, job.elapsed, job.is_over) == (JobState.WAITING, 0.0, False)
    threads: list[str] = []

    def work(job: Job) -> int:
        threads.append(threading.current_thread().name)
        job.progress = Progress(3, 3, "rows")
        return 3

    job.start(work)
    assert job.wait(10)
    assert (job.state, job.result, job.progress.done, threads) == (JobState.DONE, 3, 3, ["count"])
    assert job.elapsed > 0


def test_failed_job_keeps_its_error() -> None:
    """An error ends the job and stays with it."""
    job = Job("fail")

    def work(job: Job) -> None:
        raise Refused("no")

    job.run(work)
    assert job.state is JobState.FAILED
    assert isinstance(job.error, Refused)


def test_cancelled_job_stops_where_it_looks() -> None:
    """A job that is asked to stop ends as cancelled; one asked before its start does not start."""
    job, started = Job("long"), threading.Event()

    def work(job: Job) -> None:
        started.set()
        while True:
            job.token.wait(0.01)
            job.token.check()

    job.start(work)
    assert started.wait(10)
    job.cancel()
    assert job.wait(10)
    assert job.state is JobState.CANCELLED
    early = Job("early")
    early.cancel()
    early.run(lambda job: 1)
    assert (early.state, early.result) == (JobState.CANCELLED, None)
