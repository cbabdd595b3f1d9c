"""The async client of the SDK: many requests at once on one connection."""

from __future__ import annotations

import asyncio

from pyignite import AioClient
from pyignite.datatypes.cluster_state import ClusterState

from services.sandbox.ignite.server import IgniteSandbox


async def test_concurrent_operations_keep_their_answers_apart(ignite_sandbox: IgniteSandbox) -> None:
    """Two hundred puts and gets in flight at once give each caller its own value."""
    client = AioClient()
    async with client.connect(ignite_sandbox.addresses):
        cache = await client.create_cache("aio")
        await asyncio.gather(*(cache.put(n, f"v{n}") for n in range(200)))
        values = await asyncio.gather(*(cache.get(n) for n in range(200)))
        assert values == [f"v{n}" for n in range(200)]
        await cache.destroy()


async def test_scans_and_statements_page(ignite_sandbox: IgniteSandbox) -> None:
    """Scan and SQL cursors give all their pages."""
    client = AioClient()
    async with client.connect(*ignite_sandbox.addresses[0]):
        cache = await client.create_cache("aio pages")
        await cache.put_all({n: n for n in range(25)})
        async with cache.scan(page_size=4) as cursor:
            assert sorted([key async for key, _ in cursor]) == list(range(25))
        async with client.sql("SELECT ID FROM City ORDER BY ID LIMIT 25", page_size=4) as rows:
            assert [row async for row in rows] == [[n] for n in range(1, 26)]
        await cache.destroy()


async def test_transactions_and_cluster_state(ignite_sandbox: IgniteSandbox) -> None:
    """A rolled back put is not there; the cluster says that it is active."""
    client = AioClient()
    async with client.connect(*ignite_sandbox.addresses[0]):
        cache = await client.create_cache({0: "aio tx", 2: 0})
        async with client.tx_start() as tx:
            await cache.put(1, "one")
            await tx.rollback()
        assert await cache.get(1) is None
        assert await client.get_cluster().get_state() == ClusterState.ACTIVE
        await cache.destroy()
