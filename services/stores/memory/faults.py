"""What shall go wrong in a memory store, by method."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from services.cancel import NEVER, CancelToken
from services.errors import Refused, SessionLost, UsageError

POLL_SECONDS: Final = 0.005


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    Attributes:
        after: calls or pages that go well before it strikes.
        delay: seconds to wait first; a cancel ends the wait.
        wait_file: wait until that file exists; a cancel ends the wait.
        hang: seconds to wait that no cancel ends.
        error: words of an error to raise.
        lost: the connection is lost.
        crash: the process ends on the spot.
    """

    after: int = 0
    delay: float = 0.0
    wait_file: str = ""
    hang: float = 0.0
    error: str = ""
    lost: bool = False
    crash: bool = False


class Faults:
    """The faults of one store; counts calls by method and notes them in a file. Thread-safe."""

    def __init__(self, faults: Mapping[str, Fault], log: str = "") -> None:
        self._faults = faults
        self._log = log
        self._lock = threading.Lock()
        self._calls: dict[str, int] = {}

    @classmethod
    def read(cls, text: str, log: str = "") -> Faults:
        """Read `{"read_rows": {"delay": 0.5, "after": 2}}`.

        Raises:
            UsageError: the text is something else.
        """
        try:
            data: dict[str, dict[str, Any]] = json.loads(text or "{}")
            return cls({method: Fault(**fault) for method, fault in data.items()}, log)
        except (ValueError, TypeError, AttributeError) as error:
            raise UsageError(f"faults: {error}", hint='Write {"method": {"delay": 0.5}}.') from error

    def strike(self, method: str, cancel: CancelToken = NEVER) -> None:
        """Note the call, and do what is to go wrong with it.

        Raises:
            Refused, SessionLost, Cancelled: as asked for.
        """
        with self._lock:
            count = self._calls[method] = self._calls.get(method, 0) + 1
            if self._log:
                with Path(self._log).open("a", encoding="utf-8") as file:
                    file.write(f"{method}\n")
        fault = self._faults.get(method)
        if fault is not None and count > fault.after:
            _do(fault, method, cancel)


def _do(fault: Fault, method: str, cancel: CancelToken) -> None:
    if fault.delay:
        cancel.wait(fault.delay)
    if fault.wait_file:
        while not (Path(fault.wait_file).exists() or cancel.wait(POLL_SECONDS)):
            pass
    if fault.hang:
        time.sleep(fault.hang)
    cancel.check()
    if fault.crash:
        import os

        os.abort()
    if fault.lost:
        raise SessionLost(f"{method}: the connection was reset", hint="Open the profile again.")
    if fault.error:
        raise Refused(f"{method}: {fault.error}", hint="This fault was asked for.", request_id="fault-1")
