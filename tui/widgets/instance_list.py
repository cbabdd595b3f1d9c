"""The list of instances: state, datastore, flavor, volume, age; the cursor stays on its instance."""

from __future__ import annotations

from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from services.stores.instances import Instance
from services.text import displayable
from tui.instance_board import InstanceBoard
from tui.instance_words import age_words, elapsed_words, mark_of, volume_words
from tui.widgets.drawn import DrawnWidget
from tui.widgets.empty import wrap
from tui.widgets.line_list import LineList
from tui.widgets.rule import cells, clean

_STATUS, _HEALTH, _STORE, _FLAVOR, _VOLUME, _AGE = 20, 10, 16, 11, 12, 8
_HEADS: Final = (
    ("Status", _STATUS),
    ("Health", _HEALTH),
    ("Datastore", _STORE),
    ("Flavor", _FLAVOR),
    ("Volume", _VOLUME),
    ("Age", _AGE),
)
_RIGHT: Final = frozenset({"Volume", "Age"})
_LEAST_NAME: Final = 20


def columns_for(width: int) -> list[tuple[str, int]]:
    """The columns behind the name that a width has room for; what matters less goes first."""
    shown = list(_HEADS)
    for name in ("Flavor", "Volume", "Datastore", "Age", "Health"):
        if width - sum(size for _, size in shown) >= _LEAST_NAME:
            break
        shown = [column for column in shown if column[0] != name]
    return shown


class InstanceHeads(DrawnWidget):
    """The names of the columns."""

    DEFAULT_CSS = """
    InstanceHeads { height: 1; }
    """

    def render_line(self, y: int) -> Strip:
        """The one line, in the measures of the list below."""
        width = self.size.width
        columns = columns_for(width - 1)
        name = max(width - 1 - sum(size for _, size in columns), 6)
        words = f"  {'Name':<{name - 1}}" + "".join(_placed(head, head, size) for head, size in columns)
        return Strip([Segment(words, self.look("dim"))]).crop_extend(0, width, self.ground)


class InstanceList(LineList):
    """One line an instance."""

    DEFAULT_CSS = """
    InstanceList {
    }
    """

    def __init__(self, board: InstanceBoard, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._board = board
        self._current_id = ""
        self._expected_id = ""
        self._was_moved = False
        self._is_arranging = False

    @property
    def count(self) -> int:
        """Instances shown."""
        return len(self._board.visible)

    @property
    def current(self) -> Instance | None:
        """The instance under the cursor."""
        visible = self._board.visible
        return visible[self.cursor] if self.cursor < len(visible) else None

    @property
    def is_settled(self) -> bool:
        """Whether the cursor stays on its instance: the list is whole, or the user has chosen one."""
        return self._was_moved or self._board.is_complete

    def watch_cursor(self, cursor: int) -> None:
        """Remember which instance it stands on."""
        self._was_moved = self._was_moved or (bool(self.count) and not self._is_arranging)
        self._current_id = self.current.id if self.current else ""
        self._expected_id = ""
        super().watch_cursor(cursor)

    def rearranged(self) -> None:
        """The board changed: stay on the same instance while it is shown.

        While the list is read for the first time, and nobody has moved, that is the first line: pages come in an order
        of their own, and the instance that came first may be anywhere in the end.
        """
        self._is_arranging = True
        places = {one.id: place for place, one in enumerate(self._board.visible)}
        wanted = self._expected_id if self._expected_id in places else self._current_id
        if self.is_settled:
            self.cursor = places.get(wanted, self.cursor)
        self.lines_changed()
        self._is_arranging = False
        self._was_moved = self._was_moved and bool(places)
        self._current_id = self.current.id if self.current else wanted

    def expect(self, identifier: str) -> None:
        """Stand on an instance as soon as it is told, unless the cursor is moved before."""
        self._expected_id = identifier

    def render_line(self, y: int) -> Strip:
        """One line of the list; where it is empty, the words that say why."""
        if self.count:
            return super().render_line(y)
        width, height = self.size
        words = [line for text in self._empty_words() for line in wrap(text, max(width - 4, 10))]
        index = y - max((height - len(words)) // 2, 0)
        if not 0 <= index < len(words):
            return Strip.blank(width, self.ground)
        text = words[index]
        style = self.look("text bold" if index == 0 else "dim")
        blanks = " " * ((width - cells(text)) // 2)
        return Strip([Segment(blanks, self.ground), Segment(text, style)]).crop_extend(0, width, self.ground)

    def _empty_words(self) -> list[str]:
        board = self._board
        if board.trouble is not None:
            return [displayable(words, 2000) for words in (board.trouble.message, board.trouble.hint) if words]
        if not board.is_complete:
            return ["Listing…"]
        if len(board):
            return ["No instance has these words", "/ changes the filter, f the status."]
        return ["No instances", "There is none in this project yet.", "n Create"]

    def draw(self, index: int, width: int, style: Style) -> list[Segment]:
        """One instance."""
        one = self._board.visible[index]
        mark, look = mark_of(one)
        columns = columns_for(width)
        texts = self._texts(one)
        room = width - sum(size for _, size in columns)
        lead = " └ " if self._is_below_primary(index) else " "
        name = clean(f"{lead}{one.name}", room - 1)
        segments = [Segment(name + " " * (room - cells(name)), style)]
        for head, size in columns:
            text = clean(texts[head], size - 4 if head == "Status" else size - 2)
            lead = f"{mark} " if head == "Status" else ""
            colour = look if head == "Status" else "dim" if head in ("Age", "Health") else ""
            segments.append(Segment(_placed(head, lead + text, size), self._on(colour, style)))
        return segments

    def _is_below_primary(self, index: int) -> bool:
        """Whether it is a replica that stands below its primary, or below another replica of it."""
        one, above = self._board.visible[index], self._board.visible[index - 1] if index else None
        return bool(one.replica_of) and above is not None and one.replica_of in (above.id, above.replica_of)

    def _on(self, look: str, style: Style) -> Style:
        """A state's colour on the ground of the line; the cursor line keeps its own."""
        return style if not look or style.bgcolor != self.ground.bgcolor else style + self.look(look)

    def _texts(self, one: Instance) -> dict[str, str]:
        elapsed = elapsed_words(self._board.transitions.elapsed_seconds(one.id))
        return {
            "Status": f"{one.status} {elapsed}".strip(),
            "Health": one.operating_status or "-",
            "Datastore": f"{one.datastore} {one.datastore_version}".strip(),
            "Flavor": one.flavor,
            "Volume": volume_words(one),
            "Age": age_words(one.created),
        }


def _placed(head: str, text: str, size: int) -> str:
    """A cell of a column: numbers at its right, with a gap of two behind them; text at its left."""
    blanks = " " * (size - cells(text) - 2)
    return f"{blanks}{text}  " if head in _RIGHT else f"{text}{blanks}  "
