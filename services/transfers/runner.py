"""The runner: one process at a time takes the lease, drives items step by step, and writes down each result."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import sys
import threading
import time
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from services.cancel import CancelToken
from services.errors import StoredeckError
from services.logs import redact
from services.paths import Paths
from services.secrets import Secret
from services.transfers.ending import run_hook
from services.transfers.item_rows import item_data
from services.transfers.lease import Lease, boot_id
from services.transfers.ledger import Ledger, Turn
from services.transfers.model import Failure, ItemState
from services.transfers.places import TypedSecrets
from services.transfers.scheduler import Scheduler
from services.transfers.settling import Settler
from services.transfers.starting import code_version, log_path
from services.transfers.tasks import Done, Engine, Task

POLL_SECONDS: Final = 0.1
"""How soon an order of somebody else is seen."""

BEAT_SECONDS: Final = 2.0
RATE_SECONDS: Final = 1.0
PROBE_SECONDS: Final = 0.2
"""Somebody who only looks whether the lease is held has it for less."""

MakeEngine = Callable[[Paths, int], Engine]
"""An engine for these directories; the descriptor is to be held by every worker."""


class Runner:
    """Runs transfers until told to stop, or until nothing is left to do.

    Args:
        idle_seconds: end after so long without work; None to wait for ever.
    """

    def __init__(self, paths: Paths, make_engine: MakeEngine, cancel: CancelToken) -> None:
        self._paths = paths
        self._make_engine = make_engine
        self._cancel = cancel
        self._lease = Lease(paths)
        self._started = time.time()

    def run(self, idle_seconds: float | None, lease_seconds: float = PROBE_SECONDS) -> bool:
        """Take the lease and work; False if somebody else has it."""
        while self._lease.take(lease_seconds):
            try:
                self._work(idle_seconds)
            finally:
                self._lease.give_back()
            if self._cancel.is_cancelled or not self._is_work_left():
                return True
        return False

    def _is_work_left(self) -> bool:
        ledger = Ledger(self._paths.transfers)
        try:
            with ledger.look() as look:
                return look.is_work_left() and not look.settings().is_draining
        finally:
            ledger.close()

    def _work(self, idle_seconds: float | None) -> None:
        ledger = Ledger(self._paths.transfers)
        engine = self._make_engine(self._paths, self._lease.descriptor)
        try:
            with ledger.turn() as turn:
                turn.recover()
            _Shift(ledger, engine, self._cancel, self._started).work(idle_seconds)
        finally:
            engine.close()
            with ledger.turn() as turn:
                turn.recover()
            ledger.close()


class _Shift:
    """The work between taking the lease and giving it back."""

    def __init__(self, ledger: Ledger, engine: Engine, cancel: CancelToken, started: float) -> None:
        self._ledger = ledger
        self._engine = engine
        self._cancel = cancel
        self._started = started
        self._code = code_version()
        self._scheduler = Scheduler(engine)
        self._settler = Settler()
        self._version = -1
        self._next_beat = self._next_rate = self._next_retry = 0.0
        self._idle_since = time.monotonic()

    def work(self, idle_seconds: float | None) -> None:
        """Turn after turn."""
        while not self._cancel.is_cancelled:
            self._turn()
            if idle_seconds is not None and self._is_idle(idle_seconds):
                return

    def _is_idle(self, seconds: float) -> bool:
        if self._scheduler.runs:
            self._idle_since = time.monotonic()
            return False
        with self._ledger.look() as look:
            if look.is_work_left() and not look.settings().is_draining:
                self._idle_since = time.monotonic()
                return False
        return time.monotonic() >= self._idle_since + seconds

    def _turn(self) -> None:
        ended = self._engine.poll(POLL_SECONDS)
        now = time.monotonic()
        self._beat(now)
        if not ended and not self._is_due(now):
            for task in self._scheduler.stopping():
                self._engine.cancel(task)
            return
        tasks: list[Task] = []
        with self._ledger.turn() as turn:
            for done in ended:
                self._settle(turn, done)
            tasks = self._scheduler.choose(turn)
            self._note_rates(turn, now)
            self._version = turn.version()
            retry = turn.seconds_to_retry()
        waits = [run.not_before for run in self._scheduler.runs.values() if run.not_before > now]
        self._next_retry = min([*waits, *([] if retry is None else [now + max(retry, 0.0)])], default=float("inf"))
        for task in tasks:
            self._engine.submit(task)
            if task.step in ("plan", "check"):
                self._engine.warm(task, self._scheduler.runs[task.item].item.options.parallel)
        for task in self._scheduler.stopping():
            self._engine.cancel(task)
        self._tell_hooks()

    def _settle(self, turn: Turn, done: Done) -> None:
        """Take a result in; a defect in doing so ends its item, not the runner."""
        run = self._scheduler.runs.get(done.task.item)
        if run is None:
            return
        try:
            with turn.alone():
                self._settler.settle(turn, run, done)
        except StoredeckError:
            raise
        except Exception as error:
            logging.getLogger(__name__).exception("defect in transfer %d", done.task.item)
            words = redact(f"a defect of Storedeck: {type(error).__name__}: {error}")
            if done.task.part is not None:
                turn.give_back(done.task.item, done.task.part, words, is_counted=True)
            turn.ends(done.task.item, ItemState.FAILED, Failure("Defect", words, "Report what transfers.log says."))

    def _is_due(self, now: float) -> bool:
        if now >= self._next_retry or (now >= self._next_rate and self._scheduler.runs):
            return True
        with self._ledger.look() as look:
            return look.version() != self._version

    def _note_rates(self, turn: Turn, now: float) -> None:
        if now < self._next_rate:
            return
        self._next_rate = now + RATE_SECONDS
        for run in self._scheduler.runs.values():
            size, rows = run.rate.per_second()
            if run.item.state is ItemState.RUNNING and (size, rows) != (run.item.rate, run.item.rate_rows):
                turn.set(run.item.id, rate=size, rate_rows=rows)

    def _beat(self, now: float) -> None:
        if now >= self._next_beat:
            self._next_beat = now + BEAT_SECONDS
            with self._ledger.turn() as turn:
                turn.beat(os.getpid(), socket.gethostname(), boot_id(), self._engine.name, self._started, self._code)

    def _tell_hooks(self) -> None:
        ended, self._settler.ended = self._settler.ended, []
        for identifier in ended:
            with self._ledger.look() as look:
                held, general = look.held(identifier), look.settings().hook
            command = (held.item.options.hook or general) if held else ""
            if held and command:
                run_hook(command, item_data(held.item))


def local_engine(typed: TypedSecrets | None = None) -> MakeEngine:
    """Worker processes on this machine, which are given the secrets that somebody typed."""
    from services.transfers.local_engine import LocalEngine

    return lambda paths, descriptor: LocalEngine(paths, workers=1, kept_open=(descriptor,), typed=typed)


def typed_secrets(line: str) -> TypedSecrets:
    """Secrets as the one who started this process gave them: JSON by profile and field."""
    data = json.loads(line or "{}")
    return {name: {field: Secret(text) for field, text in fields.items()} for name, fields in data.items()}


def main(words: Sequence[str]) -> int:
    """Run detached: until idle for a while."""
    from services.logs import start_logging
    from services.transfers.local_engine import lower_priority

    parser = ArgumentParser(prog="services.transfers.runner")
    parser.add_argument("--idle", type=float, default=None)
    parser.add_argument("--secrets", action="store_true", help="a line of JSON on standard input")
    for name in ("config", "state", "cache"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    args = parser.parse_args(words)
    paths = Paths(args.config, args.state, args.cache)
    start_logging(log_path(paths))
    lower_priority()
    typed = typed_secrets(sys.stdin.readline()) if args.secrets else None
    cancel = CancelToken()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: threading.Thread(target=cancel.cancel).start())
    try:
        Runner(paths, local_engine(typed), cancel).run(args.idle)
    except Exception:
        logging.getLogger(__name__).exception("the runner ended")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
