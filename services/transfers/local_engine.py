"""Tasks in worker processes of this machine: started when needed, ended when idle, replaced when they die."""

from __future__ import annotations

import json
import logging
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection, wait
from typing import Any, Final

from services.connections.process import child_environment
from services.logs import redact
from services.paths import Paths
from services.text import one_line
from services.transfers.model import Failure
from services.transfers.places import TypedSecrets
from services.transfers.tasks import Caps, Done, Engine, Task
from services.transfers.throttle import Throttle, Wish

_IDLE_SECONDS: Final = 10.0
_QUIT_SECONDS: Final = 3.0
_TAIL_BYTES: Final = 4096
MODULE: Final = "services.transfers.worker"


class WorkerProcess:
    """A worker and the task it does.

    Attributes:
        ending: how it ended, once it has.
    """

    def __init__(self, number: int, paths: Paths, kept_open: Sequence[int]) -> None:
        self.number = number
        self.task: Task | None = None
        self.key = ""
        self.cap = 0
        self.is_leaving = False
        self.ending = ""
        self.idle_since = time.monotonic()
        ours, theirs = socket.socketpair()
        words = [sys.executable, "-m", MODULE, str(theirs.fileno())]
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the process
        try:
            self.process = subprocess.Popen(
                [*words, str(paths.config), str(paths.state), str(paths.cache)],
                pass_fds=(theirs.fileno(), *kept_open),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._said,
                env=child_environment(),
            )
        except OSError:
            ours.close()
            self._said.close()
            raise
        finally:
            theirs.close()
        self.connection: Connection[Any, Any] = Connection(ours.detach())

    def send(self, message: dict[str, Any]) -> None:
        """Send a command; a worker that is gone is noticed when its pipe is read."""
        try:
            self.connection.send_bytes(json.dumps(message).encode())
        except OSError:
            logging.getLogger(__name__).info("worker %d is gone", self.process.pid)

    def end(self) -> None:
        """Let it go: idle by a word, so that it closes its stores, in the middle of a task by closing its pipe."""
        if self.task is not None:
            self.connection.close()
        try:
            self.process.wait(_QUIT_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.connection.close()
        if not self._said.closed:
            self.ending = self._ending()
            self._said.close()

    def _ending(self) -> str:
        """How it ended, with the last words of one that broke down."""
        code = self.process.returncode
        self._said.seek(max(self._said.seek(0, os.SEEK_END) - _TAIL_BYTES, 0))
        lines = [line for line in self._said.read().decode("utf-8", "replace").splitlines() if line.strip()]
        said = f": {redact(one_line(lines[-1]))}" if lines else ""
        return f"signal {-code}{said}" if code < 0 else f"code {code}{said}"


class LocalEngine(Engine):
    """Worker processes on this machine.

    Args:
        kept_open: descriptors that workers hold as well, such as the lease: it is free when all of them are gone.
        typed: secrets that somebody typed; they reach workers by their pipe alone.
    """

    name = "local"

    def __init__(
        self, paths: Paths, workers: int, kept_open: Sequence[int] = (), typed: TypedSecrets | None = None
    ) -> None:
        self._paths = paths
        self._typed = typed or {}
        self._workers: list[WorkerProcess] = []
        self._most = workers
        self._kept_open = kept_open
        self._numbers = 0
        self._throttle = Throttle()

    @property
    def slots(self) -> int:
        """See `Engine.slots`."""
        return max(self._most - sum(worker.task is not None for worker in self._workers), 0)

    def resize(self, workers: int) -> None:
        """See `Engine.resize`."""
        self._most = workers

    def set_caps(self, caps: Caps) -> None:
        """See `Engine.set_caps`."""
        if caps != self._throttle.caps:
            self._throttle.set_caps(caps)
            for worker in self._workers:
                self._tell_cap(worker)
            self._grant()

    def submit(self, task: Task) -> None:
        """See `Engine.submit`."""
        idle = [worker for worker in self._workers if worker.task is None and not worker.is_leaving]
        knowing = [worker for worker in idle if worker.key == task.key]
        worker = knowing[0] if knowing else idle[0] if idle else self._start()
        worker.task = task
        self._tell_cap(worker)
        message = {"do": task.step, "task": task.id, "key": task.key, "body": dict(task.body)}
        if worker.key != task.key:
            message["plan"], worker.key = task.plan, task.key
        worker.send(message)

    def warm(self, task: Task, count: int) -> None:
        """See `Engine.warm`: new workers import and connect while the transfer is planned."""
        for _ in range(min(count, self._most) - len(self._workers)):
            self._start().send({"do": "warm", "body": dict(task.body)})

    def cancel(self, task: Task) -> None:
        """See `Engine.cancel`."""
        for worker in self._workers:
            if worker.task is not None and worker.task.id == task.id:
                worker.send({"do": "cancel", "task": task.id})

    def poll(self, seconds: float) -> Sequence[Done]:
        """See `Engine.poll`."""
        by_connection = {worker.connection: worker for worker in self._workers}
        if not by_connection:
            time.sleep(seconds)
            return []
        ready = wait(list(by_connection), min(seconds, self._throttle.seconds_to_go()))
        found = [self._receive(by_connection[connection]) for connection in ready]  # type: ignore[index]
        self._grant()
        self._end_idle()
        return [done for done in found if done is not None]

    def close(self) -> None:
        """See `Engine.close`."""
        for worker in self._workers:
            if worker.task is None:
                worker.send({"do": "quit"})
            else:
                worker.connection.close()
        for worker in self._workers:
            worker.end()
        self._workers = []

    @property
    def pids(self) -> list[int]:
        """The processes of the workers."""
        return [worker.process.pid for worker in self._workers]

    def _start(self) -> WorkerProcess:
        self._numbers += 1
        worker = WorkerProcess(self._numbers, self._paths, self._kept_open)
        self._workers.append(worker)
        if self._typed:
            worker.send({"do": "secrets", "secrets": revealed(self._typed)})
        return worker

    def _receive(self, worker: WorkerProcess) -> Done | None:
        try:
            message = json.loads(worker.connection.recv_bytes())
        except (EOFError, OSError):
            return self._lost(worker)
        task = worker.task
        if task is None or message["task"] != task.id:
            return None
        if "ask" in message:
            self._throttle.ask(Wish(worker.number, task.item, message["ask"]))
            return None
        worker.task, worker.idle_since = None, time.monotonic()
        failure = message.get("failure")
        rejects = message.get("rejects", ())
        return Done(task, message.get("result"), Failure(**failure) if failure else None, rejects=rejects)

    def _lost(self, worker: WorkerProcess) -> Done | None:
        self._workers.remove(worker)
        self._throttle.forget(worker.number)
        worker.end()
        if worker.task is None:
            return None
        failure = Failure(
            "SessionLost", f"its worker process ended by {worker.ending}", "It is run again.", is_passing=True
        )
        return Done(worker.task, failure=failure, is_lost=True)

    def _tell_cap(self, worker: WorkerProcess) -> None:
        cap = self._throttle.caps.of(worker.task.item) if worker.task is not None else 0
        if cap != worker.cap:
            worker.cap = cap
            worker.send({"do": "cap", "rate": cap})

    def _grant(self) -> None:
        granted = set(self._throttle.granted())
        for worker in self._workers:
            if worker.number in granted:
                worker.send({"do": "grant"})

    def _end_idle(self) -> None:
        """Idle workers go after a while: each holds a good part of the memory that all of them may take."""
        due = time.monotonic() - _IDLE_SECONDS
        for worker in self._workers:
            if worker.task is None and worker.idle_since < due and not worker.is_leaving:
                worker.is_leaving = True
                worker.send({"do": "quit"})


def revealed(typed: TypedSecrets) -> dict[str, dict[str, str]]:
    """Typed secrets as text, for a pipe."""
    return {name: {field: secret.reveal() for field, secret in fields.items()} for name, fields in typed.items()}


def lower_priority() -> None:
    """Give way to whoever works at the keyboard; children inherit it."""
    if hasattr(os, "nice"):
        os.nice(10)
