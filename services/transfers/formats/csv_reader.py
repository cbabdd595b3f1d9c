"""Delimited text as a source: cut at record ends, read by Arrow as bytes, cast to types column by column."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv

from services.cancel import NEVER, CancelToken
from services.errors import UsageError
from services.results.records import unique_names
from services.stores.bulk import Fault, Faults
from services.transfers.formats.csv_splitting import Dialect, record_ends, split_records
from services.transfers.formats.options import FileOptions
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
from services.transfers.formats.streams import Readable, can_cut, open_piece, skip_mark
from services.transfers.formats.text_casting import cast_texts, inferred_type

BLOCK_BYTES: Final = 1 << 21
"""What Arrow parses at once; a longer record has a block of its own size."""
STREAM_BLOCK_BYTES: Final = 1 << 24
"""The same where records are not known beforehand: a longer one cannot be read."""
RAW_CHARACTERS: Final = 500
_CUT_NOTE: Final = "compressed or wide text cannot be cut: a file is one part"


class CsvReader(Reader):
    """See `Reader`; also for TSV, which has another delimiter."""

    def pieces(self, part_rows: int | None, cancel: CancelToken) -> list[Piece]:
        """See `Reader.pieces`."""
        if not self._can_cut:
            return [
                Piece(file, {"start": 0, "end": None, "first": 1, "quotes": True}, None, path.stat().st_size)
                for file, path in enumerate(self.files)
            ]
        return [piece for file in range(len(self.files)) for piece in self._cut(file, part_rows, cancel)]

    @property
    def _can_cut(self) -> bool:
        options = self.options
        return can_cut(options.compression, options.encoding, options.delimiter + options.quote)

    def _cut(self, file: int, part_rows: int | None, cancel: CancelToken) -> Iterator[Piece]:
        path, options = self.files[file], self.options
        dialect = Dialect(ord(options.delimiter), ord(options.quote))
        start = skip_mark(path)
        if options.has_header:
            found = (int(end) for ends in record_ends(path, start, dialect, cancel) for end in ends.positions[:1])
            start = next(found, start)
        parts = split_records(
            record_ends(path, start, dialect, cancel), start, part_bytes=PART_BYTES, part_rows=part_rows
        )
        for part in parts:
            state = {"start": part.start, "end": part.end, "first": part.first_record}
            state |= {"quotes": part.has_quotes, "longest": part.longest}
            yield Piece(file, state, part.records, part.end - part.start)

    def notes(self) -> tuple[str, ...]:
        """See `Reader.notes`."""
        return () if self._can_cut else (_CUT_NOTE,)

    def schema(self, pieces: Sequence[Piece]) -> pa.Schema:
        """See `Reader.schema`."""
        names = self._names(0)
        for file in range(1, len(self.files)):
            if self._names(file) != names:
                raise UsageError(
                    f"{self.name(file)}: its columns are not those of {self.name(0)}",
                    hint="Files that travel together need the same columns in the same order.",
                )
        return pa.schema([*self._typed(names, pieces), POSITION_FIELD])

    def _names(self, file: int) -> list[str]:
        first = self._first_record(file)
        if not first:
            raise UsageError(f"{self.name(file)}: is empty", hint="A text file needs a header or rows.")
        if not self.options.has_header:
            return [f"c{number}" for number in range(1, len(first) + 1)]
        return unique_names([name.strip() or f"c{number}" for number, name in enumerate(first, 1)])

    def _first_record(self, file: int) -> list[str]:
        """Read by the standard library: only the first record, whose length nobody knows."""
        options, path = self.options, self.files[file]
        with open_piece(path, 0, None, options.compression) as stream:
            encoding = "utf-8-sig" if options.encoding == "utf-8" else options.encoding
            text = io.TextIOWrapper(io.BufferedReader(Readable(stream)), encoding, errors="replace", newline="")
            rows = csv.reader(text, delimiter=options.delimiter, quotechar=options.quote)
            try:
                return next((row for row in rows if row), [])
            except (csv.Error, OSError, pa.ArrowInvalid) as error:
                raise broken(path, error) from error

    def _typed(self, names: Sequence[str], pieces: Sequence[Piece]) -> list[pa.Field[Any]]:
        given = given_types(self.options.types, names)
        plain = [pa.field(name, given.get(name, pa.string())) for name in names]
        if self.options.types == "text" or all(name in given for name in names) or not pieces:
            return plain
        sampled = [batch for piece in spread(pieces) for batch in self._sampled(piece, names)]
        if not sampled:
            return plain
        sample = pa.Table.from_batches(sampled)
        columns = {name: sample.column(place).combine_chunks() for place, name in enumerate(names)}
        return [
            pa.field(name, given[name] if name in given else inferred_type(columns[name], self.options))
            for name in names
        ]

    def _sampled(self, piece: Piece, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The first rows of a piece, as bytes."""
        head = self._head(piece)
        for batch in self._raw(head, names, _Skipped()):
            rows = max(1, batch.num_rows * SAMPLE_BYTES // max(batch.nbytes, 1))
            yield batch.slice(0, rows)
            return

    def _head(self, piece: Piece) -> Piece:
        """A piece cut down to the records of its first bytes, where it can be."""
        start, end = piece.state["start"], piece.state["end"]
        if end is None or end - start <= SAMPLE_BYTES:
            return piece
        dialect = Dialect(ord(self.options.delimiter), ord(self.options.quote))
        found = next(record_ends(self.files[piece.file], start, dialect, chunk_bytes=SAMPLE_BYTES)).positions
        return replace(piece, state={**piece.state, "end": int(found[-1])}) if len(found) else piece

    def read(self, piece: Piece, schema: pa.Schema, cancel: CancelToken = NEVER) -> Iterator[pa.RecordBatch | Faults]:
        """See `Reader.read`."""
        names, skipped = self._names(piece.file), _Skipped()
        number = int(piece.state["first"])
        for raw in self._raw(piece, names, skipped):
            cancel.check()
            numbers = skipped.numbers(raw.num_rows, number)
            if faults := skipped.until(int(numbers[-1]) + 1 if len(numbers) else number):
                yield Faults(faults)
            for start in range(0, raw.num_rows, BATCH_ROWS):
                rows = raw.slice(start, BATCH_ROWS)
                yield from self._cast(rows, numbers[start : start + BATCH_ROWS], names, schema)
            number = int(numbers[-1]) + 1 if len(numbers) else number
        if faults := skipped.until(None):
            yield Faults(faults)

    def _raw(self, piece: Piece, names: Sequence[str], skipped: _Skipped) -> Iterator[pa.RecordBatch]:
        state, options, path = piece.state, self.options, self.files[piece.file]
        end = state["end"]
        has_own_header = end is None and options.has_header
        skipped.first = int(state["first"]) - (1 if not has_own_header else 2)
        reading = arrow_csv.ReadOptions(
            column_names=None if has_own_header else list(names),
            autogenerate_column_names=False,
            use_threads=False,
            block_size=STREAM_BLOCK_BYTES if end is None else max(BLOCK_BYTES, state["longest"] + 1),
            encoding=options.encoding,
        )
        parsing = arrow_csv.ParseOptions(
            delimiter=options.delimiter,
            quote_char=options.quote,
            newlines_in_values=bool(state["quotes"]),
            invalid_row_handler=skipped.add,
        )
        with open_piece(path, state["start"], end, options.compression) as native:
            stream: Any = native
            try:
                as_read = self._first_record(piece.file) if has_own_header else names
                opened = arrow_csv.open_csv(stream, reading, parsing, _as_bytes(as_read, options))
                with closing(opened) as reader:
                    for batch in reader:
                        yield batch.rename_columns(list(names)) if has_own_header else batch
            except (pa.ArrowInvalid, UnicodeDecodeError) as error:
                if "Empty CSV" not in str(error):
                    raise broken(path, error) from error

    def _cast(
        self, raw: pa.RecordBatch, numbers: Any, names: Sequence[str], schema: pa.Schema
    ) -> Iterator[pa.RecordBatch | Faults]:
        places = {name: place for place, name in enumerate(names)}
        bad: dict[int, Fault] = {}
        columns: list[pa.Array[Any]] = []
        for entry in schema:
            if entry.name not in places:
                columns.append(pa.array(numbers, pa.int64()))
                continue
            cast = cast_texts(raw.column(places[entry.name]), entry.type, self.options)
            columns.append(cast.values)
            for row, reason in cast.reasons.items():
                bad.setdefault(row, Fault(int(numbers[row]), reason, _raw_text(raw, row, self.options), entry.name))
        batch = pa.RecordBatch.from_arrays(columns, schema=schema)
        if bad:
            kept = np.ones(raw.num_rows, np.bool_)
            kept[list(bad)] = False
            batch = batch.filter(pa.array(kept))
            yield Faults(tuple(bad[row] for row in sorted(bad)))
        if batch.num_rows:
            yield batch


def _as_bytes(names: Sequence[str], options: FileOptions) -> arrow_csv.ConvertOptions:
    return arrow_csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.binary()),
        null_values=[options.null_text],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        check_utf8=False,
    )


def given_types(text: str, names: Sequence[str]) -> Mapping[str, pa.DataType]:
    """The types of an option such as `id:int64,price:decimal128(12, 2)`.

    Raises:
        UsageError: a column or a type is not known.
    """
    if text in ("infer", "text"):
        return {}
    found = {}
    for entry in _entries(text):
        name, _, word = (part.strip() for part in entry.partition(":"))
        if name not in names:
            raise UsageError(f"types: no column {name}", hint=f"The columns are {', '.join(names[:20])}.")
        found[name] = _arrow_type(word)
    return found


def _entries(text: str) -> list[str]:
    """Split at the commas that are not inside brackets."""
    entries, depth = [""], 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if character == "," and not depth:
            entries.append("")
        else:
            entries[-1] += character
    return [entry for entry in entries if entry.strip()]


def _arrow_type(word: str) -> pa.DataType:
    if word.startswith("decimal"):
        digits = word.partition("(")[2].rstrip(")").split(",")
        if len(digits) == 2 and all(part.strip().isdecimal() for part in digits):
            return pa.decimal128(int(digits[0]), int(digits[1]))
    named: Any = pa.type_for_alias
    try:
        found: pa.DataType = named(word)
    except ValueError:
        raise UsageError(
            f"types: {word} is no type",
            hint="Such as int64, double, string, bool, date32, timestamp[ns], decimal(12,2).",
        ) from None
    return found


def _raw_text(raw: pa.RecordBatch, row: int, options: FileOptions) -> str:
    cells = [column[row].as_py() for column in raw.columns]
    texts = [options.null_text if cell is None else cell.decode("utf-8", "replace") for cell in cells]
    return options.delimiter.join(texts)[:RAW_CHARACTERS]


class _Skipped:
    """Records that Arrow leaves out because they have too few or too many fields.

    Arrow tells them a block ahead of its batches, by their number in the stream.
    """

    def __init__(self) -> None:
        self.first = 0
        self._faults: list[Fault] = []
        self._taken: list[int] = []

    def add(self, row: Any) -> Literal["skip"]:
        """Called by Arrow."""
        reason = f"has {row.actual_columns} fields, not {row.expected_columns}"
        number = self.first + (row.number or 0)
        self._faults.append(Fault(number, reason, str(row.text)[:RAW_CHARACTERS]))
        self._taken.append(number)
        return "skip"

    def numbers(self, count: int, first: int) -> Any:
        """The numbers of the next rows, the left out ones not among them."""
        taken = np.array(self._taken, np.int64)
        extra = 0
        while True:
            numbers = np.arange(first, first + count + extra)
            kept = numbers[~np.isin(numbers, taken)]
            if len(kept) >= count:
                return kept[:count]
            extra += count - len(kept)

    def until(self, number: int | None) -> tuple[Fault, ...]:
        """The faults before a record, or all, each once."""
        ready = tuple(fault for fault in self._faults if number is None or fault.position < number)
        self._faults = self._faults[len(ready) :]
        return ready
