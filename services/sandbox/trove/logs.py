"""Logs of an instance, published part by part into a container of the object store."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from services.sandbox.trove.calls import Call, Reply, Route
from services.sandbox.trove.errors import Refusal, bad_request, not_found
from services.sandbox.trove.guest import running
from services.sandbox.trove.model import GuestLog, Instance

CONTAINER = "database_logs"
SECONDS_A_LINE = 2.0
PART_LINES = 500
ACTIONS = ("enable", "disable", "publish", "discard")
# Name, and whether the system keeps it on.
_LOGS = (("general", False), ("slow_query", False), ("error", True))
_SENTENCES = {
    "error": "[Note] [MY-010914] [Server] Aborted connection to db: 'shop' user: 'app' (Got timeout reading packets)",
    "general": "Query\tSELECT id, total FROM orders WHERE customer_id = 42",
    "slow_query": "# Query_time: 2.104  Lock_time: 0.000 Rows_sent: 12  Rows_examined: 88120",
}


def new_logs(seconds: float) -> list[GuestLog]:
    """The logs of a new instance: that of the system is on."""
    return [GuestLog(name, is_system, seconds if is_system else None) for name, is_system in _LOGS]


def line_count(log: GuestLog, seconds: float) -> int:
    """Lines by a simulated second: one every two seconds while the log is on, one at once."""
    grown = 0 if log.since is None else int((seconds - log.since) / SECONDS_A_LINE) + 1
    return log.lines + max(0, grown)


def _text(instance: Instance, log: GuestLog, first: int, last: int) -> bytes:
    lines = []
    for number in range(first, last):
        moment = instance.created + timedelta(seconds=number * SECONDS_A_LINE)
        lines.append(f"{moment.isoformat()}Z {number + 1} {_SENTENCES[log.name]}\n")
    return "".join(lines).encode()


def _prefix(call: Call, instance: Instance, log: GuestLog) -> str:
    return f"{instance.id}/{call.cloud.version_of(instance).manager}-{log.name}/"


def _state(log: GuestLog, pending: int) -> str:
    if log.since is None and not log.is_system:
        return "Disabled"
    if pending:
        return "Partial" if log.published else "Ready"
    return "Published" if log.published else "Enabled"


def _view(call: Call, instance: Instance, log: GuestLog, seconds: float) -> dict[str, Any]:
    total = line_count(log, seconds)
    pending = len(_text(instance, log, log.published, total))
    prefix = _prefix(call, instance, log)
    return {
        "name": log.name,
        "type": "SYS" if log.is_system else "USER",
        "status": _state(log, pending),
        "published": log.published_bytes,
        "pending": pending,
        "container": CONTAINER if log.published else "None",
        "prefix": prefix if log.published else "None",
        "metafile": prefix.rstrip("/") + "_metafile",
    }


def list_logs(call: Call) -> Reply:
    instance, seconds = running(call), call.cloud.clock.seconds()
    return Reply(200, {"logs": [_view(call, instance, log, seconds) for log in instance.logs]})


def act(call: Call) -> Reply:
    """Switches a log on or off, throws away what was published, publishes: in that order, as many as are asked for."""
    instance, seconds = running(call), call.cloud.clock.seconds()
    name = call.part("name")
    log = next((one for one in instance.logs if one.name == name), None)
    if log is None:
        raise not_found(f"log {name}")
    wanted = {action for action in ACTIONS if call.body.get(action)}
    if {"enable", "disable"} <= wanted:
        raise bad_request("Cannot enable and disable log.")
    if wanted & {"enable", "disable"}:
        _switch(log, seconds, is_on="enable" in wanted)
    if "discard" in wanted:
        _discard(call, instance, log)
    if "publish" in wanted:
        _publish(call, instance, log, seconds)
    return Reply(200, {"log": _view(call, instance, log, seconds)})


def _switch(log: GuestLog, seconds: float, *, is_on: bool) -> None:
    if log.is_system:
        raise Refusal(403, f"You must be admin to {'enable' if is_on else 'disable'} log '{log.name}'.")
    if is_on and log.since is None:
        log.since = seconds
    elif not is_on:
        log.lines, log.since = line_count(log, seconds), None


def _discard(call: Call, instance: Instance, log: GuestLog) -> None:
    container = call.cloud.objects.get(instance.project_id, {}).get(CONTAINER, {})
    prefix = _prefix(call, instance, log)
    for name in [one for one in container if one.startswith((prefix, prefix.rstrip("/") + "_metafile"))]:
        del container[name]
    log.published = log.published_bytes = 0


def _publish(call: Call, instance: Instance, log: GuestLog, seconds: float) -> None:
    """Copies the lines that are new into parts, each with its count of lines, and says so in the metafile."""
    cloud, prefix = call.cloud, _prefix(call, instance, log)
    total = line_count(log, seconds)
    while log.published < total:
        last = min(total, log.published + PART_LINES)
        text = _text(instance, log, log.published, last)
        headers = {"X-Object-Meta-Lines": str(last - log.published)}
        cloud.put_object(instance.project_id, CONTAINER, f"{prefix}log-{log.published:09d}", text, headers)
        log.published, log.published_bytes = last, log.published_bytes + len(text)
    meta = {"log_name": log.name, "log_type": "SYS" if log.is_system else "USER", "log_size": log.published_bytes}
    name = prefix.rstrip("/") + "_metafile"
    cloud.put_object(instance.project_id, CONTAINER, name, json.dumps(meta).encode())


ROUTES = (
    Route("GET", "instances/{id}/log", "ListLogs", list_logs),
    Route("POST", "instances/{id}/log", "ActOnLog", act),
)
