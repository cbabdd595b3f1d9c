"""A session's process: holds one store and its results, and answers the console over one socket.

Run as `python -m services.connections.host --fd N [--log FILE]`. The thread that reads the socket answers windows
itself; every other call is a job in a thread of its own. The process ends when its socket does.
"""

from __future__ import annotations

import argparse
import faulthandler
import gc
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from services.cancel import CancelToken
from services.connections import calls, results_table
from services.connections.calls import SessionCalls
from services.connections.defects import as_ours
from services.connections.opening import Opening
from services.connections.results_table import ResultsTable
from services.connections.wire import (
    SESSION,
    Answer,
    Ask,
    Failure,
    Frames,
    Item,
    Message,
    ResultOpened,
    Stop,
    decode_trusted,
    encode,
)
from services.errors import Cancelled, UsageError
from services.jobs.job import Job
from services.lean_imports import keep_pandas_out
from services.logs import start_logging
from services.text import displayable

CLOSE_SECONDS: Final = 2.0
RECEIVE_BYTES: Final = 1 << 18
COLLECT_THRESHOLDS: Final = (20_000, 20, 100)
SWITCH_SECONDS: Final = 0.0005
NICE: Final = 10
"""Below the console: with every core decoding, keys stay as fast as when idle."""


class Reply:
    """The answer to one call: items, then exactly one end; what comes after the end is dropped."""

    def __init__(self, host: Host, ask: Ask) -> None:
        self._host = host
        self._ask = ask
        self._lock = threading.Lock()
        self._is_over = False

    def item(self, value: Any) -> None:
        """Send one of several values."""
        with self._lock:
            if not self._is_over:
                self._host.send(Item(self._ask.id, value))

    def answer(self, value: Any) -> bool:
        """End well; False if it had ended before."""
        return self._finish(Answer(self._ask.id, value))

    def fail(self, error: BaseException) -> bool:
        """End with an error."""
        return self._finish(Failure(self._ask.id, as_ours(error, self._ask.method)))

    def _finish(self, message: Answer | Failure) -> bool:
        with self._lock:
            if self._is_over:
                return False
            self._is_over = True
            self._host.send(message)
            return True


class Host:
    """Serves one socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._sending = threading.Lock()
        self._jobs: dict[int, tuple[Job, Ask, Reply]] = {}
        self._results = ResultsTable(self.send)
        self._calls: SessionCalls | None = None

    def send(self, message: Message) -> None:
        """Send a message whole; a console that is gone is no error here."""
        data = encode(message)
        with self._sending, suppress(OSError):
            self._connection.sendall(data)

    def serve(self) -> None:
        """Answer until the socket ends."""
        frames = Frames()
        while True:
            try:
                data = self._connection.recv(RECEIVE_BYTES)
            except OSError:
                return
            if not data:
                return
            for body in frames.feed(data):
                self._take(decode_trusted(body))

    def _take(self, message: Any) -> None:
        if isinstance(message, Stop):
            self._stop(message.id)
        elif message.target != SESSION and message.method in results_table.FAST:
            self._answer_now(message)
        else:
            self._start(message)

    def _answer_now(self, ask: Ask) -> None:
        try:
            self.send(Answer(ask.id, self._results.call(ask.target, ask.method, CancelToken(), ask.args)))
        except Exception as error:
            self.send(Failure(ask.id, as_ours(error, ask.method)))

    def _start(self, ask: Ask) -> None:
        job, reply = Job(ask.method), Reply(self, ask)
        self._jobs[ask.id] = job, ask, reply
        job.start(lambda job: self._work(job, ask, reply))

    def _work(self, job: Job, ask: Ask, reply: Reply) -> None:
        try:
            value = self._value(job, ask, reply)
        except BaseException as error:
            reply.fail(error)
        else:
            if not reply.answer(value) and isinstance(value, ResultOpened):
                self._results.close(value.target)
        finally:
            self._jobs.pop(ask.id, None)

    def _value(self, job: Job, ask: Ask, reply: Reply) -> Any:
        if ask.target != SESSION:
            if ask.method not in results_table.METHODS:
                raise UsageError(f"{ask.method}: no call of a result")
            return self._results.call(ask.target, ask.method, job.token, ask.args)
        if ask.method not in calls.METHODS:
            raise UsageError(f"{ask.method}: no call of a session")
        args = ask.args
        if self._calls is None:
            opening: Opening = args[0]
            self._calls, args = SessionCalls(opening, self._results), args[1:]
        with job.token.heard_by(lambda words: reply.item(_displayable_lines(words))):
            value = getattr(self._calls, ask.method)(job.token, *args)
        if ask.method == "open":
            _spare_collector()
        if ask.method not in calls.STREAMS:
            return value
        for item in value:
            reply.item(item)
        return None

    def _stop(self, call_id: int) -> None:
        """Ask a call to stop; one that cannot hear it is answered for."""
        job, ask, reply = self._jobs.get(call_id, (None, None, None))
        if job is None or ask is None or reply is None:
            return
        if ask.target == SESSION and ask.method in calls.ABANDONED:
            reply.fail(Cancelled("stopped: as asked"))
        # The callbacks of a token may talk to the server, so the reading thread does not run them.
        threading.Thread(target=job.cancel, name="stop", daemon=True).start()

    def close(self) -> None:
        """Stop all work and let go of the store, within a short time; what servers keep running, runs on."""
        for job, _, _ in list(self._jobs.values()):
            threading.Thread(target=job.token.leave, daemon=True).start()
        held = self._calls
        if held is not None:
            ending = Job("close")
            ending.start(lambda job: held.close(job.token))
            ending.wait(CLOSE_SECONDS)


def _displayable_lines(words: str) -> str:
    return "\n".join(map(displayable, words.splitlines()))


def _spare_collector() -> None:
    """Leave what is imported by now out of garbage collection, and collect less often.

    A window makes hundreds of short-lived tuples; with the usual thresholds collecting takes longer than formatting.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_THRESHOLDS)


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve the socket that this process inherited; never returns."""
    keep_pandas_out()
    parser = argparse.ArgumentParser(prog="services.connections.host")
    parser.add_argument("--fd", type=int, required=True)
    parser.add_argument("--log", default="")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _keep_output_away(options.log)
    sys.setswitchinterval(SWITCH_SECONDS)
    os.nice(NICE)
    host = Host(socket.socket(fileno=options.fd))
    try:
        host.serve()
        host.close()
    except BaseException:
        logging.getLogger(__name__).exception("the session's process fails")
    finally:
        logging.shutdown()
        os._exit(0)


def _keep_output_away(log: str) -> None:
    """Let what SDKs print end in the log: the terminal belongs to the console."""
    handle = os.open(log or os.devnull, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(handle, stream)
    os.close(handle)
    faulthandler.enable(file=2)
    from pathlib import Path

    start_logging(Path(log) if log else None)


if __name__ == "__main__":
    main()
