"""Signed-in connections, leased one to a worker; new ones go to the node that answered last, then to the others."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import UUID

from services.cancel import NEVER, CancelToken
from services.errors import ConnectError, ConnectFailed, StoredeckError, TimedOut
from services.stores.ignite.options import IgniteOptions, node_text
from services.stores.ignite.wire import Wire

MAX_IDLE = 4


class WirePool:
    """Wires to one cluster; thread-safe.

    Attributes:
        topology: the newest version of the cluster's affinity that any wire was told.
    """

    def __init__(self, options: IgniteOptions) -> None:
        self.options = options
        self._lock = threading.Lock()
        self._idle: list[Wire] = []
        self._leased: set[Wire] = set()
        self._first = 0
        self._is_closed = False
        self._addresses: dict[UUID, tuple[str, int]] = {}
        self.topology = (0, 0)

    @contextmanager
    def lease(self, cancel: CancelToken = NEVER, node_id: UUID | None = None) -> Iterator[Wire]:
        """A wire for the block; asking to stop closes it, which ends a request under way.

        Args:
            node_id: the node to talk to if it can be reached; any node where None.

        Raises:
            ConnectError, TimedOut: no node of the profile could be reached.
        """
        wire = self.take(node_id)
        try:
            with cancel.on_cancel(wire.shut):
                yield wire
        except StoredeckError:
            cancel.check()
            raise
        finally:
            self.give_back(wire)

    def take(self, node_id: UUID | None = None) -> Wire:
        """A wire to give back later."""
        wire = (self._idle_wire(node_id) or self._wire_to(node_id)) if node_id is not None else None
        wire = wire or self._idle_wire() or self._new_wire()
        with self._lock:
            self._leased.add(wire)
        return wire

    def give_back(self, wire: Wire) -> None:
        """Return a wire; a broken one is closed."""
        with self._lock:
            self._leased.discard(wire)
            self.topology = max(self.topology, wire.topology)
            is_kept = not self._is_closed and len(self._idle) < MAX_IDLE and wire.is_alive
            if is_kept:
                self._idle.append(wire)
        if not is_kept:
            wire.close()

    def _idle_wire(self, node_id: UUID | None = None) -> Wire | None:
        while True:
            with self._lock:
                fitting = [wire for wire in self._idle if node_id in (None, wire.node_id)]
                if not fitting:
                    return None
                wire = fitting[-1]
                self._idle.remove(wire)
            if wire.is_alive:
                return wire
            wire.close()

    def _wire_to(self, node_id: UUID) -> Wire | None:
        """A new wire to one node, None where no address of the profile leads to it."""
        with self._lock:
            known = self._addresses.get(node_id)
            unknown = [node for node in self.options.nodes if node not in self._addresses.values()]
        for address in (known,) if known else unknown:
            with suppress(ConnectError, TimedOut):
                wire = Wire(address, self.options)
                with self._lock:
                    self._addresses[wire.node_id] = address
                if wire.node_id == node_id:
                    return wire
                self.give_back(wire)
        return None

    def _new_wire(self) -> Wire:
        nodes = self.options.nodes
        failures: list[StoredeckError] = []
        for index in (*range(self._first, len(nodes)), *range(self._first)):
            try:
                wire = Wire(nodes[index], self.options)
            except (ConnectError, TimedOut) as error:
                failures.append(error)
            else:
                self._first = index
                return wire
        if len(failures) == 1:
            raise failures[0]
        told = "; ".join(error.message for error in failures)
        names = ", ".join(node_text(node) for node in nodes)
        raise ConnectFailed(f"no node answers: {told}", hint=f"Tried {names}. {failures[0].hint}") from failures[0]

    def close(self) -> None:
        """Close every wire, also those at work."""
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, []
            leased = list(self._leased)
        for wire in leased:
            wire.shut()
        for wire in idle:
            wire.close()
