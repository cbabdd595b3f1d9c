"""Cells already here, in blocks of rows; and which window to ask for next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from services.results.types import Window

BLOCK_ROWS: Final = 64
KEPT_BLOCKS: Final = 32
"""Blocks kept around the view; at 64 rows and ten columns a block is some 30 KB."""


@dataclass(frozen=True, slots=True)
class Request:
    """A window to ask for."""

    first_row: int
    row_count: int
    columns: tuple[int, ...]


@dataclass(slots=True)
class Block:
    """The cells of up to 64 rows: texts and kinds by column, and the rows' keys."""

    keys: tuple[str, ...] = ()
    cells: dict[int, tuple[Sequence[str], str]] = field(default_factory=dict)

    def rows_of(self, column: int) -> int:
        """How many rows of that column are here."""
        cell = self.cells.get(column)
        return len(cell[0]) if cell else 0


class WindowCache:
    """The blocks of one version of a result."""

    def __init__(self, version: int = 0) -> None:
        self.version = version
        self._blocks: dict[int, Block] = {}

    def restart(self, version: int) -> None:
        """Forget all cells: the rows stand in another order now."""
        self.version = version
        self._blocks.clear()

    def block(self, row: int) -> Block | None:
        """The block that a row belongs to."""
        return self._blocks.get(row // BLOCK_ROWS)

    def key(self, row: int) -> str:
        """The row's key, empty where it is not here or has none."""
        block = self._blocks.get(row // BLOCK_ROWS)
        offset = row % BLOCK_ROWS
        return block.keys[offset] if block is not None and offset < len(block.keys) else ""

    def cell(self, row: int, column: int) -> tuple[str, str] | None:
        """Text and kind of a cell, None where it is not here."""
        block = self._blocks.get(row // BLOCK_ROWS)
        if block is None or (cells := block.cells.get(column)) is None:
            return None
        offset = row % BLOCK_ROWS
        return (cells[0][offset], cells[1][offset]) if offset < len(cells[0]) else None

    def widest(self, column: int) -> Iterable[str]:
        """All texts of a column that are here."""
        for block in self._blocks.values():
            if column in block.cells:
                yield from block.cells[column][0]

    def texts(self, column: int, first: int, end: int) -> list[str]:
        """The texts of a column that are here, of rows `first` to `end` (not included)."""
        found: list[str] = []
        for number in range(first // BLOCK_ROWS, -(-end // BLOCK_ROWS)):
            block = self._blocks.get(number)
            if block is not None and column in block.cells:
                start = number * BLOCK_ROWS
                found += block.cells[column][0][max(first - start, 0) : max(end - start, 0)]
        return found

    def store(self, window: Window) -> None:
        """Take in a window that starts at a block's start."""
        for start in range(0, window.row_count, BLOCK_ROWS):
            number = (window.first_row + start) // BLOCK_ROWS
            block = self._blocks.setdefault(number, Block())
            end = start + BLOCK_ROWS
            keys = window.keys[start:end]
            if len(keys) >= len(block.keys):
                block.keys = keys
            for column, texts, kinds in zip(window.columns, window.cells, window.kinds, strict=True):
                block.cells[column] = (texts[start:end], kinds[start:end])

    def has(self, first: int, end: int, loaded: int, columns: Sequence[int]) -> bool:
        """Whether all cells of rows `first` to `end` (not included) that are loaded are here."""
        return self.missing(first, end, loaded, columns) is None

    def missing(self, first: int, end: int, loaded: int, columns: Sequence[int]) -> Request | None:
        """The first window to ask for so that rows `first` to `end` (not included) get complete."""
        end = min(end, loaded)
        start_block = max(first, 0) // BLOCK_ROWS
        for number in range(start_block, -(-end // BLOCK_ROWS)):
            lacking = self._lacking(number, loaded, columns)
            if not lacking:
                continue
            last = number + 1
            while last * BLOCK_ROWS < end and self._lacking(last, loaded, columns) == lacking:
                last += 1
            row = number * BLOCK_ROWS
            return Request(row, min(last * BLOCK_ROWS, loaded) - row, lacking)
        return None

    def _lacking(self, number: int, loaded: int, columns: Sequence[int]) -> tuple[int, ...]:
        block = self._blocks.get(number)
        if block is None:
            return tuple(columns)
        expected = min(BLOCK_ROWS, loaded - number * BLOCK_ROWS)
        return tuple(column for column in columns if block.rows_of(column) < expected)

    def trim(self, around_row: int) -> None:
        """Drop the blocks farthest from a row, down to the bound."""
        surplus = len(self._blocks) - KEPT_BLOCKS
        if surplus <= 0:
            return
        centre = around_row // BLOCK_ROWS
        for number in sorted(self._blocks, key=lambda block: -abs(block - centre))[:surplus]:
            del self._blocks[number]
