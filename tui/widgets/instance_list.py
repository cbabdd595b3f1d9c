"""The list of instances: state, datastore, flavor, volume, age; the cursor stays on its instance."""

from __future__ import annotations

from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from services.stores.instances import Instance
from tui.instance_board import InstanceBoard
from tui.instance_words import age_words, elapsed_words, mark_of, volume_words
from tui.widgets.drawn import DrawnWidget
from tui.widgets.line_list import LineList
from tui.widgets.rule import cells, clean

_STATUS, _HEALTH, _STORE, _FLAVOR, _VOLUME, _AGE = 22, 10, 17, 12, 13, 7
_HEADS: Final = (
    ("Status", _STATUS),
    ("Health", _HEALTH),
    ("Datastore", _STORE),
    ("Flavor", _FLAVOR),
    ("Volume", _VOLUME),
    ("Age", _AGE),
)
_LEAST_NAME: Final = 18


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
        name = width - 1 - sum(size for _, size in columns)
        words = f"  {'Name':<{name - 1}}" + "".join(f"{head:<{size}}" for head, size in columns)
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

    @property
    def count(self) -> int:
        """Instances shown."""
        return len(self._board.visible)

    @property
    def current(self) -> Instance | None:
        """The instance under the cursor."""
        visible = self._board.visible
        return visible[self.cursor] if self.cursor < len(visible) else None

    def watch_cursor(self, cursor: int) -> None:
        """Remember which instance it stands on."""
        self._current_id = self.current.id if self.current else ""
        super().watch_cursor(cursor)

    def rearranged(self) -> None:
        """The board changed: stay on the same instance while it is shown."""
        stays = self._current_id
        for place, one in enumerate(self._board.visible):
            if one.id == stays:
                self.cursor = place
                break
        self.lines_changed()
        self._current_id = self.current.id if self.current else stays

    def select(self, identifier: str) -> None:
        """Stand on an instance, now or once it is told."""
        self._current_id = identifier
        self.rearranged()

    def draw(self, index: int, width: int, style: Style) -> list[Segment]:
        """One instance."""
        one = self._board.visible[index]
        mark, look = mark_of(one)
        columns = columns_for(width)
        texts = self._texts(one)
        room = width - sum(size for _, size in columns)
        indent = "  " if one.replica_of else " "
        name = clean(f"{indent}{one.name}", room - 1)
        segments = [Segment(name + " " * (room - cells(name)), style)]
        for head, size in columns:
            text = clean(texts[head], size - 3 if head == "Status" else size - 1)
            lead = f"{mark} " if head == "Status" else ""
            text = lead + text
            colour = look if head == "Status" else "dim" if head in ("Age", "Health") else ""
            segments.append(Segment(text + " " * (size - cells(text)), self._on(colour, style)))
        return segments

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
