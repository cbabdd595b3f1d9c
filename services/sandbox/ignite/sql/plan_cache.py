"""Plans kept while no table or view changes its shape, so that a text sent again is not parsed again."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.sandbox.ignite.sql.plan import Plan
    from services.sandbox.ignite.sql.types import SqlType

MOST_PLANS = 100
Key = tuple[str, str, tuple["SqlType | None", ...]]
"""Text, schema and the types of the arguments."""


class PlanCache:
    """The plans used last.

    Attributes:
        version: counts changes of shapes.
    """

    def __init__(self) -> None:
        self.version = 0
        self._lock = Lock()
        self._kept: OrderedDict[Key, Plan] = OrderedDict()

    def get(self, key: Key) -> Plan | None:
        with self._lock:
            plan = self._kept.get(key)
            if plan is not None:
                self._kept.move_to_end(key)
            return plan

    def put(self, key: Key, version: int, plan: Plan) -> None:
        """Keeps a plan, unless a shape changed while it was made."""
        with self._lock:
            if version == self.version:
                self._kept[key] = plan
                while len(self._kept) > MOST_PLANS:
                    self._kept.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self.version += 1
            self._kept.clear()
