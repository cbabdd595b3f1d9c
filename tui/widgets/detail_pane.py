"""Everything known of a container, in groups that fold."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import on
from textual.binding import BindingType
from textual.getters import query_one

from services.catalog.definition import facts
from services.results.types import Inspection
from services.stores.types import Description
from services.text import displayable, displayable_lines
from tui.keys import key
from tui.widgets.line_list import LineList
from tui.widgets.pane import Pane
from tui.widgets.rule import cells, fit


class DetailList(LineList):
    """A line a fact, below the titles of the groups."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("right,l", "fold(False)", "Unfold", id="detail.unfold", tooltip="Show the facts of this group."),
        key("left,h", "fold(True)", "Fold", id="detail.fold", tooltip="Hide the facts of this group."),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"detail-list--dim", "detail-list--title"}
    DEFAULT_CSS = """
    DetailList {
        .detail-list--dim { color: $dim; }
        .detail-list--title { color: $foreground; text-style: bold; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._groups: list[tuple[str, list[tuple[str, str]]]] = []
        self._folded: set[str] = set()
        self._lines: list[tuple[str, tuple[str, str] | None]] = []
        self._longest = 0

    @property
    def count(self) -> int:
        """Lines."""
        return len(self._lines)

    def show(self, groups: list[tuple[str, list[tuple[str, str]]]]) -> None:
        """Show these groups; those folded before stay folded."""
        self._groups = groups
        self._longest = max((cells(displayable(name)) for _, found in groups for name, _ in found), default=0)
        self._lay_out()

    def _lay_out(self) -> None:
        self._lines = []
        for title, found in self._groups:
            self._lines.append((title, None))
            if title not in self._folded:
                self._lines += [(title, fact) for fact in found]
        self.lines_changed()

    def draw(self, index: int, width: int, style: Style) -> list[Segment]:
        """A title or a fact."""
        title, fact = self._lines[index]
        if fact is None:
            count = len(dict(self._groups)[title])
            mark = "▸" if title in self._folded else "▾"
            bold = style + Style(bold=True)
            return [Segment(f"{mark} ", style), Segment(fit(f"{displayable(title)} {count:,}", width - 2), bold)]
        name, value = fact
        name_room = max(min(max(24, self._longest + 2), width // 2), 1)
        shown = fit(displayable(name), name_room - 1)
        dim = style + Style(color=self.get_component_rich_style("detail-list--dim").color)
        head = f"  {shown}".ljust(name_room + 2 + len(shown) - cells(shown))
        return [Segment(head, dim), Segment(fit(displayable(value, 1000), width - cells(head)), style)]

    @property
    def current(self) -> tuple[str, tuple[str, str] | None]:
        """Group and fact under the cursor."""
        return self._lines[self.cursor] if self._lines else ("", None)

    def action_fold(self, is_folded: bool) -> None:
        """Fold or unfold the group of the cursor."""
        title, _ = self.current
        (self._folded.add if is_folded else self._folded.discard)(title)
        if is_folded:
            titles = [line for line, (_, fact) in enumerate(self._lines) if fact is None]
            self.cursor = max(line for line in titles if line <= self.cursor)
        self._lay_out()

    def action_choose(self) -> None:
        """Turn a title, or show a fact whole."""
        title, fact = self.current
        if fact is None:
            self.action_fold(title not in self._folded)
        else:
            super().action_choose()


class DetailPane(Pane):
    """The detail of the container on show."""

    details = query_one(DetailList)

    def __init__(self, *, id: str | None = None) -> None:
        explain = (
            "Everything the store tells of the container: columns with keys, settings, size. enter shows a fact whole."
        )
        super().__init__("Detail", DetailList(id="details"), explain=explain, id=id)

    def show(self, description: Description | None) -> None:
        """Show what is known; nothing for None."""
        self.title = displayable(description.name) if description else "Detail"
        self.notes = [displayable(description.kind)] if description else []
        self.details.show(facts(description) if description else [])

    @on(LineList.Chosen)
    def _chosen(self, event: LineList.Chosen) -> None:
        from tui.modals.value_viewer import ValueViewer

        event.stop()
        _, fact = self.details.current
        if fact is not None:
            name, value = fact
            lines = tuple(displayable_lines(value))
            size = len(value.encode("utf-8", "replace"))
            self.app.push_screen(ValueViewer(displayable(name), Inspection("text", lines, (), size, edit_text=value)))
