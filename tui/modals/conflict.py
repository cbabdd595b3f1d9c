"""A conflict: what was read, mine and theirs side by side; mine, theirs or a merge takes its place in the journal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from services.editing.cells import Source
from services.editing.resolve import DisputedCell, cells, rebased
from services.editing.staged import Staged
from services.editing.wording import key_words, source_words, value_words
from services.stores.changes import Change, Delete, Insert
from services.text import displayable, one_line
from services.values import Row
from tui.keys import key
from tui.modals.base import DeckModal
from tui.widgets.line_list import LineList
from tui.widgets.rule import cells as cells_of
from tui.widgets.rule import fit

THEIRS = "theirs"


class CellChoices(LineList):
    """A line a cell: its name, what was read, mine and theirs, the chosen one marked."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("enter", "choose", "Mine or theirs", id="conflict.enter", tooltip="Choose for this cell."),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"cell-choices--dim", "cell-choices--chosen"}
    DEFAULT_CSS = """
    CellChoices {
        height: auto;
        max-height: 16;
        .cell-choices--dim { color: $dim; }
        .cell-choices--chosen { color: $accent; text-style: bold; }
    }
    """

    def __init__(self, found: Sequence[DisputedCell]) -> None:
        super().__init__(id="conflict-cells")
        self.cells = list(found)
        self.mine: set[Source] = {cell.source for cell in found}

    @property
    def count(self) -> int:
        """Cells."""
        return len(self.cells)

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """A line each."""
        return max(len(self.cells), 1)

    def draw(self, index: int, width: int, style: Style) -> list[Segment]:
        """One cell."""
        cell = self.cells[index]
        room = max((width - 4) // 4, 6)
        is_mine = cell.source in self.mine
        chosen = style + Style(color=self.get_component_rich_style("cell-choices--chosen").color, bold=True)
        parts = [
            (source_words(cell.source), style),
            (value_words(cell.read), style),
            (f"{'(•)' if is_mine else '( )'} {value_words(cell.mine)}", chosen if is_mine else style),
            (f"{'( )' if is_mine else '(•)'} {value_words(cell.theirs)}", style if is_mine else chosen),
        ]
        return [Segment(column(text, room), one) for text, one in parts]


def column(text: str, room: int) -> str:
    """A text in a column of so many cells."""
    shown = fit(text, room - 1)
    return shown + " " * (room - cells_of(shown))


class ConflictModal(DeckModal[tuple[str, Change | None]]):
    """Gives what was chosen in a word, and the change that takes the place of the one in conflict (None: none)."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("m", "mine", "Take mine", id="conflict.mine", tooltip="My cells over the row as it is now.", weight=20),
        key("t", "theirs", "Take theirs", id="conflict.theirs", tooltip="Drop my change.", weight=19),
        key("space", "turn", "Mine or theirs", id="conflict.turn", tooltip="Choose for this cell.", weight=18),
        key("ctrl+s", "merge", "Merge", id="conflict.merge", tooltip="Stage what is chosen cell by cell.", weight=17),
    ]
    DEFAULT_CSS = """
    ConflictModal {
        #modal-box { max-width: 120; }
        #conflict-words, #conflict-head { height: auto; color: $dim; }
        #conflict-words { padding-bottom: 1; color: $foreground; }
    }
    """

    def __init__(self, staged: Staged, current: Row | None) -> None:
        """A conflict; `current` is the row as it is now, None where it is gone."""
        super().__init__()
        self._staged = staged
        self._current = current

    @property
    def title_words(self) -> str:
        """The row."""
        return f"Conflict · {displayable(self._staged.path[-1])} · key {key_words(self._staged.change.key)}"

    def compose_body(self) -> Iterable[Widget]:
        """What happened, and the cells."""
        yield Static(Content("\n".join(displayable(line) for line in self._words())), id="conflict-words")
        found = cells(self._staged.change, self._current)
        room = 18
        heads = "".join(word.ljust(room) for word in ("cell", "when read", "mine", "now (theirs)"))
        yield Static(Content(f" {heads}" if found else ""), id="conflict-head")
        yield CellChoices(found)

    def on_mount(self) -> None:
        """Line the heads up with the columns once the width is known."""
        self.call_after_refresh(self._show_heads)
        self.query_one(CellChoices).focus()

    def on_resize(self) -> None:
        """The columns have other widths."""
        self.call_after_refresh(self._show_heads)

    def _show_heads(self) -> None:
        choices = self.query_one(CellChoices)
        room = max((choices.size.width - 1 - 4) // 4, 6)
        heads = "".join(column(word, room) for word in ("cell", "when read", "mine", "now (theirs)"))
        self.query_one("#conflict-head", Static).update(Content(f" {heads}" if choices.count else ""))

    def _words(self) -> list[str]:
        outcome = self._staged.outcome
        said = one_line(outcome.message) if outcome else ""
        change = self._staged.change
        lines = [f"The store said: {said}." if said else "The row is not what was read."]
        if self._current is None:
            gone = "Nothing is left to delete." if isinstance(change, Delete) else "Mine adds it again."
            return [*lines, f"The row is gone. {gone}"]
        if isinstance(change, Delete):
            now = ", ".join(f"{displayable(name)} {value_words(value, 30)}" for name, value in self._current.items())
            return [*lines, f"It is now: {now}", "Mine deletes it all the same."]
        if isinstance(change, Insert):
            lines.append("A row with this key is there now. Mine changes its cells.")
        return lines

    def why_off(self, action: str) -> str:
        """A merge needs cells."""
        if action in ("turn", "merge") and (self._current is None or isinstance(self._staged.change, Delete)):
            return "there are no cells to choose between"
        return ""

    @on(LineList.Chosen)
    def _line_chosen(self) -> None:
        self.action_turn()

    def action_turn(self) -> None:
        """Mine or theirs for one cell."""
        choices = self.query_one(CellChoices)
        if choices.cells:
            choices.mine ^= {choices.cells[choices.cursor].source}
            choices.refresh()

    def action_mine(self) -> None:
        """My change, based on the row as it is now."""
        self.dismiss(("take mine", rebased(self._staged.change, self._current)))

    def action_theirs(self) -> None:
        """No change."""
        self.dismiss((f"take {THEIRS}", None))

    def action_merge(self) -> None:
        """The chosen cells."""
        mine = self.query_one(CellChoices).mine
        self.dismiss(("merge", rebased(self._staged.change, self._current, mine)))
