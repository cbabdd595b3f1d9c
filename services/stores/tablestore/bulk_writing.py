"""Tables written in parts by BatchWriteRow, each row with the condition that the mode asks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import pyarrow as pa

from services.cancel import CancelToken
from services.errors import NotFound, Refused, StoredeckError, UnsupportedOperation, ValueRefused
from services.stores.bulk import Receipt, Reject, WriteMode, WritePlan, WriteWish, new_key, new_key_notes
from services.stores.changes import Outcome, Path, Result
from services.stores.features import Guarantee
from services.stores.loose_columns import is_json, planned_field, python_columns, word_of
from services.stores.tablestore import names
from services.stores.tablestore.answers import TableAnswer
from services.stores.tablestore.batches import batched
from services.stores.tablestore.bulk_columns import ARROW_OF, given_word, json_value
from services.stores.tablestore.planning import ANY_ROW, NOT_THERE
from services.stores.tablestore.reading import Reading
from services.stores.tablestore.row_calls import RowCall
from services.stores.tablestore.sending import Sending
from services.stores.tablestore.tables import Tables
from services.stores.types import RowQuery
from services.value_json import typed_json
from services.values import Typed

KEY_BYTES: Final = 1024
CELL_BYTES: Final = 2 * 2**20
MOST_COLUMNS: Final = 1024

TypedRow = dict[str, Typed]
TAKEN: Final = "the key is taken by other values"
_CLEARED: Final = "its rows are deleted, one by one, when the transfer begins, not when it is committed"
_EMPTY_ADVICE: Final = "Choose append, upsert, skip or overwrite, or another table."
_NUMBERED: Final = "the service numbers its rows anew at each write, so that a part sent again would double them"
_OF_ALL: Final = ("OTSNoPermissionAccess", "OTSAuthorizationFailed")
"""Refusals that hold for every row alike."""


class BulkWriting:
    """Plans and writes the parts that go to tables."""

    def __init__(self, tables: Tables, reading: Reading, sending: Sending) -> None:
        self._tables = tables
        self._reading = reading
        self._sending = sending

    def modes(self, path: Path) -> frozenset[WriteMode]:
        """See `BulkWrites.write_modes`; none where `plan` says why."""
        if len(path) != 1:
            return frozenset()
        try:
            _check_numbered(path, self._tables.fresh(path))
        except NotFound:
            pass
        except UnsupportedOperation:
            return frozenset()
        return frozenset(WriteMode)

    def plan(self, path: Path, schema: pa.Schema, wish: WriteWish, cancel: CancelToken) -> WritePlan:
        """See `BulkWrites.plan_write`."""
        table = self._found(path, cancel, is_created=wish.is_created)
        if table is None:
            keys = _new_keys(schema)
            notes = new_key_notes(schema, wish)
        else:
            keys = {name: word for name, word, _ in table.key}
            notes = [_CLEARED] if wish.mode is WriteMode.OVERWRITE else []
            self._check_empty(path, wish, cancel)
        fields = _fields(keys, dict(table.columns) if table else {}, schema, notes)
        is_blind = wish.mode in (WriteMode.UPSERT, WriteMode.OVERWRITE)
        guarantee = Guarantee.BLIND_UPSERT if is_blind else Guarantee.CONDITIONAL
        state = {"keys": keys, "is_created": table is None}
        return WritePlan(path, fields, wish, guarantee, state, notes=tuple(notes))

    def _found(self, path: Path, cancel: CancelToken, *, is_created: bool) -> TableAnswer | None:
        if len(path) != 1:
            raise UnsupportedOperation(f"{names.shown(path)}: takes no rows", hint="Write to its table.")
        try:
            table = self._tables.fresh(path, cancel)
        except NotFound as error:
            if is_created:
                return None
            raise NotFound(error.message, hint=f"{error.hint} Or let it be created with --create.") from error
        _check_numbered(path, table)
        return table

    def _check_empty(self, path: Path, wish: WriteWish, cancel: CancelToken) -> None:
        if wish.mode is WriteMode.FAIL:
            page = next(self._reading.read_rows(path, RowQuery(limit=1), cancel))
            if page.batch.num_rows:
                raise ValueRefused(f"{names.shown(path)}: is not empty", hint=_EMPTY_ADVICE)

    def begin(self, plan: WritePlan, cancel: CancelToken) -> WritePlan:
        """See `BulkWrites.begin_write`."""
        if plan.state["is_created"] and plan.path[0] not in self._tables.names():
            columns = [{"name": name, "type": word, "key": True} for name, word in plan.state["keys"].items()]
            self._tables.create(plan.path, {"columns": columns})
        if plan.wish.mode is WriteMode.OVERWRITE:
            self._clear(plan, cancel)
        self._check_empty(plan.path, plan.wish, cancel)
        return plan

    def _clear(self, plan: WritePlan, cancel: CancelToken) -> None:
        """Delete every row by its key."""
        keys = plan.state["keys"]
        for page in self._reading.read_rows(plan.path, RowQuery(columns=tuple(keys)), cancel):
            columns = [page.batch.column(name).to_pylist() for name in keys]
            calls = [
                RowCall(
                    "DeleteRow",
                    plan.path,
                    {name: Typed(word, value) for (name, word), value in zip(keys.items(), values, strict=True)},
                    ANY_ROW,
                )
                for values in zip(*columns, strict=True)
            ]
            for batch in batched(calls):
                cancel.check()
                for outcome in self._sending.settled([call for _, call in batch.calls], cancel):
                    if outcome.error is not None:
                        raise outcome.error

    def part(self, plan: WritePlan, part: int, batches: Iterator[pa.RecordBatch], cancel: CancelToken) -> Receipt:
        """See `BulkWrites.write_part`."""
        writer = _RowWriter(self._sending, plan, cancel)
        size = 0
        for batch in batches:
            writer.write(batch)
            size += batch.nbytes
        return Receipt(part, writer.seen - len(writer.rejects), size, writer.sorted_rejects())


def _check_numbered(path: Path, table: TableAnswer) -> None:
    numbered = next((name for name, _, auto in table.key if auto), None)
    if numbered is not None:
        hint = "Write to a table without an auto-increment key, or put rows singly."
        raise UnsupportedOperation(f"{names.shown(path)}: {numbered} is auto-increment: {_NUMBERED}", hint=hint)


def _new_keys(schema: pa.Schema) -> dict[str, str]:
    """The key of a table to be made: the marked columns, or the first.

    Raises:
        ValueRefused: it can be no key.
    """
    marked = [schema.field(name) for name in new_key(schema)]
    found = {names.check_name(field.name): given_word(field) for field in marked}
    stray = next((name for name, word in found.items() if word not in names.KEY_WORDS), None)
    if stray is not None or len(found) > 4:
        hint = "A key is one to four columns of whole numbers, text or bytes; create the table first."
        raise ValueRefused(f"{stray or ', '.join(found)}: can be no key", hint=hint)
    return found


def _fields(keys: dict[str, str], defined: dict[str, str], given: pa.Schema, notes: list[str]) -> pa.Schema:
    """The key, and the other columns in the types that they are given or defined in."""
    fields = [planned_field(name, [word], ARROW_OF, is_key=True) for name, word in keys.items()]
    for field in given:
        if field.name in keys:
            continue
        names.check_name(field.name)
        if is_json(field) and field.name not in defined:
            fields.append(planned_field(field.name, ("Integer", "String"), ARROW_OF, is_key=False))
            continue
        word = defined.get(field.name) or given_word(field)
        fields.append(planned_field(field.name, [word], ARROW_OF, is_key=False))
        if word == "String" and not _is_text(field.type):
            notes.append(f"{field.name}: {field.type} is no type of Tablestore, so as text")
    if len(fields) - len(keys) > MOST_COLUMNS:
        raise ValueRefused(f"{len(fields) - len(keys):,} columns: a write takes {MOST_COLUMNS:,}")
    return pa.schema(fields)


def _is_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind))


class _RowWriter:
    """Writes the rows of one part in the plan's mode."""

    def __init__(self, sending: Sending, plan: WritePlan, cancel: CancelToken) -> None:
        self._sending = sending
        self._path = plan.path
        self._schema = plan.schema
        self._keys: dict[str, str] = plan.state["keys"]
        self._mode = plan.wish.mode
        is_blind = self._mode in (WriteMode.UPSERT, WriteMode.OVERWRITE)
        self._condition = ANY_ROW if is_blind else NOT_THERE
        self._cancel = cancel
        self.seen = 0
        self.rejects: dict[int, Reject] = {}

    def sorted_rejects(self) -> tuple[Reject, ...]:
        """The rows that were refused, in order."""
        return tuple(self.rejects[row] for row in sorted(self.rejects))

    def write(self, batch: pa.RecordBatch) -> None:
        """Write some rows."""
        calls = [self._call(self.seen + place, row) for place, row in enumerate(self._rows(batch))]
        for sent in batched(calls):
            self._cancel.check()
            self._send([(self.seen + place, call) for place, call in sent.calls])
        self.seen += batch.num_rows

    def _rows(self, batch: pa.RecordBatch) -> Iterator[TypedRow | Reject]:
        """Each row as exact values, what it lacks left out; or why there is none."""
        columns, misfits = python_columns(batch)
        kinds = [(field.name, word_of(field), is_json(field)) for field in self._schema]
        for place, values in enumerate(zip(*columns, strict=True)):
            row: dict[str, Typed] = {}
            reject = _misfit(self.seen + place, misfits.get(place))
            for (name, word, is_text_of_json), value in zip(kinds, values, strict=True):
                if value is None:
                    continue
                try:
                    row[name] = json_value(value) if is_text_of_json else Typed(word, value)
                except ValueRefused as error:
                    reject = reject or Reject(self.seen + place, error.message, name)
            yield reject or row

    def _call(self, place: int, row: TypedRow | Reject) -> RowCall | None:
        if isinstance(row, Reject):
            self.rejects[place] = row
            return None
        key: dict[str, Typed] = {}
        rest: dict[str, Typed] = {}
        for name, value in row.items():
            is_key = name in self._keys
            (key if is_key else rest)[name] = value
            most = KEY_BYTES if is_key else CELL_BYTES
            size = _size_above(value.value, most)
            if size:
                self.rejects[place] = Reject(place, f"{size:,} bytes, and the service takes {most:,}", name)
                return None
        return RowCall("PutRow", self._path, key, self._condition, rest)

    def _send(self, calls: Sequence[tuple[int, RowCall]]) -> None:
        """Send a batch; where it is refused as a whole, its halves, until the row is found that was meant."""
        outcomes = self._sending.settled([call for _, call in calls], self._cancel)
        error = outcomes[0].error
        if len(calls) > 1 and error is not None and all(outcome.error is error for outcome in outcomes):
            if not _is_of_rows(error):
                raise error
            half = len(calls) // 2
            self._send(calls[:half])
            self._send(calls[half:])
            return
        for (place, call), outcome in zip(calls, outcomes, strict=True):
            self._settle(place, call, outcome)

    def _settle(self, place: int, call: RowCall, outcome: Outcome) -> None:
        if outcome.result is Result.APPLIED:
            return
        if outcome.result is Result.CONFLICT:
            if self._mode is not WriteMode.SKIP and not self._is_same(call, outcome):
                self.rejects[place] = Reject(place, TAKEN)
            return
        assert outcome.error is not None
        if not _is_of_rows(outcome.error):
            raise outcome.error
        self.rejects[place] = Reject(place, outcome.message)

    def _is_same(self, call: RowCall, outcome: Outcome) -> bool:
        """Whether the row that is there is the one that was to be put."""
        current = outcome.current
        if current is None:
            return False
        wanted = {**call.key, **call.puts}
        return current.keys() == wanted.keys() and all(
            typed_json(value) == typed_json(current[name]) for name, value in wanted.items()
        )


def _size_above(data: Any, most: int) -> int:
    """The bytes of a text or of bytes that are too many; 0 for everything else."""
    if not isinstance(data, str | bytes) or len(data) * 4 <= most:
        return 0
    size = len(data.encode()) if isinstance(data, str) else len(data)
    return size if size > most else 0


def _misfit(place: int, found: tuple[str, str] | None) -> Reject | None:
    return None if found is None else Reject(place, found[1], found[0])


def _is_of_rows(error: StoredeckError) -> bool:
    """Whether a refusal is about what the rows hold; everything else ends the part."""
    return type(error) in (Refused, ValueRefused) and not any(code in error.message for code in _OF_ALL)
