"""Transactions: visibility, locks, time limits, ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Thread

import pytest
from ignite_sandbox import wait_until
from pyignite import Client
from pyignite.cache import Cache
from pyignite.datatypes import TransactionConcurrency, TransactionIsolation
from pyignite.exceptions import CacheError

from services.sandbox.ignite.server import IgniteSandbox


@pytest.fixture
def cache(client: Client, request: pytest.FixtureRequest) -> Iterator[Cache]:
    """A transactional cache of the test's own."""
    made = client.create_cache({0: request.node.name, 2: 0})
    yield made
    made.destroy()


def test_commit_makes_the_writes_visible(client: Client, cache: Cache) -> None:
    """Inside, the writes are seen; after the commit everybody sees them."""
    with client.tx_start() as tx:
        cache.put(1, "one")
        cache.put(2, "two")
        cache.remove_key(2)
        assert [cache.get(1), cache.get(2)] == ["one", None]
        tx.commit()
    assert [cache.get(1), cache.get(2)] == ["one", None]


@pytest.mark.parametrize("concurrency", list(TransactionConcurrency))
@pytest.mark.parametrize("isolation", list(TransactionIsolation))
def test_rollback_leaves_nothing(
    client: Client, cache: Cache, concurrency: TransactionConcurrency, isolation: TransactionIsolation
) -> None:
    """In every mode a rollback undoes puts and removals."""
    cache.put(1, "before")
    with client.tx_start(concurrency, isolation) as tx:
        cache.put(1, "inside")
        cache.put(2, "new")
        cache.remove_key(1)
        tx.rollback()
    assert [cache.get(1), cache.get(2)] == ["before", None]


def test_others_do_not_see_what_is_not_committed(ignite_sandbox: IgniteSandbox, client: Client, cache: Cache) -> None:
    """The stored value stays the old one until the commit."""
    cache.put(1, "before")
    stored = ignite_sandbox.cluster.cache_named(cache.name)
    assert stored is not None
    with client.tx_start() as tx:
        cache.put(1, "inside")
        (key,) = stored.stored_keys()
        assert stored.get(key) == b"\x09\x06\0\0\0before"
        tx.commit()
    assert stored.get(key) == b"\x09\x06\0\0\0inside"


def test_a_locked_key_waits_for_the_end_of_the_transaction(
    ignite_sandbox: IgniteSandbox, client: Client, cache: Cache, connect: Callable[..., Client]
) -> None:
    """A put from outside takes effect after the commit, and wins."""
    other = connect(ignite_sandbox).get_cache(cache.name)
    with client.tx_start() as tx:
        cache.put(1, "inside")
        writer = Thread(target=other.put, args=(1, "outside"))
        writer.start()
        writer.join(0.1)
        assert writer.is_alive()
        tx.commit()
    writer.join(10)
    assert cache.get(1) == "outside"


def test_a_transaction_gives_up_a_lock_at_its_time_limit(
    ignite_sandbox: IgniteSandbox, client: Client, cache: Cache, connect: Callable[..., Client]
) -> None:
    """The second one to want a key fails when its time is over; the first commits."""
    second = connect(ignite_sandbox)
    failures: list[str] = []

    def contend() -> None:
        with second.tx_start(timeout=100):
            try:
                second.get_cache(cache.name).put(1, "second")
            except CacheError as error:
                failures.append(str(error))

    with client.tx_start() as tx:
        cache.put(1, "first")
        thread = Thread(target=contend)
        thread.start()
        thread.join(10)
        tx.commit()
    assert (len(failures), "Failed to acquire lock" in failures[0], cache.get(1)) == (1, True, "first")


def test_an_optimistic_serializable_conflict_fails_at_commit(
    ignite_sandbox: IgniteSandbox, client: Client, cache: Cache, connect: Callable[..., Client]
) -> None:
    """What was read has changed: nothing of the transaction is applied."""
    other = connect(ignite_sandbox).get_cache(cache.name)
    cache.put(1, "read")
    with client.tx_start(TransactionConcurrency.OPTIMISTIC, TransactionIsolation.SERIALIZABLE) as tx:
        cache.put(2, cache.get(1))
        writer = Thread(target=other.put, args=(1, "changed"))
        writer.start()
        writer.join(10)
        with pytest.raises(CacheError, match="read/write conflict"):
            tx.commit()
    assert [cache.get(1), cache.get(2)] == ["changed", None]


def test_atomic_caches_stay_out_of_transactions(client: Client) -> None:
    """A put to an atomic cache inside a transaction is an error."""
    atomic = client.create_cache("atomic")
    with client.tx_start(), pytest.raises(CacheError, match="Transaction spans operations on atomic cache"):
        atomic.put(1, 1)
    atomic.destroy()


def test_a_transaction_is_listed_and_can_be_killed(
    ignite_sandbox: IgniteSandbox, client: Client, cache: Cache, connect: Callable[..., Client]
) -> None:
    """SYS.TRANSACTIONS shows label and keys; KILL TRANSACTION rolls it back and frees its keys."""
    watcher = connect(ignite_sandbox)
    with client.tx_start(label="to kill"):
        cache.put(1, "inside")
        seen: list[list[object]] = []

        def watch() -> None:
            query = "SELECT XID, KEYS_COUNT, CONCURRENCY, ISOLATION FROM SYS.TRANSACTIONS WHERE LABEL = 'to kill'"
            seen.extend(watcher.sql(query))
            list(watcher.sql(f"KILL TRANSACTION '{seen[0][0]}'"))

        thread = Thread(target=watch)
        thread.start()
        thread.join(10)
        assert seen[0][1:] == [1, "PESSIMISTIC", "REPEATABLE_READ"]
        with pytest.raises(CacheError, match="has been rolled back"):
            cache.put(2, "later")
    assert [cache.get(1), cache.get(2)] == [None, None]


def test_a_closed_connection_rolls_back(
    ignite_sandbox: IgniteSandbox, client: Client, cache: Cache, connect: Callable[..., Client]
) -> None:
    """When the client goes, its transaction goes and the key is free."""

    def begin_and_leave() -> None:
        leaver = connect(ignite_sandbox)
        leaver.tx_start()
        leaver.get_cache(cache.name).put(1, "left")
        leaver.close()

    thread = Thread(target=begin_and_leave)
    thread.start()
    thread.join(10)
    wait_until(lambda: not ignite_sandbox.cluster.transactions.active(), "the transaction is rolled back")
    cache.put(1, "free")
    assert cache.get(1) == "free"
