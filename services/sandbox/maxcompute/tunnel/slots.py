"""Slots: the places of a session that take data, each served by a worker. Here one server is all workers."""

from __future__ import annotations

from services.sandbox.maxcompute.errors import invalid
from services.sandbox.maxcompute.routes import Call

ROUTED_SERVER = "odps-tunnel-routed-server"
SLOT_COUNT = "odps-tunnel-slot-num"
MOST_SLOTS = 32


def worker_address(call: Call) -> str:
    """Host and port of the worker, with one colon."""
    return call.sandbox.tunnel_endpoint.partition("://")[2]


def slot_count(text: str, default: int = 1) -> int:
    """The number of slots that a request wants.

    Raises:
        OdpsError: it is no number that can be served.
    """
    if not text:
        return default
    if not text.isdecimal() or int(text) > MOST_SLOTS:
        raise invalid(f"The number of slots is 1 to {MOST_SLOTS}, not {text!r}.")
    return int(text) or default


def known_slot(text: str, slots: int) -> int:
    """The slot that a request writes to.

    Raises:
        OdpsError: the session has no such slot.
    """
    if not text.isdecimal() or int(text) >= slots:
        raise invalid(f"The session has no slot {text!r}.")
    return int(text)
