"""A sandbox with a directory goes on where it ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from ignite_raw import RawClient, string
from pyignite import Client
from pyignite.datatypes import ExpiryPolicy

from services.sandbox.ignite.server import IgniteSandbox


def test_tables_caches_and_counters_are_there_again(
    fresh_ignite: Callable[..., IgniteSandbox], connect: Callable[..., Client], tmp_path: Path
) -> None:
    """Rows, indexes, views, entries of any type, expiry, settings and counters survive an orderly end."""
    first = fresh_ignite(directory=tmp_path)
    client = connect(first)
    for statement in (
        "CREATE TABLE kept (id INT PRIMARY KEY, v DECIMAL(10, 3), n VARCHAR DEFAULT 'd')",
        "CREATE INDEX by_v ON kept (v DESC)",
        "INSERT INTO kept (id, v) VALUES (1, 1.500)",
        "CREATE VIEW seen AS SELECT v FROM kept",
    ):
        list(client.sql(statement))
    settings = {0: "kept cache", 2: 0, 3: 1, 407: ExpiryPolicy(create=3_600_000)}
    cache = client.create_cache(settings)
    cache.put("k", Decimal("1.25"))
    cache.with_expire_policy(create=timedelta(milliseconds=1)).put("mortal", 1)
    with RawClient(first.addresses[0]) as raw:
        raw.handshake()
        raw.request(9000, string("counter") + b"\x07" + b"\0" * 8)
    first.close()

    second = connect(fresh_ignite(directory=tmp_path))
    assert list(second.sql("SELECT * FROM kept")) == [[1, Decimal("1.5"), "d"]]
    assert list(second.sql("SELECT * FROM seen")) == [[Decimal("1.5")]]
    assert list(second.sql("INSERT INTO kept (id) VALUES (2)")) == [[1]]
    again = second.get_cache("kept cache")
    assert (again.get("k"), again.get("mortal"), again.settings[3], again.settings[407].create) == (
        Decimal("1.25"),
        None,
        1,
        3_600_000,
    )
    assert list(second.sql("SELECT VALUE FROM SYS.DS_ATOMICLONGS")) == [[7]]
    assert list(second.sql("SELECT INDEX_NAME FROM SYS.INDEXES WHERE TABLE_NAME = 'KEPT' ORDER BY 1")) == [
        ["BY_V"],
        ["_key_PK"],
    ]
    assert list(second.sql("SELECT COUNT(*) FROM City")) == [[4079]]
    key, value = next(iter(second.get_cache("SQL_PUBLIC_CITY").scan(page_size=1)))
    assert (key.ID, value.NAME) == (1, "Amsterdam")
    assert second.get_cache("Types").get("object").x == 3


def test_without_an_orderly_end_it_starts_anew(
    fresh_ignite: Callable[..., IgniteSandbox], connect: Callable[..., Client], tmp_path: Path
) -> None:
    """Tables without the state that describes them are not taken up."""
    (tmp_path / "tables.db").write_bytes(b"left by a killed sandbox")
    client = connect(fresh_ignite(directory=tmp_path))
    assert list(client.sql("SELECT COUNT(*) FROM City")) == [[4079]]
