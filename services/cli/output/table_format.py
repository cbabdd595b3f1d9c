"""A table for people: a page of rows at a time, every text made safe to draw, values cut to what a line can hold."""

from __future__ import annotations

from shutil import get_terminal_size
from typing import IO, Any

from services.cli.output.writers import Record, RecordWriter
from services.text import displayable
from services.value_json import json_text

PAGE_ROWS = 500
CELL_CHARACTERS = 120
WIDEST = 40
"""Cells that one column counts for at most when columns are chosen."""
GAP = 3
UNBOUNDED = 100_000


class TableWriter(RecordWriter):
    """Columns as wide as the rows of one page need."""

    def __init__(self, stream: IO[bytes], *, is_terminal: bool = False, numbers: bool = False) -> None:
        super().__init__(stream, is_terminal=is_terminal, numbers=numbers)
        self._names: list[str] = []
        self._rows: list[Record] = []
        self._has_written = False

    def columns(self, names: list[str]) -> None:
        """Remember the header."""
        from services.results.records import unique_names

        names = unique_names(names)
        if names != self._names and self._rows:
            self._flush()
        self._names = names

    def record(self, record: Record) -> None:
        """Keep one row until the page is full."""
        self._names += [name for name in record if name not in self._names]
        self._rows.append(record)
        if len(self._rows) >= PAGE_ROWS:
            self._flush()

    def close(self) -> None:
        """Draw what is left; an empty result shows its header."""
        if self._rows or (self._names and not self._has_written):
            self._flush()

    def _flush(self) -> None:
        from rich import box
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        names, hidden = self._fitting()
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
        for name in names:
            is_number = bool(self._rows) and all(_is_number(row.get(name)) for row in self._rows)
            justify: Any = "right" if is_number else "left"
            table.add_column(Text(displayable(name)), justify=justify, overflow="ellipsis", no_wrap=True)
        if hidden:
            table.add_column(Text(f"+{hidden} columns"), no_wrap=True)
        for row in self._rows:
            table.add_row(*(Text(shown(row[name]) if name in row else "", no_wrap=True) for name in names))
        console = Console(
            force_terminal=self.is_terminal,
            width=None if self.is_terminal else UNBOUNDED,
            legacy_windows=False,
            markup=False,
            highlight=False,
        )
        with console.capture() as capture:
            console.print(table)
        lines = (line.rstrip() for line in capture.get().splitlines())
        self.stream.write("".join(f"{line}\n" for line in lines).encode("utf-8", "replace"))
        self._rows = []
        self._has_written = True

    def _fitting(self) -> tuple[list[str], int]:
        """The first columns that a terminal has room for, at least one, and how many are left out."""
        from rich.cells import cell_len

        if not self.is_terminal:
            return self._names, 0
        room = get_terminal_size().columns - len("+999 columns")
        names: list[str] = []
        for name in self._names:
            texts = [displayable(name), *(shown(row[name]) for row in self._rows if name in row)]
            room -= min(max(map(cell_len, texts)), WIDEST) + GAP
            if room < 0 and names:
                break
            names.append(name)
        return names, len(self._names) - len(names)


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def shown(value: Any) -> str:
    """A value as one short displayable text: `∅` for NULL, `""` for an empty text."""
    match value:
        case None:
            return "∅"
        case "":
            return '""'
        case str():
            return displayable(value, CELL_CHARACTERS)
        case bool():
            return "true" if value else "false"
        case {"$float": word}:
            return str(word)
        case dict() | list():
            return displayable(json_text(value), CELL_CHARACTERS)
    return displayable(str(value), CELL_CHARACTERS)
