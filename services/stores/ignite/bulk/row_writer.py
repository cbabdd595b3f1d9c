"""Rows of one part on their way into a table, a statement a block; refused rows are found one by one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from services.cancel import CancelToken
from services.errors import StatementRefused, Unavailable
from services.stores.bulk import Reject, WriteMode, WritePlan
from services.stores.ignite.bulk.encoding import encode_column
from services.stores.ignite.bulk.fitting import Fitter
from services.stores.ignite.codec import tags
from services.stores.ignite.faults import ServerRefusal
from services.stores.ignite.names import quoted
from services.stores.ignite.sql import SqlRequest

if TYPE_CHECKING:
    from services.stores.ignite.cluster_types import ClusterTypes
    from services.stores.ignite.sql import SqlRunner

BLOCK_ROWS: Final = 500
BLOCK_ARGUMENTS: Final = 8_000
LOOKUP_KEYS: Final = 100
_TRIES: Final = 5
TAKEN: Final = "the key is taken by other values"
_COLUMN: Final = re.compile(r"column '([^']+)'")
_OF_VALUES: Final = ("22", "23")
"""Classes of SQLSTATE that tell of the values of a statement, not of the statement."""

Rows = Sequence[int]
Cells = tuple[bytes, ...]
"""Cells of a row as objects: equal for equal values."""


class RowWriter:
    """Writes the rows of one part in the plan's mode.

    Attributes:
        rows: how many of them the table holds now.
    """

    def __init__(self, runner: SqlRunner, types: ClusterTypes, plan: WritePlan, cancel: CancelToken) -> None:
        self._runner = runner
        self._types = types
        self._schema = plan.schema
        self._mode = plan.wish.mode
        self._table = plan.state["table"]
        self._keys = [plan.schema.get_field_index(name) for name in plan.state["keys"]]
        self._cancel = cancel
        self._seen = 0
        self._rejects: dict[int, Reject] = {}

    @property
    def rows(self) -> int:
        """Rows written, those that were there already with the same values included."""
        return self._seen - len(self._rejects)

    @property
    def rejects(self) -> tuple[Reject, ...]:
        """The rows that were refused, in order."""
        return tuple(self._rejects[row] for row in sorted(self._rejects))

    def write(self, batch: pa.RecordBatch) -> None:
        """Write some rows."""
        step = max(1, min(BLOCK_ROWS, BLOCK_ARGUMENTS // max(len(self._schema), 1)))
        for start in range(0, batch.num_rows, step):
            self._cancel.check()
            self._write_block(batch.slice(start, step))

    def _write_block(self, batch: pa.RecordBatch) -> None:
        block = _Block(batch, self._schema, self._types, self._keys)
        for row, (column, reason) in block.misfits.items():
            self._reject(row, reason, column)
        good = [row for row in range(batch.num_rows) if row not in block.misfits]
        if self._mode in (WriteMode.UPSERT, WriteMode.OVERWRITE):
            self._send("MERGE", block, block.last_of_each_key(good))
        else:
            self._insert(block, good)
        self._seen += batch.num_rows

    def _reject(self, row: int, reason: str, column: str = "") -> None:
        place = self._seen + row
        self._rejects[place] = Reject(place, reason, column)

    def _insert(self, block: _Block, rows: Rows) -> None:
        """Insert what is new; what is there already is compared, or left as it is."""
        for _ in range(_TRIES):
            first, again = block.first_of_each_key(rows)
            maybe_taken = self._send("INSERT", block, first)
            rows = self._missing(block, [*maybe_taken, *again]) if maybe_taken or again else []
            if not rows:
                return
        raise Unavailable(f"{self._table}: rows come and go while they are written", hint="Try again when it is quiet.")

    def _missing(self, block: _Block, rows: Rows) -> list[int]:
        """Those of the rows whose key is not in the table; one whose key has other values is rejected."""
        found = self._lookup(block, rows)
        missing = []
        for row in rows:
            there = found.get(block.key(row))
            if there is None:
                missing.append(row)
            elif self._mode is not WriteMode.SKIP and not self._is_same(there, block.cells(row)):
                self._reject(row, TAKEN)
        return missing

    def _is_same(self, there: Cells, cells: Cells) -> bool:
        """Whether two rows are the same; the server may have written a decimal with other zeros."""
        if len(there) != len(cells):
            return False
        return all(
            one == other or (one[0] == other[0] == tags.DECIMAL and self._number(one) == self._number(other))
            for one, other in zip(there, cells, strict=True)
        )

    def _number(self, data: bytes) -> Any:
        return self._types.decode(data).value

    def _send(self, verb: str, block: _Block, rows: Rows) -> list[int]:
        """Run one statement for the rows; those of which an INSERT does not say whether they went in."""
        if not rows:
            return []
        try:
            self._run(self._statement(verb, len(rows)), block.arguments(rows))
        except StatementRefused as error:
            refusal = error.__cause__
            if not isinstance(refusal, ServerRefusal):
                raise
            if verb == "INSERT" and _is_taken(refusal):
                return list(rows)
            if not refusal.message.startswith(_OF_VALUES):
                raise
            if len(rows) == 1:
                named = _COLUMN.search(error.message)
                self._reject(rows[0], error.message.removeprefix("statement: "), named[1] if named else "")
                return []
            half = len(rows) // 2
            return self._send(verb, block, rows[:half]) + self._send(verb, block, rows[half:])
        return []

    def _run(self, text: str, arguments: tuple[bytes, ...]) -> None:
        for _ in self._runner.pages(SqlRequest(text, arguments), self._cancel):
            pass

    def _statement(self, verb: str, rows: int) -> str:
        names = ", ".join(quoted(field.name) for field in self._schema)
        one = f"({', '.join('?' for _ in self._schema)})"
        return f"{verb} INTO {self._table} ({names}) VALUES {', '.join([one] * rows)}"

    def _lookup(self, block: _Block, rows: Rows) -> dict[Cells, Cells]:
        """The rows of the table by key, for the keys of some rows."""
        found: dict[Cells, Cells] = {}
        distinct, _ = block.first_of_each_key(rows)
        fitter = Fitter(self._schema, self._types.resolver, is_sql=True)
        for start in range(0, len(distinct), LOOKUP_KEYS):
            some = distinct[start : start + LOOKUP_KEYS]
            request = SqlRequest(self._select(len(some)), block.key_arguments(some))
            for page in self._runner.pages(request, self._cancel):
                if page.batch is not None and page.batch.num_rows:
                    self._take(fitter, page.batch, found)
        return found

    def _take(self, fitter: Fitter, batch: pa.RecordBatch, found: dict[Cells, Cells]) -> None:
        fitted, faults = fitter.fit(batch, 0)
        for cells in self._cells(fitted, self._schema):
            found[tuple(cells[place] for place in self._keys)] = cells
        # What the plan's types cannot hold differs from whatever comes, so only its key counts.
        keys = pa.schema([self._schema.field(place) for place in self._keys])
        places = pa.array([fault.position for fault in faults], pa.int64())
        rest, _ = Fitter(keys, self._types.resolver, is_sql=True).fit(batch.select(self._keys).take(places), 0)
        found.update((key, ()) for key in self._cells(rest, keys))

    def _cells(self, batch: pa.RecordBatch, schema: pa.Schema) -> list[Cells]:
        columns = [
            encode_column(array, field, self._types, is_sql=True)[0]
            for field, array in zip(schema, batch.columns, strict=True)
        ]
        return list(zip(*columns, strict=True))

    def _select(self, keys: int) -> str:
        """Finds some keys: by one list where the key is one column, else by a union whose members each use the key."""
        names = ", ".join(quoted(field.name) for field in self._schema)
        key = [quoted(self._schema.field(place).name) for place in self._keys]
        if len(key) == 1:
            return f"SELECT {names} FROM {self._table} WHERE {key[0]} IN ({', '.join('?' * keys)})"
        one = f"SELECT {names} FROM {self._table} WHERE {' AND '.join(f'{name} = ?' for name in key)}"
        return " UNION ALL ".join([one] * keys)


class _Block:
    """Rows of one statement, their cells as objects.

    Attributes:
        misfits: rows of which a value cannot be sent: the column and why.
    """

    def __init__(self, batch: pa.RecordBatch, schema: pa.Schema, types: ClusterTypes, keys: Sequence[int]) -> None:
        self._keys = keys
        self.misfits: dict[int, tuple[str, str]] = {}
        columns: list[list[bytes]] = []
        for field, array in zip(schema, batch.columns, strict=True):
            encoded, reasons = encode_column(array, field, types, is_sql=True)
            columns.append(encoded)
            for row, reason in reasons.items():
                self.misfits.setdefault(row, (field.name, reason))
        self._rows = list(zip(*columns, strict=True))

    def arguments(self, rows: Rows) -> tuple[bytes, ...]:
        """The objects of some rows, one row after the other."""
        return tuple(cell for row in rows for cell in self._rows[row])

    def key_arguments(self, rows: Rows) -> tuple[bytes, ...]:
        """The objects of the keys of some rows."""
        return tuple(cell for row in rows for cell in self.key(row))

    def cells(self, row: int) -> Cells:
        """The objects of a row."""
        return self._rows[row]

    def key(self, row: int) -> Cells:
        """The objects of the key of a row."""
        return tuple(self._rows[row][place] for place in self._keys)

    def first_of_each_key(self, rows: Rows) -> tuple[list[int], list[int]]:
        """The first row of each key, and all others."""
        seen: set[tuple[bytes, ...]] = set()
        first: list[int] = []
        again: list[int] = []
        for row in rows:
            key = self.key(row)
            (again if key in seen else first).append(row)
            seen.add(key)
        return first, again

    def last_of_each_key(self, rows: Rows) -> list[int]:
        """The last row of each key."""
        return sorted({self.key(row): row for row in rows}.values())


def _is_taken(refusal: ServerRefusal) -> bool:
    return refusal.is_duplicate_key or "already in cache" in refusal.message
