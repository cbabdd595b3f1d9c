"""Many rows for benchmarks: the table EVENTS and the cache Events."""

from __future__ import annotations

from services.sandbox.ignite import values
from services.sandbox.ignite.caches import BytesCache
from services.sandbox.ignite.config import CacheConfig
from services.sandbox.ignite.data.world import add_table
from services.sandbox.ignite.sql import types
from services.sandbox.ignite.sql.engine import Engine
from services.sandbox.ignite.sql.schema import Column

KINDS = ("login", "order", "refund", "search", "view", "click", "logout", "error")


def load_rows(engine: Engine, count: int) -> None:
    """`count` rows in the table PUBLIC.EVENTS and `count` entries (int to string) in the cache Events."""
    columns = [
        Column("ID", types.BIGINT),
        Column("KIND", types.VARCHAR),
        Column("ACTIVE", types.BOOLEAN),
        Column("SCORE", types.DOUBLE),
        Column("AMOUNT", types.DECIMAL, precision=12, scale=2),
        Column("CREATED", types.TIMESTAMP),
    ]
    add_table(engine, "EVENTS", columns, ["ID"], rows=())
    kinds = "CASE n % 8 " + "".join(f"WHEN {index} THEN '{kind}' " for index, kind in enumerate(KINDS)) + "END"
    engine.direct.execute(
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?) "
        "INSERT INTO `PUBLIC.EVENTS` "
        f"SELECT n, {kinds} || '-' || printf('%07d', n), n % 3 = 0, n / 7.0, printf('%d.%02d', n / 10, n % 100), "
        "datetime(1600000000 + n, 'unixepoch') || printf('.%09d', n % 1000 * 1000000) FROM numbers",
        (count,),
    )
    engine.changed()
    cache = BytesCache(CacheConfig("Events"))
    pack, head = values.PACKERS[3], values.text("event-" + "0" * 15)[:11]
    cache.load({pack(3, number): b"%s%015d" % (head, number) for number in range(1, count + 1)})
    with engine.cluster.lock:
        engine.cluster.add_cache(cache)
