"""Where a service gives no Arrow, rows come as records: the same rows, in parts that may be read again."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from maxcompute_bulk import fault, numbered, read, table, write
from maxcompute_stores import Warehouse
from maxcompute_tunnels import entry
from transfer_runs import Turns, ended

from services.bootstrap import Services
from services.cancel import CancelToken
from services.errors import ProtocolError, Refused
from services.stores.bulk import WriteMode
from services.stores.maxcompute.shaping import shaped
from services.stores.maxcompute.tunnel import record_rows
from services.stores.maxcompute.tunnel.download import open_table, read_range
from services.stores.maxcompute.tunnel.encodings import ENCODINGS
from services.stores.maxcompute.tunnel.record_rows import RecordRows
from services.stores.maxcompute.tunnel.records import RecordBody, body, records
from services.stores.maxcompute.types import parse_type, wire_schema
from services.stores.types import RowQuery
from services.transfers.checksum import row_sum
from services.transfers.model import TransferOptions

COLUMNS = (("id", "BIGINT"), ("name", "STRING"), ("price", "DECIMAL(10,2)"), ("tags", "MAP<STRING,ARRAY<DATETIME>>"))
ROWS = pa.RecordBatch.from_pylist(
    [
        {"id": 1, "name": "grün", "price": Decimal("-0.01"), "tags": [("k", [5, None])]},
        {"id": -(2**63), "name": "", "price": None, "tags": []},
        {"id": None, "name": None, "price": None, "tags": None},
    ],
    schema=wire_schema(COLUMNS),
)


@pytest.fixture
def refusing(warehouse: Warehouse) -> Iterator[Warehouse]:
    """A service that gives no Arrow, and a store that does not know it yet."""
    warehouse.sandbox.tunnel.serves_arrow = False
    warehouse.store._link.without_arrow.clear()
    yield warehouse
    warehouse.sandbox.tunnel.serves_arrow = True
    warehouse.store._link.without_arrow.clear()


def served(warehouse: Warehouse, as_arrow: bool) -> None:
    """Whether the service gives Arrow from now on."""
    warehouse.sandbox.tunnel.serves_arrow = as_arrow
    warehouse.store._link.without_arrow.clear()


def filled(data: bytes) -> Callable[[memoryview], int]:
    """What gives a body."""
    return io.BytesIO(data).readinto


@pytest.mark.parametrize("compress", ENCODINGS)
def test_every_type_is_the_same_in_both_forms(refusing: Warehouse, compress: str) -> None:
    """Values, types and checksums, whatever packs the answer."""
    store, found = refusing.store, []
    for as_arrow in (True, False):
        served(refusing, as_arrow)
        session = open_table(store._link, "tables/zoo")
        batches = [
            shaped(batch, session.columns)
            for batch in read_range(store._link, session, 0, session.count, compress=compress)
        ]
        found.append(pa.Table.from_batches(batches))
    arrow, by_record = found
    assert arrow.schema.equals(by_record.schema, check_metadata=True)
    assert str(arrow.to_pylist()) == str(by_record.to_pylist())
    sums = [sum(row_sum(batch) for batch in one.to_batches()) for one in found]
    assert sums[0] == sums[1]


def test_pages_results_and_subsets_are_the_same_in_both_forms(refusing: Warehouse) -> None:
    """Of a table, of a job, and of columns in another order than the table's."""
    refusing.run("SELECT * FROM zoo ORDER BY c_tinyint LIMIT 10")
    store, job = refusing.store, f"job:{refusing.store.list_jobs(1).batch.column('id')[0]}"
    subset = ("c_timestamp_ntz", "c_struct", "c_tinyint")
    found: list[list[str]] = []
    for as_arrow in (True, False):
        served(refusing, as_arrow)
        pages = [*store.read_rows(("zoo",), RowQuery()), *store.read_rows((job,), RowQuery())]
        pages += store.read_rows(("zoo",), RowQuery(columns=subset))
        bulk = [read(store, ("zoo",), part_rows=1), read(store, ("zoo",), columns=subset), read(store, (job,))]
        assert list(subset) == pages[-1].batch.schema.names == bulk[1].schema.names
        told = [page.batch for page in pages] + bulk
        found.append([f"{one.schema.types} {one.to_pylist()}" for one in told])
    assert found[0] == found[1]


def test_who_reads_is_told_and_asked_once(refusing: Warehouse, caplog: pytest.LogCaptureFixture) -> None:
    """A word for the one who waits, a line in the log; further reads of the table ask for records at once."""
    heard: list[str] = []
    cancel, link = CancelToken(), refusing.store._link
    with cancel.heard_by(heard.append):
        session = open_table(link, "tables/orders")
        assert 500 == sum(batch.num_rows for batch in read_range(link, session, 0, 500, cancel=cancel))
    assert ["orders: no Arrow data", 1] == [heard[0].partition(" (")[0], len(heard)]
    assert ["rows come as records" in caplog.text, 1] == [True, len(caplog.records)]
    before = refusing.sandbox.counters["ReadRows"]
    assert 10 == sum(batch.num_rows for batch in read_range(link, session, 490, 10))
    assert 1 == refusing.sandbox.counters["ReadRows"] - before


def test_what_neither_form_gives_is_refused_as_it_was(refusing: Warehouse) -> None:
    """The words are those about Arrow, not those about the second try; nothing is remembered."""
    link = refusing.store._link
    session = open_table(link, "tables/orders")
    fault(refusing.sandbox, "error,status=400,code=InvalidArgument,op=ReadRows")
    try:
        with pytest.raises(Refused):
            list(read_range(link, session, 0, 500))
    finally:
        refusing.sandbox.plan.clear()
    assert not link.without_arrow


def test_a_broken_read_goes_on_at_its_row(refusing: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut, damaged and refused in turn; every row comes once."""
    monkeypatch.setattr(record_rows, "BATCH_ROWS", 50)
    path = table(refusing.store, "by_record", "id BIGINT, name STRING")
    write(refusing.store, path, WriteMode.APPEND, numbered(0, 40_000))
    for spec in ("cut,times=1,after=1", "corrupt,times=1,after=2", "error,status=429,times=1,after=3"):
        fault(refusing.sandbox, f"{spec},op=ReadRows")
    assert list(range(40_000)) == sorted(read(refusing.store, path, part_rows=15_000).column("id").to_pylist())


def test_a_transfer_takes_records(refusing: Warehouse, services: Services, turns: Turns, tmp_path: Path) -> None:
    """In its usual parts, one of which breaks, with the checksum that Arrow gives."""
    fault(refusing.sandbox, "cut,times=1,after=2,op=ReadRows")
    sums = []
    for as_arrow in (False, True):
        served(refusing, as_arrow)
        out = tmp_path / f"orders-{as_arrow}.parquet"
        identifier = services.transfers.add("mc:orders", str(out), TransferOptions(part_rows=100, is_verified=True))
        turns.drain()
        item = ended(services, identifier)
        assert (500, 5) == (item.rows_done, item.parts_done)
        sums.append(sum(row_sum(batch) for batch in pq.read_table(out).to_batches()))
    assert sums[0] == sums[1]


def test_the_sdk_wrote_what_is_read_as_records(refusing: Warehouse) -> None:
    """Rows of the vendor's own writer of records, through the service and back."""
    client = entry(refusing.sandbox)
    made = client.create_table("theirs", "id bigint, name string, tags array<string>, price decimal(10,2)")
    with made.open_writer() as writer:
        writer.write([[1, "a", ["x", None], Decimal("1.50")], [2, None, None, None]])
    (page,) = refusing.store.read_rows(("theirs",), RowQuery())
    assert [
        {"id": 1, "name": "a", "tags": ["x", None], "price": Decimal("1.50")},
        {"id": 2, "name": None, "tags": None, "price": None},
    ] == sorted(page.batch.to_pylist(), key=lambda row: row["id"])


def test_a_body_cut_anywhere_is_told() -> None:
    """After any byte, also between two records, where nothing else would show it."""
    data = body(records(ROWS, [parse_type(text) for _, text in COLUMNS]))
    (whole,) = RecordRows(filled(data), COLUMNS).batches()
    assert ROWS.to_pylist() == whole.to_pylist()
    for length in range(len(data)):
        with pytest.raises(ProtocolError):
            list(RecordRows(filled(data[:length]), COLUMNS).batches())


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_body_changed_anywhere_is_told(place: int, change: int) -> None:
    """Any byte in any way: an error of ours, and never other rows."""
    data = bytearray(body(records(ROWS, [parse_type(text) for _, text in COLUMNS])))
    data[place % len(data)] ^= change
    try:
        found = list(RecordRows(filled(bytes(data)), COLUMNS).batches())
    except ProtocolError:
        return
    assert ROWS.to_pylist() == [row for batch in found for row in batch.to_pylist()]


def test_figures_of_the_service_before_the_last_sum_are_passed_over() -> None:
    """A string that it may add behind the number of rows, with a sum of its own."""
    rows = records(ROWS, [parse_type(text) for _, text in COLUMNS])
    written = RecordBody(())
    (head,), tail, word = written.piece(rows), written.end(), b'{"cost":1}'
    figures = b"\x0a" + bytes([len(word)]) + word + _tagged(33_554_176) + b"\x05"
    split = len(_tagged(33_554_430)) + 1
    (found,) = RecordRows(filled(head + tail[:split] + figures + tail[split:]), COLUMNS).batches()
    assert ROWS.to_pylist() == found.to_pylist()


def _tagged(number: int) -> bytes:
    value, out = number << 3, bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


@pytest.mark.parametrize(
    ("seconds", "text"), [(253_402_300_799, "9999-12-31T23:59:59"), (-62_135_596_800, "0001-01-01T00:00:00")]
)
def test_times_beyond_arrow_are_had_as_text(seconds: int, text: str) -> None:
    """Records tell seconds and nanoseconds apart, so nothing is lost."""
    columns: tuple[tuple[str, str], ...] = (("wall", "TIMESTAMP_NTZ"),)
    pairs: Any = pa.array([{"sec": seconds, "nano": 0}])
    kind = parse_type("INTERVAL_DAY_TIME")
    as_pairs = pairs.cast(wire_schema((("x", "INTERVAL_DAY_TIME"),)).field(0).type)
    data = body(records(pa.RecordBatch.from_arrays([as_pairs], ["wall"]), [kind]))
    (batch,) = RecordRows(filled(data), columns).batches()
    assert [text] == shaped(batch, columns).column(0).to_pylist()
