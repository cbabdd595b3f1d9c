"""Rows decoded a second of processor time: pyignite, the one-by-one decoder and the page decoder on the same pages.

Run: python tests/benchmarks/decode_speed.py [rows a page, default 1024] [rounds, default 5]
The goal is a ratio of at least 50 to pyignite.
"""

from __future__ import annotations

import gc
import statistics
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from decode_pages import SHAPES, PreparedPage, prepare

from services.stores.ignite.codec.generic import decode_object
from services.stores.ignite.codec.pages import PageDecoder

SECONDS = 0.15


def with_pyignite(page: PreparedPage) -> Callable[[], int]:
    """The SDK's own parsing of the whole answer to Python values."""
    from pyignite.connection.protocol_context import ProtocolContext
    from pyignite.datatypes import Bool, Long, Map
    from pyignite.queries.response import Response, SQLResponse
    from pyignite.stream import READ_BACKWARD, BinaryStream

    context = ProtocolContext((1, 7, 0), None)
    message = struct.pack("<iqh", 10 + len(page.body), 1, 0) + page.body
    if page.shape.is_scan:
        response = Response(protocol_context=context, following=[("cursor", Long), ("data", Map), ("more", Bool)])
    else:
        response = SQLResponse(protocol_context=context, has_cursor=True)

    def run() -> int:
        with BinaryStream(None, message) as stream:
            made = response.parse(stream)
            value = response.to_python(stream.read_ctype(made, direction=READ_BACKWARD))
        return len(value["data"])

    return run


def one_by_one(page: PreparedPage) -> Callable[[], int]:
    """The reference decoder, object by object to Python values."""
    width = len(page.shape.columns)

    def run() -> int:
        offset, rows = page.offset, []
        for _ in range(page.rows):
            row = []
            for _ in range(width):
                value, offset = decode_object(page.body, offset, page.shape.resolver)
                row.append(value)
            rows.append(row)
        return len(rows)

    return run


def whole_pages(page: PreparedPage) -> Callable[[], int]:
    """The page decoder, to Arrow; it has seen a page of the cursor before, as all but the first have."""
    decoder = PageDecoder(page.shape.columns, page.shape.resolver)
    return lambda: decoder.decode(page.body, page.offset, page.rows)[0].num_rows


def first_pages(page: PreparedPage) -> Callable[[], int]:
    """The page decoder on the first page of a cursor."""
    return lambda: (
        PageDecoder(page.shape.columns, page.shape.resolver).decode(page.body, page.offset, page.rows)[0].num_rows
    )


def rows_per_second(run: Callable[[], int]) -> float:
    """Rows a second of processor time, which other work on the machine disturbs least, over at least `SECONDS`."""
    rows, started = 0, time.process_time()
    while True:
        rows += run()
        spent = time.process_time() - started
        if spent >= SECONDS:
            return rows / spent


def main() -> None:
    """Print the table."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1024
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    decoders = {
        "pyignite": with_pyignite,
        "one by one": one_by_one,
        "first page": first_pages,
        "page": whole_pages,
    }
    print(f"rows/s of processor time, median of {rounds} interleaved rounds, {rows} rows a page; x = times pyignite")
    print(f"{'page':42}" + "".join(f"{name:>20}" for name in decoders))
    for shape in SHAPES:
        page = prepare(shape, rows)
        runs = {name: make(page) for name, make in decoders.items()}
        found: dict[str, list[float]] = {name: [] for name in decoders}
        for run in runs.values():
            assert run() == rows
        for _ in range(rounds):
            for name, run in runs.items():
                gc.collect()
                found[name].append(rows_per_second(run))
        speeds = {name: statistics.median(values) for name, values in found.items()}
        base = speeds["pyignite"]
        cells = "".join(f"{speed:>12,.0f} {f'{speed / base:.0f}x':>7}" for speed in speeds.values())
        print(f"{shape.name:42}{cells}")


if __name__ == "__main__":
    main()
