"""JSON Lines, JSON, CSV and TSV, written row by row."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from services.cli.output.writers import Record, RecordWriter
from services.errors import Refused
from services.text import displayable
from services.value_json import json_text

_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_TSV_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class JsonLinesWriter(RecordWriter):
    """One JSON object a row."""

    def record(self, record: Record) -> None:
        """Write one row."""
        self.line(self.text(record))

    def text(self, record: Record) -> str:
        """The row as JSON: plain ASCII on a terminal, where a raw control character would act."""
        text = json_text(dict(record))
        if not self.is_terminal or (text.isascii() and text.isprintable()):
            return _LONE_SURROGATE.sub(lambda match: json.dumps(match[0])[1:-1], text)
        return "".join(char if " " <= char < "\x7f" else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    return "\\u007f" if char == "\x7f" else json.dumps(char)[1:-1]


class JsonWriter(JsonLinesWriter):
    """One JSON array of all rows."""

    _has_rows = False

    def record(self, record: Record) -> None:
        """Write one row."""
        self.stream.write(b",\n" if self._has_rows else b"[\n")
        self._has_rows = True
        self.stream.write(self.text(record).encode("utf-8", "surrogatepass"))

    def close(self) -> None:
        """End the array."""
        self.stream.write(b"\n]\n" if self._has_rows else b"[]\n")


class DelimitedWriter(RecordWriter):
    """A header and one line a row. The columns are those of the first page; later rows may have no others."""

    _names: list[str] | None = None

    def columns(self, names: list[str]) -> None:
        """Write the header before the first row."""
        from services.results.records import unique_names

        if self._names is None:
            self._names = unique_names(names)
            self.line(self.joined([self.escaped(self.visible(name)) for name in self._names]))

    def record(self, record: Record) -> None:
        """Write one row."""
        if self._names is None:
            self.columns(list(record))
        assert self._names is not None
        strange = [name for name in record if name not in self._names]
        if strange:
            raise Refused(
                f"column {displayable(strange[0], 60)}: the first rows did not have it",
                hint="Use --format jsonl, or name the --columns.",
            )
        self.line(self.joined([self.cell(record, name) for name in self._names]))

    def cell(self, record: Record, name: str) -> str:
        """One cell's text in the format."""
        value = record.get(name)
        return self.null if value is None else self.escaped(self.visible(_cell_text(value)))

    def visible(self, text: str) -> str:
        """The text as it is; on a terminal without what the terminal would act on."""
        return displayable(text) if self.is_terminal else text

    null = ""

    def escaped(self, text: str) -> str:
        """A text so that the format keeps it."""
        raise NotImplementedError

    def joined(self, cells: list[str]) -> str:
        """A line of cells."""
        raise NotImplementedError


class CsvWriter(DelimitedWriter):
    """RFC 4180 with a header; NULL and absent are empty, an empty text is `""`."""

    def escaped(self, text: str) -> str:
        """In double quotes where needed."""
        if text and not any(char in text for char in ',"\r\n') and text == text.strip():
            return text
        return '"' + text.replace('"', '""') + '"'

    def joined(self, cells: list[str]) -> str:
        """With commas."""
        return ",".join(cells)


class TsvWriter(DelimitedWriter):
    r"""Tabs, with `\t`, `\n`, `\r` and `\\` for what a line cannot hold and `\N` for NULL and absent."""

    null = "\\N"

    def escaped(self, text: str) -> str:
        """Without tabs and line breaks."""
        return text.translate(_TSV_ESCAPES)

    def joined(self, cells: list[str]) -> str:
        """With tabs."""
        return "\t".join(cells)


def _cell_text(value: Any) -> str:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case {"$float": word}:
            return str(word)
        case {"$bytes": text}:
            return str(text)
        case dict() | list():
            return json_text(value)
    return str(value)
