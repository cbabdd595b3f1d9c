"""One cache as one request sees it: through its transaction, waiting for locked keys."""

from __future__ import annotations

from services.sandbox.ignite.caches import Cache
from services.sandbox.ignite.config import Expiry
from services.sandbox.ignite.errors import RequestRefused
from services.sandbox.ignite.objects import sent
from services.sandbox.ignite.transactions import (
    READ_COMMITTED,
    Transaction,
    Transactions,
    apply_write,
)

ATOMIC_IN_TRANSACTION = "Transaction spans operations on atomic cache (don't use atomic cache inside a transaction)."


class Access:
    """Reads and writes of one request; the cluster's lock is held by the caller."""

    def __init__(self, cache: Cache, transactions: Transactions, tx: Transaction | None, expiry: Expiry | None) -> None:
        if tx is not None and not cache.config.is_transactional:
            raise RequestRefused(ATOMIC_IN_TRANSACTION)
        self.cache = cache
        self._transactions = transactions
        self._tx = tx
        self._expiry = expiry

    def get(self, key: bytes) -> bytes | None:
        """The value in sent form."""
        tx = self._tx
        if tx is None:
            return self.cache.get(key, self._expiry)
        place = (self.cache.cache_id, key)
        if place in tx.writes:
            value = tx.writes[place][1]
            return None if value is None else sent(value)
        if tx.isolation == READ_COMMITTED:
            return self.cache.get(key, self._expiry)
        if tx.is_pessimistic:
            self._transactions.lock(place, tx)
        if place not in tx.reads:
            tx.reads[place] = (self.cache, self.cache.get(key, self._expiry))
        return tx.reads[place][1]

    def put(self, key: bytes, value: bytes) -> None:
        """Takes a value in stored form."""
        self._write(key, value)

    def remove(self, key: bytes) -> bool:
        if self._tx is None:
            self.hold(key)
            existed = self.cache.get(key) is not None
            if existed:
                apply_write(self.cache, key, None, None)
            return existed
        existed = self.get(key) is not None
        self._write(key, None)
        return existed

    def hold(self, key: bytes) -> None:
        """Waits until no other transaction holds the key (and takes it for a pessimistic one)."""
        if not self.cache.config.is_transactional:
            return
        if self._tx is None or self._tx.is_pessimistic:
            self._transactions.lock((self.cache.cache_id, key), self._tx)

    def _write(self, key: bytes, value: bytes | None) -> None:
        self.hold(key)
        if self._tx is None:
            apply_write(self.cache, key, value, self._expiry)
        else:
            self._tx.writes[self.cache.cache_id, key] = (self.cache, value, self._expiry)
