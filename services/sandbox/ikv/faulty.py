"""Faults on gRPC calls: what each action of `services.sandbox.faults` means here.

| action | what a call meets |
| --- | --- |
| `delay` | it is answered that much later |
| `stall` | no answer until the client's deadline or the end of the server |
| `error=TEXT,status=CODE` | that gRPC code with that text; without `status` it is INTERNAL, as when Kafka fails |
| `reset` | UNAVAILABLE, without details, as when the connection breaks |
| `garbage` | bytes that are no message |
| `node-down` | the gateway is gone: its port closes |

An operation is named as its method with a capital, as in `op=BatchUpsertFieldValues` or `op=HealthCheck`;
`op=handshake` is getUserStoreConfig, with which a client begins.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Protocol

from services.sandbox.faults import Fault, FaultPlan
from services.sandbox.ikv.errors import RESET_TEXT, UNAVAILABLE, Refused, internal

GARBAGE = b"\xff" * 9
NODE = 1
DEFAULT_STATUS = 1


class Context(Protocol):
    """What faults need of a call's context."""

    def add_callback(self, callback: Callable[[], None]) -> bool: ...


class Faults:
    """The faults of a gateway.

    Args:
        plan: which faults are due.
        closing: set when the server ends; waiting calls end then too.
        kill: takes the server down.
    """

    def __init__(self, plan: FaultPlan, closing: Event, kill: Callable[[], None]) -> None:
        self._plan, self._closing, self._kill = plan, closing, kill

    def meet(self, op: int | str, context: Context) -> bytes | None:
        """Lets a call meet its faults; gives the answer if a fault makes it, None if the call goes on.

        Raises:
            Refused: a fault refuses it.
        """
        for fault in self._plan.due(op, NODE):
            if fault.action == "delay":
                self._closing.wait(fault.seconds)
            elif fault.action == "garbage":
                return GARBAGE
            else:
                self._end(fault, context)
        return None

    def _end(self, fault: Fault, context: Context) -> None:
        if fault.action == "error":
            raise internal(fault.text) if fault.status == DEFAULT_STATUS else Refused(fault.status, fault.text)
        if fault.action == "stall":
            self._wait_for_client(context)
        elif fault.action == "node-down":
            self._kill()
        raise Refused(UNAVAILABLE, RESET_TEXT, has_details=False)

    def _wait_for_client(self, context: Context) -> None:
        """Until the call is over: by its deadline, by cancellation, by the end of the server."""
        over = Event()
        if context.add_callback(over.set):
            while not over.wait(0.05) and not self._closing.is_set():
                pass
