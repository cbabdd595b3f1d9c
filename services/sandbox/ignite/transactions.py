"""Transactions of thin clients: buffered writes, key locks, time limits."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from itertools import count
from threading import Condition

from services.sandbox.ignite.caches import Cache
from services.sandbox.ignite.config import Expiry
from services.sandbox.ignite.errors import NO_SUCH_TRANSACTION, RequestRefused

OPTIMISTIC, PESSIMISTIC = 0, 1
READ_COMMITTED, REPEATABLE_READ, SERIALIZABLE = 0, 1, 2
CONCURRENCIES = ("OPTIMISTIC", "PESSIMISTIC")
ISOLATIONS = ("READ_COMMITTED", "REPEATABLE_READ", "SERIALIZABLE")
LockKey = tuple[int, bytes]


@dataclass(eq=False)
class Transaction:
    """One open transaction; `owner` is the connection that began it."""

    number: int
    xid: str
    owner: object
    node_order: int
    concurrency: int
    isolation: int
    timeout_ms: int
    label: str | None
    started: float = field(default_factory=time.time)
    deadline: float = float("inf")
    writes: dict[LockKey, tuple[Cache, bytes | None, Expiry | None]] = field(default_factory=dict)
    reads: dict[LockKey, tuple[Cache, bytes | None]] = field(default_factory=dict)
    state: str = "ACTIVE"

    @property
    def is_pessimistic(self) -> bool:
        return self.concurrency == PESSIMISTIC

    @property
    def has_expired(self) -> bool:
        return time.monotonic() >= self.deadline


class Transactions:
    """All open transactions of the cluster and the keys they hold; guarded by the cluster's lock."""

    def __init__(self, changed: Condition) -> None:
        self._changed = changed
        self._numbers = count(1)
        self._open: dict[int, Transaction] = {}
        self._locks: dict[LockKey, Transaction] = {}
        self.is_closing = False

    def begin(
        self, owner: object, node_order: int, concurrency: int, isolation: int, timeout_ms: int, label: str | None
    ) -> Transaction:
        if concurrency not in {0, 1} or isolation not in {0, 1, 2}:
            raise RequestRefused("Unknown transaction concurrency or isolation")
        number = next(self._numbers)
        xid = f"{int(time.time() * 1000) & 0xFFFFFFFFFFF:011x}-{number:08x}-0000-0000-{node_order:012x}"
        tx = Transaction(number, xid, owner, node_order, concurrency, isolation, timeout_ms, label)
        if timeout_ms > 0:
            tx.deadline = time.monotonic() + timeout_ms / 1000
        self._open[number] = tx
        return tx

    def find(self, number: int, owner: object) -> Transaction:
        """The open transaction of a connection; one that ended meanwhile is said to be so."""
        tx = self._open.get(number)
        if tx is None or tx.owner is not owner:
            raise RequestRefused(f"Transaction with id {number} not found.", NO_SUCH_TRANSACTION)
        if tx.has_expired:
            self.roll_back(tx, "TIMED_OUT")
        if tx.state != "ACTIVE":
            raise RequestRefused(f"Transaction {tx.xid} has been rolled back: {tx.state.lower()}")
        return tx

    def active(self) -> list[Transaction]:
        """The transactions that still run."""
        for tx in list(self._open.values()):
            if tx.has_expired and tx.state == "ACTIVE":
                self.roll_back(tx, "TIMED_OUT")
        return [tx for tx in self._open.values() if tx.state == "ACTIVE"]

    def lock(self, key: LockKey, tx: Transaction | None) -> None:
        """Takes a key for a transaction, or (without one) waits until nobody holds it."""
        while True:
            holder = self._locks.get(key)
            if holder is None or holder is tx:
                break
            if holder.has_expired:
                self.roll_back(holder, "TIMED_OUT")
                continue
            if tx is not None and (tx.has_expired or tx.state != "ACTIVE"):
                self.roll_back(tx, "TIMED_OUT" if tx.has_expired else tx.state)
                raise RequestRefused(
                    "Failed to acquire lock within provided timeout for transaction "
                    f"[timeout={tx.timeout_ms}, xid={tx.xid}]"
                )
            if self.is_closing:
                raise RequestRefused("The node is stopping")
            # Deadlines of the holder and of this transaction are looked at again after the wait.
            self._changed.wait(0.05)
        if tx is not None:
            self._locks[key] = tx

    def commit(self, tx: Transaction) -> None:
        """Makes the writes visible; optimistic serializable checks what was read first."""
        if not tx.is_pessimistic:
            if tx.isolation == SERIALIZABLE:
                self._check_reads(tx)
            for key in tx.writes:
                self.lock(key, tx)
        for (_, entry), (cache, value, expiry) in tx.writes.items():
            apply_write(cache, entry, value, expiry)
        self._end(tx, "COMMITTED")
        del self._open[tx.number]

    def _check_reads(self, tx: Transaction) -> None:
        for (_, key), (cache, value) in tx.reads.items():
            if cache.get(key) != value:
                self._end(tx, "ROLLED_BACK")
                del self._open[tx.number]
                raise RequestRefused("Failed to prepare transaction, read/write conflict")

    def roll_back(self, tx: Transaction, state: str = "ROLLED_BACK") -> None:
        """Drops the writes and frees the keys."""
        self._end(tx, state)
        if state == "ROLLED_BACK":
            self._open.pop(tx.number, None)

    def drop_owner(self, owner: object) -> None:
        """A connection went: its transactions are rolled back."""
        for tx in [tx for tx in self._open.values() if tx.owner is owner]:
            self.roll_back(tx)

    def end(self, number: int, owner: object, is_commit: bool) -> None:
        """Commits or rolls back by number; rolling back one that already ended is no error."""
        known = self._open.get(number)
        if known is not None and known.owner is owner and not is_commit:
            self.roll_back(known)
            return
        try:
            self.commit(self.find(number, owner))
        except RequestRefused:
            if known is not None and known.owner is owner:
                self._open.pop(number, None)
            raise

    def kill(self, xid: str) -> None:
        for tx in self.active():
            if tx.xid == xid:
                self.roll_back(tx, "KILLED")

    def _end(self, tx: Transaction, state: str) -> None:
        if tx.state == "ACTIVE":
            tx.state = state
        for key in [key for key, holder in self._locks.items() if holder is tx]:
            del self._locks[key]
        tx.writes.clear()
        self._changed.notify_all()


def apply_write(cache: Cache, key: bytes, value: bytes | None, expiry: Expiry | None) -> None:
    """Puts (or removes, for None) one stored entry and tells the listeners."""
    old = cache.get(key) if cache.listeners else None
    if value is None:
        cache.remove(key)
    else:
        cache.put(key, value, expiry)
    if cache.listeners and not (old is None and value is None):
        new = None if value is None else cache.get(key)
        for listener in list(cache.listeners):
            listener(key, old, new)
