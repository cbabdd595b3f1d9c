"""What tests and benchmarks in another process ask of this server, and the clock of its sessions."""

from __future__ import annotations

from services.sandbox.maxcompute.errors import invalid
from services.sandbox.maxcompute.routes import Call, Reply, Route
from services.sandbox.maxcompute.tunnel.tables import json_answer


def tell(call: Call) -> Reply:
    """Requests by operation, blocks, bytes, sessions and connections."""
    sandbox = call.sandbox
    figures = {"Sessions": sandbox.tunnel.count(), "OpenConnections": sandbox.open_connections}
    return json_answer({**sandbox.counters.snapshot(), **figures})


def advance(call: Call) -> Reply:
    """Lets time go by for all sessions, so that they end."""
    seconds = call.query["advance"]
    if not seconds.isdecimal():
        raise invalid(f"{seconds!r} is no number of seconds.")
    call.sandbox.tunnel.clock.advance(float(seconds))
    return json_answer({})


ROUTES = [
    Route("Figures", "GET", "/sandbox/figures", tell, is_open=True),
    Route("AdvanceClock", "POST", "/sandbox/clock", advance, keys=("advance",), is_open=True),
]
