"""The logs of a guest's database: switched on and off, published as objects in Swift."""

from __future__ import annotations

from typing import Any

from trove.common import exception

from fakes import swift

CONTAINER = "database_logs"
LINE = b"2026-01-01T00:00:00 0 [Note] ready for connections\n"
USER_LOGS, SYSTEM_LOG = ("general", "slow_query"), "error"


class GuestLogs:
    """Three logs: that of errors is always on, the others are off at first."""

    def __init__(self, instance_id: str, datastore: str) -> None:
        self._prefix = f"{instance_id}/{datastore}"
        self._is_on = {name: name == SYSTEM_LOG for name in (*USER_LOGS, SYSTEM_LOG)}
        self._pending = {name: len(LINE) if name == SYSTEM_LOG else 0 for name in self._is_on}
        self._published: dict[str, int] = dict.fromkeys(self._is_on, 0)

    def list(self) -> list[dict[str, Any]]:
        """Return every log as Trove shows it."""
        return [self._shown(name) for name in self._is_on]

    def act(self, name: str, enable: Any, disable: Any, publish: Any, discard: Any) -> dict[str, Any]:
        """Switch, publish or discard one log; returns it as it is then."""
        if name not in self._is_on:
            raise exception.NotFound(uuid=name)
        if name == SYSTEM_LOG and (enable or disable):
            raise exception.BadRequest(f"Cannot enable or disable the system log '{name}'.")
        if discard:
            self._discard(name)
        if enable or (publish and not disable):
            self._is_on[name] = True
            self._pending[name] = self._pending[name] or len(LINE)
        if disable:
            self._is_on[name] = False
        if publish:
            self._publish(name)
        return self._shown(name)

    def _publish(self, name: str) -> None:
        swift.put(CONTAINER, f"{self._prefix}-{name}/log-{self._published[name]:020}", LINE)
        self._published[name] += self._pending[name]
        self._pending[name] = 0

    def _discard(self, name: str) -> None:
        objects = swift.CONTAINERS.get(CONTAINER, {})
        for known in [known for known in objects if known.startswith(f"{self._prefix}-{name}/")]:
            del objects[known]
        self._published[name] = 0

    def _shown(self, name: str) -> dict[str, Any]:
        published, pending = self._published[name], self._pending[name]
        status = "Disabled" if not self._is_on[name] else "Published" if published and not pending else "Ready"
        return {
            "name": name,
            "type": "SYS" if name == SYSTEM_LOG else "USER",
            "status": "Partial" if published and pending else status,
            "published": published,
            "pending": pending,
            "container": CONTAINER if published else "None",
            "prefix": f"{self._prefix}-{name}/log-" if published else "None",
            "metafile": f"{self._prefix}-{name}_metafile",
        }
