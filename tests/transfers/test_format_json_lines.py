"""JSON Lines written a column at a time are those that are written a cell at a time."""

from __future__ import annotations

import json

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from services.results.records import BatchReader
from services.transfers.formats.json_lines import json_lines
from services.transfers.formats.options import FileFormat, FileOptions
from services.value_json import json_text

OPTIONS = FileOptions(FileFormat.JSONL)
INT64 = st.integers(-(2**63), 2**63 - 1)
COLUMNS = [
    (pa.string(), st.text()),
    (pa.large_string(), st.text(alphabet='"\\\\\x00\x1f\n\u20ac,')),
    (pa.int64(), INT64),
    (pa.uint64(), st.integers(0, 2**64 - 1)),
    (pa.int8(), st.integers(-128, 127)),
    (pa.float64(), st.floats()),
    (pa.bool_(), st.booleans()),
    (pa.binary(), st.binary()),
    (pa.date32(), st.integers(-800_000, 3_000_000)),
    (pa.timestamp("ns", "UTC"), INT64),
    (pa.timestamp("ms"), st.integers(-(2**46), 2**46)),
    (pa.timestamp("s", "Asia/Tokyo"), st.integers(0, 2**31)),
    (pa.list_(pa.int64()), st.lists(INT64)),
    (pa.decimal128(20, 4), st.decimals(-100000, 100000, places=4)),
]


@st.composite
def batches(draw):
    """A batch of columns of any type with NULLs."""
    rows = draw(st.integers(0, 6))
    chosen = draw(st.lists(st.sampled_from(COLUMNS), max_size=4))
    arrays = [
        pa.array(draw(st.lists(st.none() | values, min_size=rows, max_size=rows)), kind) for kind, values in chosen
    ]
    return pa.RecordBatch.from_arrays(arrays, names=[f"c{place}" for place in range(len(arrays))])


@settings(max_examples=300, deadline=None)
@given(batches())
def test_fast_and_slow_lines_say_the_same(batch):
    """The same JSON data in every cell, and text that is JSON."""
    fast = (
        [json.loads(line) for line in json_lines(batch, OPTIONS).decode().split("\n")[:-1]] if batch.num_columns else []
    )
    slow = [json.loads(json_text(record)) for record in BatchReader().records(batch)] if batch.num_columns else []
    assert fast == slow


def test_absent_columns_are_left_out():
    """Absent is not NULL."""
    absent = pa.field("a", pa.string(), metadata={b"storedeck.null": b"absent"})
    batch = pa.RecordBatch.from_arrays(
        [pa.array(["x", None]), pa.array([1, None])], schema=pa.schema([absent, ("b", pa.int64())])
    )
    assert json_lines(batch, OPTIONS) == b'{"a":"x","b":1}\n{"b":null}\n'
