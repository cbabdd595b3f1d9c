"""Whole pages of an answer straight to Arrow.

What becomes of a column (field metadata `storedeck.type` names the Ignite type):
    Byte, Short, Int, Long         int8, int16, int32, int64
    Float, Double, Bool            float32, float64, bool
    Char, String                   string
    ByteArray, StringBytes         binary (StringBytes: a string that is not UTF-8)
    UUID                           fixed size binary of 16, in the usual byte order
    Date, Timestamp                timestamp[ms] and timestamp[ns] in the zone of the server's JVM
    Time                           time32[ms] in that zone
    SqlDate                        date32
    Decimal                        decimal128(38, scale), decimal256(76, scale)
    arrays of numbers              list
    a binary type (City)           struct, its fields by the same rules
    all null                       null
    anything else, and any value outside of what the above can hold exactly (a Timestamp of the year 3000, a decimal
    of 100 digits, collections, maps, objects whose schema is unknown)
                                   binary, the object as it came, with metadata `storedeck.wire` = 1
A column whose cells are of several types (Int 1 and Long 1, decimals 1.5 and 1.50, two schemas of one binary type)
is a dense union of these, `storedeck.type` = Mixed; nulls in it are a child of type null. `cell_value` reads any of
them back exactly. The next page of the same query may have other Arrow types.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from services.stores.ignite.codec.binary_types import Resolver, nothing_known
from services.stores.ignite.codec.columns import column
from services.stores.ignite.codec.layout import first_plan, lay_out
from services.stores.ignite.codec.page_buffer import PageBuffer
from services.stores.ignite.codec.reader import Buffer, malformed
from services.stores.ignite.codec.row_plans import Plan

KEY_COLUMNS = ("key", "value")


class PageDecoder:
    """Decodes the pages of one cursor, and remembers from page to page how the rows look.

    Args:
        columns: names of the columns; may be empty or repeat.
        zone: of the server's JVM, in which DATE, TIME and TIMESTAMP are meant.
    """

    def __init__(self, columns: Sequence[str], resolver: Resolver = nothing_known, zone: str = "UTC") -> None:
        self.columns = list(columns)
        self._resolver = resolver
        self._zone = zone
        self._plan: Plan | None = None

    def decode(self, payload: Buffer, offset: int, rows: int) -> tuple[pa.RecordBatch, int]:
        """The rows whose first object starts at `offset`, and where they end.

        Raises:
            ProtocolError: the payload does not hold so many rows.
        """
        buffer = PageBuffer(payload, self._resolver, self._zone)
        width = len(self.columns)
        if not 0 <= rows * max(width, 1) <= len(buffer.data) - offset or offset < 0 or (rows and not width):
            raise malformed(offset, f"{rows} rows of {width} columns do not fit {len(buffer.data)} bytes")
        if not rows:
            return self._empty(), offset
        plan = self._plan or first_plan(buffer, offset, width, rows)
        cells, end, self._plan = lay_out(buffer, offset, rows, plan)
        made = [column(buffer, name, found) for name, found in zip(self.columns, cells, strict=True)]
        schema = pa.schema([item.field for item in made])
        return pa.RecordBatch.from_arrays([item.array for item in made], schema=schema), end

    def _empty(self) -> pa.RecordBatch:
        schema = pa.schema([pa.field(name, pa.null()) for name in self.columns])
        return pa.RecordBatch.from_arrays([pa.nulls(0) for _ in self.columns], schema=schema)


def decode_sql_page(
    payload: Buffer,
    offset: int,
    columns: Sequence[str],
    rows: int,
    resolver: Resolver = nothing_known,
    zone: str = "UTC",
) -> tuple[pa.RecordBatch, int]:
    """One page of a SQL answer on its own; see `PageDecoder` for the pages of a cursor."""
    return PageDecoder(columns, resolver, zone).decode(payload, offset, rows)


def decode_scan_page(
    payload: Buffer, offset: int, rows: int, resolver: Resolver = nothing_known, zone: str = "UTC"
) -> tuple[pa.RecordBatch, int]:
    """One page of a scan on its own: columns `key` and `value`."""
    return PageDecoder(KEY_COLUMNS, resolver, zone).decode(payload, offset, rows)
