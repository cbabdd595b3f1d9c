"""The lines of a row's form: cells with their types and times, and below a cell the versions that are kept of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType

from services.editing.cells import Source, holds_fields
from services.editing.targets import RowTarget
from services.editing.wording import source_words, time_words, value_words
from services.results.types import ResultColumn
from services.stores.cell_versions import CellVersion
from services.stores.changes import is_step
from services.stores.types import Description
from services.text import displayable
from services.values import ABSENT, Typed, Value
from tui.keys import key
from tui.widgets.line_list import LineList
from tui.widgets.rule import cells as cells_of
from tui.widgets.rule import fit


@dataclass(frozen=True, slots=True)
class FormLine:
    """A line of the form.

    Attributes:
        type: as the store declares it.
        timestamp: of the newest version of the cell, in milliseconds since 1970; None where none is kept.
        version: the version that the line stands for, None for the cell itself.
    """

    source: Source
    type: str
    is_key: bool = False
    timestamp: int | None = None
    version: CellVersion | None = None


def form_lines(target: RowTarget, columns: Sequence[ResultColumn]) -> list[FormLine]:
    """The lines for a row of a result: key columns first, fields of object values one by one."""
    lines = [FormLine(column.source, column.type, column.is_key) for column in columns]
    known = {line.source[0] for line in lines}
    lines += [FormLine((name, ""), "") for name in target.row if name not in known]
    return sorted(lines, key=lambda line: not line.is_key)


def new_row_lines(description: Description, pattern: RowTarget | None) -> list[FormLine]:
    """The lines for a new row: every column; an object value of the pattern by its fields."""
    lines: list[FormLine] = []
    for column in description.columns:
        value = pattern.row.get(column.name, ABSENT) if pattern is not None else ABSENT
        if not column.is_key and isinstance(value, Typed) and holds_fields(value):
            lines += [FormLine((column.name, field), cell.type) for field, cell in value.value.items()]
        else:
            lines.append(FormLine((column.name, ""), column.type, column.is_key))
    return lines


def with_versions(lines: Sequence[FormLine], versions: Mapping[str, Sequence[CellVersion]]) -> list[FormLine]:
    """The lines with the times of their cells, and a line for each version of a cell that has several."""
    found: list[FormLine] = []
    for line in lines:
        kept = () if line.is_key or line.source[1] else versions.get(line.source[0], ())
        found.append(replace(line, timestamp=kept[0].timestamp) if kept else line)
        if len(kept) > 1:
            found += [replace(line, timestamp=one.timestamp, version=one) for one in kept]
    return found


class FormList(LineList):
    """The lines: mark, name, value, type."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("enter", "choose", "Edit", id="form.enter", tooltip="Edit this cell.", weight=100),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"form-list--dim", "form-list--staged", "form-list--key"}
    DEFAULT_CSS = """
    FormList {
        .form-list--dim { color: $dim; }
        .form-list--staged { color: $staged; }
        .form-list--key { color: $foreground; text-style: bold; }
    }
    """

    def __init__(
        self, lines: Sequence[FormLine], value_of: Callable[[FormLine], tuple[Value, bool]], absent_word: str
    ) -> None:
        super().__init__(id="form-lines")
        self.form_lines = list(lines)
        self._value_of = value_of
        self._absent_word = absent_word
        self._name_cells = max((cells_of(source_words(line.source)) for line in lines), default=4)

    @property
    def count(self) -> int:
        """Lines."""
        return len(self.form_lines)

    def add(self, line: FormLine) -> None:
        """One more line, at the end."""
        self.form_lines.append(line)
        self._name_cells = max(self._name_cells, cells_of(source_words(line.source)))
        self.lines_changed()
        self.refresh(layout=True)

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """A line each."""
        return len(self.form_lines)

    def draw(self, index: int, width: int, style: Style) -> list[Segment]:
        """One cell."""
        line = self.form_lines[index]
        value, is_changed = self._value_of(line)
        dim = style + Style(color=self.get_component_rich_style("form-list--dim").color)
        staged = style + Style(color=self.get_component_rich_style("form-list--staged").color)
        name_room = min(max(self._name_cells, 9 if line.version else 4), width // 3)
        name = fit("  version" if line.version else source_words(line.source), name_room)
        about = self._about(line, value, width)
        room = max(width - name_room - cells_of(about) - 6, 1)
        shown = fit(value_words(value, 400) if value is not ABSENT else self._absent_word, room)
        mark = "  " if not is_changed else "- " if line.version else "~ "
        return [
            Segment(mark, staged),
            Segment(name + " " * (name_room - cells_of(name) + 2), dim if line.version else style + self._weight(line)),
            Segment(shown + " " * (room - cells_of(shown) + 1), staged if is_changed else style),
            Segment(about + " ", dim),
        ]

    @staticmethod
    def _about(line: FormLine, value: Value, width: int) -> str:
        """The type, and the time where there is one."""
        is_plain = isinstance(value, Typed) and not is_step(value)
        word = displayable(value.type if is_plain and isinstance(value, Typed) else line.type)
        if line.timestamp is None:
            return fit(word, width // 4)
        return fit(f"{word}  {time_words(line.timestamp)}", width * 2 // 5)

    @staticmethod
    def _weight(line: FormLine) -> Style:
        return Style(bold=True) if line.is_key else Style()
