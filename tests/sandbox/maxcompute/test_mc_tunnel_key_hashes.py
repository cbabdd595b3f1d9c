"""The hash of upserted keys, against the one of the vendor's SDK."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from maxcompute_tunnels import *  # noqa: F403
from maxcompute_tunnels import refusal
from odps.models import Record, TableSchema
from odps.tunnel import TableTunnel
from odps.tunnel.hasher import hash_value
from odps.tunnel.hasher_c import RecordHasher

from services.sandbox.maxcompute.model import Table
from services.sandbox.maxcompute.tunnel.key_hashes import buckets_of, hash_bytes, hash_whole
from services.sandbox.maxcompute.types import arrow_type, parse_type

CASES: list[tuple[str, Any]] = [
    ("tinyint", -128),
    ("bigint", 2**63 - 1),
    ("bigint", -(2**63)),
    ("float", -0.1),
    ("double", 1e308),
    ("boolean", True),
    ("boolean", False),
    ("string", "grün"),
    ("char(3)", "abc"),
    ("binary", b"\x00abc"),
    ("date", date(2026, 1, 2)),
    ("datetime", datetime(2026, 1, 2, 3, 4, 5, 678_000)),
    ("timestamp", pd.Timestamp("2026-01-02 03:04:05.123456")),
]


@given(st.integers(-(2**63), 2**63 - 1))
def test_numbers_are_hashed_like_the_sdk(value: int) -> None:
    """Whole numbers of 64 bits."""
    assert hash_value("default", "bigint", value) == hash_whole(value)


@given(st.binary(max_size=50))
def test_bytes_are_hashed_like_the_sdk(value: bytes) -> None:
    """Bytes above 127 count as negative."""
    assert hash_value("default", "binary", value) == hash_bytes(value)


@pytest.mark.usefixtures("tunnels")
@pytest.mark.parametrize(("kind", "value"), CASES)
def test_keys_of_two_columns_fall_into_the_buckets_of_the_sdk(kind: str, value: Any) -> None:
    """The sum over the columns, folded, modulo the number of buckets; NULL counts as nothing."""
    names, kinds = ["a", "b"], [kind, "bigint"]
    schema = TableSchema.from_lists(names, kinds)
    hasher = RecordHasher(schema, "default", names)
    rows = [[value, 1], [value, -7], [None, 3]]
    expected = [hasher.hash_record(Record(schema=schema, values=row)) % 7 for row in rows]

    table = pa.table(
        [pa.array(column, arrow_type(kind)) for column, kind in zip(zip(*rows, strict=True), kinds, strict=True)], names
    )
    assert expected == buckets_of(table, names, [parse_type(kind) for kind in kinds], 7)


def test_a_type_without_a_known_hash_is_left_out() -> None:
    """A key of decimals is not judged."""
    assert buckets_of(pa.table({"a": [None]}), ["a"], [parse_type("DECIMAL(9,2)")], 7) is None


def test_a_row_in_a_wrong_bucket_is_refused(tunnels: TableTunnel, table: Callable[..., Table]) -> None:
    """A client that hashes in another way is told so."""
    table("orders", {}, "id", id="BIGINT", name="STRING")
    session = tunnels.create_upsert_session("orders")
    session.hasher = "legacy"
    stream = session.open_upsert_stream()
    for number in range(50):
        stream.upsert(session.new_record([number, "x"]))

    assert "MalformedDataStream" == refusal(stream.close)
    session.close()
