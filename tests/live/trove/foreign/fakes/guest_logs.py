"""The logs of a guest's database: switched on and off, growing, published as objects in Swift."""

from __future__ import annotations

from typing import Any

from fakes.swift import Account, Object
from oslo_utils import timeutils
from trove.common import exception

Row = dict[str, Any]

CONTAINER = "database_logs"
USER_LOGS, SYSTEM_LOG = ("general", "slow_query"), "error"


class GuestLog:
    """One log: a file that has a line more each time it is looked at, while it is on."""

    def __init__(self, name: str, prefix: str) -> None:
        self.name = name
        self.prefix = prefix
        self.is_on = name == SYSTEM_LOG
        self.lines: list[str] = []
        self.published_lines = 0

    def grow(self) -> None:
        """Let the database write a line, if the log is on."""
        if self.is_on:
            self.lines.append(f"{timeutils.utcnow().isoformat()} {self.name} {len(self.lines) + 1}\n")

    def publish(self, account: Account) -> None:
        """Store what is not published yet as one object."""
        pending = self.lines[self.published_lines :]
        if pending:
            headers = {"x-object-meta-lines": str(len(pending))}
            name = f"{self.prefix}/log-{timeutils.utcnow().isoformat(timespec='microseconds')}"
            account.put(CONTAINER, name, Object("".join(pending).encode(), headers))
            self.published_lines = len(self.lines)

    def discard(self, account: Account) -> None:
        """Take away what was published."""
        account.remove(CONTAINER, f"{self.prefix}/")
        self.published_lines = 0

    def shown(self) -> Row:
        """Return the log as Trove shows it."""
        published = sum(len(line) for line in self.lines[: self.published_lines])
        pending = sum(len(line) for line in self.lines[self.published_lines :])
        return {
            "name": self.name,
            "type": "SYS" if self.name == SYSTEM_LOG else "USER",
            "status": self._status(published, pending),
            "published": published,
            "pending": pending,
            "container": CONTAINER if published else "None",
            "prefix": f"{self.prefix}/" if published else "None",
            "metafile": f"{self.prefix}_metafile",
        }

    def _status(self, published: int, pending: int) -> str:
        if not self.is_on:
            return "Disabled"
        if published:
            return "Partial" if pending else "Published"
        return "Ready" if pending else "Enabled"


class GuestLogs:
    """Three logs: that of errors is always on, the others are off at first."""

    def __init__(self, account: Account, instance_id: str, datastore: str) -> None:
        self._account = account
        names = (*USER_LOGS, SYSTEM_LOG)
        self._logs = {name: GuestLog(name, f"{instance_id}/{datastore}-{name}") for name in names}

    def list(self) -> list[Row]:
        """Return every log, a line longer than before."""
        for log in self._logs.values():
            log.grow()
        return [log.shown() for log in self._logs.values()]

    def act(self, name: str, enable: Any, disable: Any, publish: Any, discard: Any) -> Row:
        """Switch, publish or discard one log; returns it as it is then."""
        log = self._logs.get(name)
        if log is None:
            raise exception.NotFound(uuid=name)
        if name == SYSTEM_LOG and (enable or disable):
            raise exception.BadRequest(f"Cannot enable or disable the system log '{name}'.")
        if discard:
            log.discard(self._account)
        if disable:
            log.is_on = False
        elif enable or publish:
            log.is_on = True
            log.grow()
        if publish:
            log.publish(self._account)
        return log.shown()
