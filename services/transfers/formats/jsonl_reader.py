"""JSON Lines as a source: one object a line, in the lossless JSON that this program writes."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa
import pyarrow.json as arrow_json

from services.cancel import NEVER, CancelToken
from services.stores.bulk import Fault, Faults
from services.stores.types import KEY_METADATA
from services.transfers.formats.csv_reader import given_types
from services.transfers.formats.csv_splitting import Dialect, record_ends, split_records
from services.transfers.formats.reader import (
    BATCH_ROWS,
    PART_BYTES,
    POSITION_FIELD,
    SAMPLE_BYTES,
    Piece,
    Reader,
    broken,
    spread,
)
from services.transfers.formats.streams import Range, Readable, can_cut, open_piece, skip_mark
from services.value_json import json_text

LINES_A_BATCH: Final = 8192
RAW_CHARACTERS: Final = 500
JSON_METADATA: Final = {b"storedeck.json": b"1"}
"""Field metadata: the column's texts are JSON."""
_KEPT_MARKS: Final = frozenset((b"storedeck.json", KEY_METADATA))
_LARGEST: Final = 2**63 - 1
_MANY_DIGITS: Final = re.compile(rb"[1-9][0-9.]{18}|[^0-9.][0-9]{16,}[^0-9.eE]|\\u[dD]")
"""Numbers that a double may round, and escapes of half characters: both are read one by one."""
_DOUBLE_DIGITS: Final = 17


class JsonLinesReader(Reader):
    """See `Reader`."""

    def pieces(self, part_rows: int | None, cancel: CancelToken) -> list[Piece]:
        """See `Reader.pieces`."""
        if not can_cut(self.options.compression, self.options.encoding, ""):
            return [
                Piece(file, {"start": 0, "end": None, "first": 1}, None, path.stat().st_size)
                for file, path in enumerate(self.files)
            ]
        return [piece for file in range(len(self.files)) for piece in self._cut(file, part_rows, cancel)]

    def _cut(self, file: int, part_rows: int | None, cancel: CancelToken) -> Iterator[Piece]:
        path = self.files[file]
        start = skip_mark(path)
        ends = record_ends(path, start, Dialect(-1, None), cancel)
        for part in split_records(ends, start, part_bytes=PART_BYTES, part_rows=part_rows):
            state = {"start": part.start, "end": part.end, "first": part.first_record}
            yield Piece(file, state, part.records, part.end - part.start)

    def schema(self, pieces: Sequence[Piece]) -> pa.Schema:
        """See `Reader.schema`: the columns and types of samples; `types` may say otherwise."""
        found: dict[str, _Seen] = {}
        for piece in spread(pieces):
            for record in self._sampled(piece):
                for name, value in record.items():
                    found.setdefault(name, _Seen()).add(value)
        given = given_types(self.options.types, list(found))
        kept = [_field(name, given.get(name), seen) for name, seen in found.items()]
        return pa.schema([*kept, POSITION_FIELD])

    def _sampled(self, piece: Piece) -> Iterator[dict[str, Any]]:
        size = 0
        for _, line in self._lines(piece):
            size += len(line)
            if size > SAMPLE_BYTES:
                return
            record = _parsed(line)
            if isinstance(record, dict):
                yield record

    def _lines(self, piece: Piece) -> Iterator[tuple[int, str]]:
        state, path = piece.state, self.files[piece.file]
        number = int(state["first"])
        try:
            with open_piece(path, state["start"], state["end"], self.options.compression) as stream:
                errors = "surrogateescape" if self.options.encoding == "utf-8" else "strict"
                raw: Any = io.BufferedReader(Readable(stream))
                for line in io.TextIOWrapper(raw, self.options.encoding, errors=errors, newline="\n"):
                    if line.strip("\r\n\t \ufeff"):
                        yield number, line
                        number += 1
        except (pa.ArrowInvalid, UnicodeDecodeError, OSError) as error:
            raise broken(path, error) from error

    def read(self, piece: Piece, schema: pa.Schema, cancel: CancelToken = NEVER) -> Iterator[pa.RecordBatch | Faults]:
        """See `Reader.read`: a line with a value that its column's type does not hold is a fault."""
        batch = self._read_fast(piece, schema)
        if batch is not None:
            for start in range(0, batch.num_rows, BATCH_ROWS):
                cancel.check()
                yield batch.slice(start, BATCH_ROWS)
            return
        names = frozenset(schema.names)
        rows = _Rows(schema)
        for number, line in self._lines(piece):
            rows.add(number, line, names)
            if rows.lines >= LINES_A_BATCH:
                cancel.check()
                yield from rows.flush()
        yield from rows.flush()

    def _read_fast(self, piece: Piece, schema: pa.Schema) -> pa.RecordBatch | None:
        """The piece read by Arrow, None when a line has anything but plain values of the planned types in it."""
        state, fields = piece.state, [entry for entry in schema if entry.name != POSITION_FIELD.name]
        if state["end"] is None or self.options.encoding != "utf-8" or not all(_is_plain(entry) for entry in fields):
            return None
        data = Range(self.files[piece.file], state["start"], state["end"]).read()
        if _MANY_DIGITS.search(data):
            return None
        reading = arrow_json.ReadOptions(use_threads=False, block_size=len(data) + 1)
        parsing = arrow_json.ParseOptions(explicit_schema=pa.schema(fields), unexpected_field_behavior="error")
        try:
            stream: Any = pa.BufferReader(data)
            table = arrow_json.read_json(stream, reading, parsing)
        except pa.ArrowInvalid:
            return None
        if table.num_rows != piece.rows:
            return None
        numbers = pa.array(range(state["first"], state["first"] + table.num_rows), pa.int64())
        table = table.append_column(POSITION_FIELD, numbers).select(schema.names).combine_chunks()
        return table.to_batches()[0] if table.num_rows else None


def _is_plain(entry: pa.Field[Any]) -> bool:
    checks = (pa.types.is_int64, pa.types.is_float64, pa.types.is_string, pa.types.is_boolean)
    return entry.metadata is None and any(check(entry.type) for check in checks)


def kept_marks(entry: pa.Field[Any]) -> pa.Field[Any]:
    """A field with the marks that a file keeps for it: JSON in text, and being part of the key."""
    marks: Any = {name: value for name, value in (entry.metadata or {}).items() if name in _KEPT_MARKS}
    return entry.with_metadata(marks) if marks else entry.remove_metadata()


def _parsed(line: str) -> Any:
    try:
        return json.loads(line, parse_float=_number, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None


def _number(text: str) -> float | Decimal:
    """A number as a double where that is what was written, else exactly."""
    exact = Decimal(text)
    return float(text) if len(exact.normalize().as_tuple().digits) <= _DOUBLE_DIGITS else exact


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")


class _Seen:
    """The kinds of values that samples hold in one column."""

    def __init__(self) -> None:
        self.kinds: set[str] = set()
        self.scale = 0

    def add(self, value: Any) -> None:
        """Take one value into account."""
        kind = _kind(value)
        self.kinds.add(kind)
        if isinstance(value, Decimal):
            self.scale = max(self.scale, -int(value.as_tuple().exponent))


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "bool"
        case int():
            return "int" if -_LARGEST - 1 <= value <= _LARGEST else "decimal"
        case float():
            return "double"
        case Decimal():
            return "decimal"
        case str():
            return "big" if _is_big_integer(value) else "text"
        case {"$bytes": str()} if len(value) == 1:
            return "bytes"
        case {"$float": str()} if len(value) == 1:
            return "double"
    return "json"


def _is_big_integer(text: str) -> bool:
    """Whether a text is an int64 that JSON output writes as text, because a double would round it."""
    digits = text.removeprefix("-")
    return 16 <= len(digits) <= 19 and digits.isascii() and digits.isdecimal() and 2**53 < int(digits) <= _LARGEST


def _field(name: str, given: pa.DataType | None, seen: _Seen) -> pa.Field[Any]:
    if given is not None:
        return pa.field(name, given)
    kinds = seen.kinds - {"null"}
    if "int" in kinds and kinds <= {"int", "big"}:
        return pa.field(name, pa.int64())
    if kinds <= {"big", "text"}:
        return pa.field(name, pa.string())
    if kinds <= {"int", "double"}:
        return pa.field(name, pa.float64())
    if kinds <= {"int", "double", "decimal"} and seen.scale <= 30:
        return pa.field(name, pa.decimal256(70, seen.scale))
    simple = {"bool": pa.bool_(), "bytes": pa.binary()}
    if len(kinds) == 1 and (kind := next(iter(kinds))) in simple:
        return pa.field(name, simple[kind])
    return pa.field(name, pa.string(), metadata=JSON_METADATA)


class _Rows:
    """Lines on their way to one batch."""

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._fields = [entry for entry in schema if entry.name != POSITION_FIELD.name]
        self._columns: list[list[Any]] = [[] for _ in self._fields]
        self._numbers: list[int] = []
        self._faults: list[Fault] = []
        self.lines = 0

    def add(self, number: int, line: str, names: frozenset[str]) -> None:
        """Take a line."""
        self.lines += 1
        record = _parsed(line)
        if not isinstance(record, dict):
            self._fault(number, line, "is no JSON object")
            return
        cells = []
        for entry in self._fields:
            try:
                cells.append(_cell(record.get(entry.name), entry))
            except (ValueError, ArithmeticError) as error:
                self._fault(number, line, str(error) or f"does not fit {entry.type}", entry.name)
                return
        if not names.issuperset(record):
            extra = next(name for name in record if name not in names)
            self._fault(number, line, "the column is not in the plan: no sampled row had it", extra)
            return
        self._numbers.append(number)
        for column, cell in zip(self._columns, cells, strict=True):
            column.append(cell)

    def _fault(self, number: int, line: str, reason: str, column: str = "") -> None:
        self._faults.append(Fault(number, reason, line.strip()[:RAW_CHARACTERS], column))

    def flush(self) -> Iterator[pa.RecordBatch | Faults]:
        """What was taken since the last time."""
        if self._faults:
            yield Faults(tuple(self._faults))
        if self._numbers:
            arrays: list[pa.Array[Any]] = [
                pa.array(column, entry.type) for column, entry in zip(self._columns, self._fields, strict=True)
            ]
            arrays.append(pa.array(self._numbers, pa.int64()))
            order = [entry.name for entry in self._fields]
            batch = pa.RecordBatch.from_arrays(arrays, names=[*order, POSITION_FIELD.name])
            yield batch.select(self._schema.names).cast(self._schema)
        self._columns = [[] for _ in self._fields]
        self._numbers, self._faults, self.lines = [], [], 0


def _cell(value: Any, entry: pa.Field[Any]) -> Any:
    """A JSON value as Arrow takes it for a column.

    Raises:
        ValueError: the type does not hold it.
    """
    kind = entry.type
    if value is None:
        return None
    if entry.metadata == JSON_METADATA:
        return json_text(value)
    if pa.types.is_string(kind):
        return _text(value)
    if pa.types.is_boolean(kind) and isinstance(value, bool):
        return value
    if pa.types.is_int64(kind):
        return _integer(value)
    if pa.types.is_floating(kind):
        return _double(value)
    if pa.types.is_binary(kind) and _kind(value) == "bytes":
        return base64.b64decode(value["$bytes"], validate=True)
    if pa.types.is_decimal(kind):
        return _decimal(value, kind)
    return _scalar(value, kind)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{json_text(value)[:60]} is no text")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("is not text in the file's encoding") from None
    return value


def _integer(value: Any) -> int:
    number = int(value) if isinstance(value, str) and _is_big_integer(value) else value
    if isinstance(number, bool) or not isinstance(number, int) or not -_LARGEST - 1 <= number <= _LARGEST:
        raise ValueError(f"{json_text(value)[:60]} is no 64-bit integer")
    return number


def _double(value: Any) -> float:
    if isinstance(value, Mapping) and _kind(value) == "double":
        return float(value["$float"])
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= 2**53:
        return float(value)
    if isinstance(value, float):
        return value
    raise ValueError(f"{json_text(value)[:60]} is no double")


def _decimal(value: Any, kind: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError(f"{json_text(value)[:60]} is no number")
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if -int(exact.normalize().as_tuple().exponent) > kind.scale:
        raise ValueError(f"{exact} has more than {kind.scale} digits behind the point")
    return exact


def _scalar(value: Any, kind: pa.DataType) -> Any:
    if not isinstance(value, str):
        raise ValueError(f"{json_text(value)[:60]} is no {kind}")
    try:
        made: Any = pa.scalar(value).cast(kind)
        # Python's own times end at microseconds; Arrow takes a count back.
        return made.value if pa.types.is_temporal(kind) else made.as_py()
    except pa.ArrowInvalid:
        raise ValueError(f"{value[:60]!r} is no {kind}") from None
