"""Steps of `demo --check` over stores that keep jobs: one goes on without its console and is found again."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from services.cancel import CancelToken
from services.cli.connecting import ended
from services.errors import Cancelled, Refused
from services.stores.base import KeepsJobs, RunsSql
from services.stores.types import Statement

if TYPE_CHECKING:
    from services.cli.demo_bench import Bench

WAIT_SECONDS: Final = 15.0


def found_again(bench: Bench) -> str:
    """Leave a running job, as a console does that ends, and read its result by its id with another client."""
    identifier = _left_running(bench)
    later = bench.connected()
    assert isinstance(later, KeepsJobs)
    listed = [str(one) for one in later.list_jobs().batch.column("id").to_pylist()]
    _require(identifier in listed, f"job {identifier} is not listed")
    with ended(later.job_result(identifier, cancel=bench.cancel)) as pages:
        rows = sum(page.batch.num_rows for page in pages if page.batch is not None)
    _require(rows > 0, f"job {identifier} has no rows")
    return f"job {identifier} went on alone; {rows:,} rows of its result were read by its id with another client"


def _left_running(bench: Bench) -> str:
    """Start the job and leave it as soon as it has an id."""
    store, token, said = bench.store, CancelToken(), threading.Event()
    assert isinstance(store, RunsSql)
    words: list[str] = []
    ends: list[BaseException | None] = []

    def hear(text: str) -> None:
        words.append(text)
        said.set()

    def run() -> None:
        try:
            with token.heard_by(hear), ended(store.run_sql(Statement(bench.samples.job), token)) as pages:
                for _ in pages:
                    pass
            ends.append(None)
        except BaseException as error:
            ends.append(error)
            said.set()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    _require(said.wait(WAIT_SECONDS) and bool(words), f"the job did not start: {ends[0] if ends else 'no word of it'}")
    token.leave()
    thread.join(WAIT_SECONDS)
    _require(bool(ends) and isinstance(ends[0], Cancelled), f"leaving ended with {ends[0] if ends else 'nothing'}")
    return words[0].split()[1].rstrip(":")


def running_statements(watcher: KeepsJobs) -> list[str]:
    """The statements of the jobs that run now."""
    return [str(text) for text in watcher.list_jobs(status="running").batch.column("statement").to_pylist()]


def cost_told(bench: Bench) -> str:
    """Ask what a statement would cost."""
    assert isinstance(bench.store, KeepsJobs)
    facts = bench.store.estimate(Statement(bench.samples.count), bench.cancel).groups[0].facts
    _require(bool(facts), "no cost was told")
    return ", ".join(f"{name}: {text}" for name, text in facts)


def _require(holds: bool, words: str) -> None:
    if not holds:
        raise Refused(words)
