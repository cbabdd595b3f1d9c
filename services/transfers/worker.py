"""A worker process: does one step at a time for the runner at the other end of its pipe, and ends when that closes."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import queue
import sys
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from services.cancel import NEVER, CancelToken
from services.errors import Cancelled, ConnectError, SessionExpired, StoredeckError
from services.lean_imports import keep_pandas_out
from services.logs import redact
from services.paths import Paths
from services.secrets import Secret
from services.transfers.model import Failure
from services.transfers.pacing import AskingPace
from services.transfers.places import Places

LEAVING_SECONDS: Final = 2.0


class Worker:
    """Reads commands in a thread, does them in the main one."""

    def __init__(self, connection: Connection, paths: Paths) -> None:
        self._connection = connection
        self._paths = paths
        self._sending = threading.Lock()
        self._commands: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._tokens: dict[int, CancelToken] = {}
        self._plans: dict[str, str] = {}
        self._task = 0
        self._pace = AskingPace(self._ask)
        self._typed: dict[str, dict[str, Secret]] = {}

    def run(self) -> None:
        """Work until told to quit."""
        threading.Thread(target=self._receive, name="commands", daemon=True).start()
        from services.connections.profiles import Profiles
        from services.connections.vault import KeyringVault

        vault = KeyringVault()
        places = Places(Profiles(self._paths, vault), vault, self._typed)
        while (command := self._commands.get()) is not None:
            if command["do"] == "warm":
                _warm(command["body"], places)
            else:
                self._send(self._answer(command, places))
        places.close()

    def _receive(self) -> None:
        """Take commands; when the runner is gone, so is this process: its part is run again by the next one."""
        is_leaving = False
        try:
            while True:
                message = json.loads(self._connection.recv_bytes())
                match message["do"]:
                    case "quit":
                        is_leaving = True
                        self._commands.put(None)
                    case "secrets":
                        for name, fields in message["secrets"].items():
                            self._typed[name] = {field: Secret(text) for field, text in fields.items()}
                    case "grant":
                        self._pace.grant()
                    case "cap":
                        self._pace.set_cap(message["rate"])
                    case "cancel":
                        self._tokens.setdefault(message["task"], CancelToken()).cancel()
                    case "warm":
                        self._commands.put(message)
                    case _:
                        self._tokens.setdefault(message["task"], CancelToken())
                        self._commands.put(message)
        except (EOFError, OSError):
            if is_leaving:  # the main thread closes its stores and ends the process, unless something holds it up
                time.sleep(LEAVING_SECONDS)
            os._exit(1)

    def _answer(self, command: dict[str, Any], places: Places) -> dict[str, Any]:
        self._task = command["task"]
        token = self._tokens.setdefault(self._task, CancelToken())
        if "plan" in command:
            self._plans = {command["key"]: command["plan"]}
        try:
            from services.transfers.ops import STEPS, Order

            order = Order(command["body"], self._plans.get(command["key"], ""), places, token)
            token.check()
            return {"task": self._task, "result": STEPS[command["do"]](order, self._pace)}
        except Exception as error:
            if isinstance(error, ConnectError | SessionExpired):
                places.close()
            rejects = [one.data() for one in getattr(error, "rejects", ())]
            return {"task": self._task, "failure": failure_of(error, token).data(), "rejects": rejects}
        finally:
            self._tokens.pop(self._task, None)

    def _ask(self, size_bytes: int) -> None:
        self._send({"task": self._task, "ask": size_bytes})

    def _send(self, message: dict[str, Any]) -> None:
        data = json.dumps(message).encode()
        try:
            with self._sending:
                self._connection.send_bytes(data)
        except OSError:
            os._exit(1)


def _warm(body: dict[str, Any], places: Places) -> None:
    """Import and connect what parts will need; whatever fails here is told by the step that needs it."""
    from services.transfers.model import TransferOptions

    options = TransferOptions.of_data(body["options"])
    with contextlib.suppress(Exception):
        places.source(body["source"], options.source, NEVER)
        places.target(body["target"], options.target, NEVER)


def failure_of(error: Exception, token: CancelToken) -> Failure:
    """A failure as what the journal keeps."""
    if token.is_cancelled or isinstance(error, Cancelled):
        return Failure("Cancelled", "stopped: as asked")
    if isinstance(error, StoredeckError):
        kind = type(error).__name__
        return Failure(kind, redact(error.message), redact(error.hint), error.request_id, error.retryable)
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return Failure("OSError", f"{where}{error.strerror or error}", "Check the file, its folder and the space left.")
    logging.getLogger(__name__).error("defect", exc_info=error)
    words = redact(f"{type(error).__name__}: {error}")
    return Failure("Defect", f"a defect of Storedeck: {words}", "Report what the log of the runner says.")


def main(words: list[str]) -> None:
    """Run a worker: descriptor of the pipe, then the three directories."""
    keep_pandas_out()
    from services.logs import start_logging

    config, state, cache = map(Path, words[1:4])
    start_logging(state / "transfers.log")
    Worker(Connection(int(words[0])), Paths(config, state, cache)).run()


if __name__ == "__main__":
    main(sys.argv[1:])
