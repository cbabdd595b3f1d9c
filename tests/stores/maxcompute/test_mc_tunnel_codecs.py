"""Frames, encodings, records and hashes, held against what the vendor's SDK writes and reads."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import google_crc32c
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from odps import options
from odps.models import TableSchema
from odps.tunnel.hasher import hash_value
from odps.tunnel.io.reader import ArrowStreamReader, TunnelRecordReader
from odps.tunnel.io.writer import BaseArrowWriter

from services.errors import ProtocolError, UsageError
from services.stores.maxcompute.tunnel.crc import joined, shifts
from services.stores.maxcompute.tunnel.encodings import ENCODINGS, compressed, encoding_of, filler, packed_whole
from services.stores.maxcompute.tunnel.frames import CHUNK_BYTES, Fill, Framer, Piece, read_batches
from services.stores.maxcompute.tunnel.hashing import buckets_of
from services.stores.maxcompute.tunnel.records import body, records
from services.stores.maxcompute.types import parse_type, wire_type

ROWS = pa.table({"id": pa.array(range(40_000), pa.int64()), "name": [f"name {number}" for number in range(40_000)]})
SCHEMA = TableSchema.from_lists(["id", "name"], ["bigint", "string"])
VALUES: list[tuple[str, Any, Any]] = [
    ("tinyint", -128, -128),
    ("bigint", 2**63 - 1, 2**63 - 1),
    ("bigint", -(2**63) + 1, -(2**63) + 1),
    ("float", 0.5, 0.5),
    ("double", 1e308, 1e308),
    ("boolean", True, True),
    ("string", "grün\x00", "grün\x00"),
    ("string", "", ""),
    ("binary", b"\xff\x00", b"\xff\x00"),
    ("decimal(38,18)", Decimal("-12345678901234567890.123456789012345678"), None),
    ("char(3)", "abc", "abc"),
    ("date", date(1969, 12, 31), None),
    ("datetime", datetime(2026, 1, 2, 3, 4, 5, 678_000), None),
    ("timestamp", pd.Timestamp("2026-01-02 03:04:05.123456789"), None),
    ("interval_day_time", pd.Timedelta(seconds=90_061, nanoseconds=7), {"sec": 90_061, "nano": 7}),
    ("array<bigint>", [1, None, -3], [1, None, -3]),
    ("array<string>", [], []),
    ("map<string,array<int>>", {"a": [1], "b": None}, [("a", [1]), ("b", None)]),
    ("array<datetime>", [datetime(2026, 1, 2)], None),
]
KEYS: list[tuple[str, Any]] = [
    ("tinyint", -128),
    ("int", 7),
    ("bigint", 2**63 - 1),
    ("bigint", -(2**63)),
    ("float", -0.5),
    ("double", 1e308),
    ("boolean", True),
    ("boolean", False),
    ("string", "grün"),
    ("string", ""),
    ("char(3)", "abc"),
    ("binary", b"\x00abc\xff"),
    ("date", date(2026, 1, 2)),
    ("datetime", datetime(2026, 1, 2, 3, 4, 5, 678_000)),
    ("timestamp", pd.Timestamp("2026-01-02 03:04:05.123456")),
    ("decimal(10,2)", Decimal("-12.30")),
]


@pytest.fixture(autouse=True)
def _utc() -> Iterator[None]:
    """The SDK reads and writes times in UTC."""
    before = options.local_timezone, options.allow_antique_date
    options.local_timezone, options.allow_antique_date = False, True
    yield
    options.local_timezone, options.allow_antique_date = before


def framed(table: pa.Table, rows: int = 8192) -> bytes:
    """A table as the body of a request."""
    return joined_up(Framer().pieces(batch.serialize() for batch in table.to_batches(max_chunksize=rows)))


def joined_up(pieces: Iterable[Piece]) -> bytes:
    """The bytes of all pieces."""
    return b"".join(part for piece in pieces for part in piece)


def unframed(fill: Fill) -> pa.Table:
    """The table in the body of an answer."""
    return pa.Table.from_batches(read_batches(fill, ROWS.schema), ROWS.schema)


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_sums_of_two_pieces_join_to_that_of_both(first: bytes, second: bytes) -> None:
    """Whatever the pieces are, the empty one among them."""
    value = google_crc32c.value
    assert value(first + second) == joined(value(first), value(second), shifts(len(second)))


def test_the_sdk_reads_our_frames() -> None:
    """Every row, of batches of any size."""
    for rows in (1, 8192, 40_000):
        table = ROWS.slice(0, 300) if rows == 1 else ROWS
        reader = ArrowStreamReader(io.BytesIO(framed(table, rows)), table.schema)
        assert table.equals(pa.ipc.open_stream(reader).read_all())


def test_we_read_the_sdks_frames() -> None:
    """Every row, also where the SDK chose chunks of another size."""
    for size in (CHUNK_BYTES, 1000, 1 << 22):
        out = io.BytesIO()
        writer = BaseArrowWriter(SCHEMA, out, chunk_size=size)
        for batch in ROWS.to_batches(max_chunksize=7000):
            writer.write(batch)
        writer._finish()
        assert ROWS.equals(unframed(io.BytesIO(out.getvalue()).readinto))


def test_a_body_without_rows_has_none() -> None:
    """An empty block is a body like others."""
    assert 0 == unframed(io.BytesIO(framed(ROWS.slice(0, 0))).readinto).num_rows


@pytest.mark.parametrize("damage", ["cut", "short", "flipped", "last", "headless"])
def test_a_damaged_body_is_told(damage: str) -> None:
    """Bytes that are missing or other than they were are never rows."""
    data = bytearray(framed(ROWS))
    harm: dict[str, Callable[[], bytes]] = {
        "cut": lambda: bytes(data[: len(data) // 2]),
        "short": lambda: bytes(data[:-2]),
        "flipped": lambda: bytes(data[:70_000]) + bytes((data[70_000] ^ 1,)) + bytes(data[70_001:]),
        "last": lambda: bytes(data[:-1]) + bytes((data[-1] ^ 1,)),
        "headless": lambda: b"\xff\xff",
    }
    broken = io.BytesIO(harm[damage]())
    with pytest.raises(ProtocolError) as caught:
        unframed(broken.readinto)
    assert caught.value.hint


@pytest.mark.parametrize("word", list(ENCODINGS))
def test_bodies_are_packed_and_unpacked(word: str) -> None:
    """Packed in another thread, every byte is there again."""
    pieces = list(Framer().pieces(batch.serialize() for batch in ROWS.to_batches(max_chunksize=5000)))
    packed = joined_up(compressed(pieces, encoding_of(word)))
    assert (word == "none") == (packed == joined_up(pieces))
    assert packed_whole(joined_up(pieces), encoding_of(word))
    assert ROWS.equals(unframed(filler(io.BytesIO(packed).readinto, encoding_of(word))))


@pytest.mark.parametrize("word", ["zlib", "zstd", "lz4", "snappy"])
def test_a_packed_body_that_is_damaged_is_told(word: str) -> None:
    """It is no row and no crash."""
    packed = bytearray(packed_whole(framed(ROWS), encoding_of(word)))
    packed[len(packed) // 2] ^= 0xFF
    with pytest.raises(ProtocolError):
        unframed(filler(io.BytesIO(bytes(packed)).readinto, encoding_of(word)))


def test_an_unknown_word_for_packing_names_the_known_ones() -> None:
    """With the words in the hint."""
    with pytest.raises(UsageError) as caught:
        encoding_of("rar")
    assert "zstd" in caught.value.hint


@pytest.mark.parametrize(("kind", "value", "plain"), VALUES)
def test_the_sdk_reads_our_records(kind: str, value: Any, plain: Any) -> None:
    """Values and NULLs, and the sums are those it counts itself."""
    wire: Any = wire_type(parse_type(kind))
    shown = value if plain is None else plain
    batch = pa.record_batch({"n": pa.array([1, None, 3], pa.int64()), "v": pa.array([shown, shown, None], wire)})
    stream = body(records(batch, [parse_type("BIGINT"), parse_type(kind)]))
    schema = TableSchema.from_lists(["n", "v"], ["bigint", kind])
    reader = TunnelRecordReader(schema, lambda *_, **__: io.BytesIO(stream))
    assert [[1, value], [None, value], [3, None]] == [record.values for record in reader]


def test_records_of_structs_and_of_no_rows_are_read() -> None:
    """A struct keeps its NULL fields; a body without rows ends as others do."""
    kind = "struct<a:bigint,b:array<string>>"
    rows = [{"a": 1, "b": ["x", None]}, {"a": None, "b": []}]
    schema = TableSchema.from_lists(["v"], [kind])
    for kept in (rows, []):
        wire: Any = wire_type(parse_type(kind))
        stream = body(records(pa.record_batch({"v": pa.array(kept, wire)}), [parse_type(kind)]))
        reader = TunnelRecordReader(schema, lambda *_, data=stream, **__: io.BytesIO(data))
        assert [tuple(row.values()) for row in kept] == [tuple(record[0]) for record in reader]


@pytest.mark.parametrize("hasher", ["default", "legacy"])
@pytest.mark.parametrize(("kind", "value"), KEYS)
def test_keys_fall_into_the_sdks_buckets(kind: str, value: Any, hasher: str) -> None:
    """For every type that a key may have and both ways to hash; two columns count together."""
    wire: Any = wire_type(parse_type(kind))
    batch = pa.record_batch({"a": pa.array([value], wire), "b": pa.array([77], pa.int64())})
    total = hash_value(hasher, kind, value) + hash_value(hasher, "bigint", 77)
    total = (total + 2**31) % 2**32 - 2**31
    expected = (total ^ (total >> 8)) % 16
    assert [expected] == buckets_of(batch, [("a", kind), ("b", "bigint")], hasher, 16).tolist()


@given(st.lists(st.text(max_size=20), min_size=1, max_size=20))
def test_texts_are_hashed_together_as_alone(texts: list[str]) -> None:
    """Neighbours of other lengths change nothing, in slices neither."""
    batch = pa.record_batch({"a": pa.array(["skipped", *texts])}).slice(1)
    for hasher in ("default", "legacy"):
        wanted = [(one ^ (one >> 8)) % 7 for one in (hash_value(hasher, "string", text) for text in texts)]
        assert wanted == buckets_of(batch, [("a", "string")], hasher, 7).tolist()


def test_an_unknown_hasher_is_refused() -> None:
    """Rows in the wrong bucket would be found by nobody."""
    with pytest.raises(ProtocolError):
        buckets_of(pa.record_batch({"a": ["x"]}), [("a", "string")], "modern", 7)
