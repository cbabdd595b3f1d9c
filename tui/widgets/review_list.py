"""The lines of the review: containers with their guarantee, and every change as old to new with its outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType

from services.editing.cells import Source
from services.editing.review import ReviewGroup
from services.editing.staged import Staged
from services.editing.wording import MARKS, cell_changes, change_words, key_words, source_words, value_words
from services.stores.changes import Call, Outcome, Result, Update
from services.text import displayable, one_line
from tui.keys import key
from tui.widgets.header import tag_style
from tui.widgets.line_list import LineList
from tui.widgets.rule import cells, fit

SENDING = "sending"
_RESULTS = {
    Result.APPLIED: ("●", "ok"),
    Result.CONFLICT: ("▲", "warning"),
    Result.REFUSED: ("✗", "error"),
}


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """A line: a container's title (no change), or one cell of a change.

    Attributes:
        source: the cell, None for an insert or a delete.
        is_first: the line that carries mark, key and outcome of its change.
    """

    group: ReviewGroup
    staged: Staged | None = None
    call: Call | None = None
    source: Source | None = None
    words: str = ""
    is_first: bool = True


def review_lines(groups: Sequence[ReviewGroup]) -> list[ReviewLine]:
    """The lines of a review."""
    lines: list[ReviewLine] = []
    for group in groups:
        lines.append(ReviewLine(group))
        for staged, call in zip(group.items, group.calls, strict=True):
            lines += _change_lines(group, staged, call)
    return lines


def _change_lines(group: ReviewGroup, staged: Staged, call: Call) -> list[ReviewLine]:
    if not isinstance(staged.change, Update):
        return [ReviewLine(group, staged, call, None, change_words(staged.change, 40))]
    return [
        ReviewLine(
            group, staged, call, source, f"{source_words(source)}  {value_words(old)} → {value_words(new)}", place == 0
        )
        for place, (source, old, new) in enumerate(cell_changes(staged.change))
    ]


class ReviewList(LineList):
    """The changes; `outcomes` lie over those of the journal while a commit runs and after it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("enter", "choose", "Resolve", id="review.resolve", tooltip="A conflict: mine, theirs, merge.", weight=100),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"review-list--{name}" for name in ("dim", "ok", "warning", "error", "staged", "title")
    }
    DEFAULT_CSS = """
    ReviewList {
        .review-list--dim { color: $dim; }
        .review-list--ok { color: $ok; }
        .review-list--warning { color: $warning; }
        .review-list--error { color: $error; }
        .review-list--staged { color: $staged; }
        .review-list--title { text-style: bold; }
    }
    """

    def __init__(self, kind_of: Callable[[str], tuple[str, str]], *, id: str | None = None) -> None:
        """A list; `kind_of` gives tag and kind of a profile."""
        super().__init__(id=id)
        self._kind_of = kind_of
        self._lines: list[ReviewLine] = []
        self._key_cells = 8
        self.outcomes: Mapping[int, Outcome | None] = {}

    @property
    def count(self) -> int:
        """Lines."""
        return len(self._lines)

    def why_off(self, action: str) -> str:
        """Only a conflict is resolved; the screen knows."""
        why_off = getattr(self.screen, "why_off", None)
        return str(why_off("resolve")) if action == "choose" and why_off is not None else ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Greyed where there is no conflict."""
        return None if self.why_off(action) else True

    @property
    def current(self) -> ReviewLine | None:
        """The line under the cursor."""
        return self._lines[self.cursor] if self.cursor < len(self._lines) else None

    def show(self, groups: Sequence[ReviewGroup]) -> None:
        """Show a review; the cursor stays on its change where that is still there."""
        before = self.current
        self._lines = review_lines(groups)
        keys = [cells(key_words(line.staged.change.key)) for line in self._lines if line.staged]
        self._key_cells = min(max(6, *keys), 24) if keys else 6
        wanted = before.staged.id if before and before.staged else None
        for place, line in enumerate(self._lines):
            if line.staged is not None and line.staged.id == wanted and line.source == (before and before.source):
                self.cursor = place
                break
        else:
            if before is None and len(self._lines) > 1:
                self.cursor = 1
        self.lines_changed()

    def outcome_of(self, staged: Staged) -> tuple[str, str, str]:
        """Mark, style and words of how a change stands; empty where it was not sent yet."""
        if staged.id in self.outcomes and self.outcomes[staged.id] is None:
            return "◐", "warning", SENDING
        outcome = self.outcomes.get(staged.id) or staged.outcome
        if outcome is None:
            return "", "dim", ""
        mark, style = _RESULTS[outcome.result]
        return mark, style, f"{outcome.result.value}{': ' if outcome.message else ''}{one_line(outcome.message)}"

    def draw(self, index: int, width: int, style: Style) -> list[Segment]:
        """One line."""
        line = self._lines[index]
        return self._title(line.group, width, style) if line.staged is None else self._change(line, width, style)

    def _title(self, group: ReviewGroup, width: int, style: Style) -> list[Segment]:
        tag, kind = self._kind_of(group.profile)
        name = f" {displayable(group.profile)} {displayable(group.path[-1] if group.path else '')} "
        promise = group.problem or (f"{group.guarantee.value}: {group.guarantee.promise}" if group.guarantee else "")
        name = fit(name, max(width // 2, 1))
        head = name.ljust(max(30 - len(tag) - cells(name) + len(name), len(name)))
        room = width - cells(head) - cells(tag) - 3
        return [
            Segment(f" {tag} ", tag_style(self, kind)),
            Segment(head, style + Style(bold=True)),
            Segment(fit(displayable(promise), room), self._on("warning" if group.problem else "dim", style)),
        ]

    def _change(self, line: ReviewLine, width: int, style: Style) -> list[Segment]:
        staged = line.staged
        assert staged is not None
        mark, mark_style, words = self.outcome_of(staged)
        blocked = line.call.reason if line.call and not line.group.problem else ""
        if not words and blocked:
            mark, mark_style, words = "✗", "error", f"cannot be sent: {one_line(blocked)}"
        own = {"~": "staged", "+": "ok", "-": "error"}[MARKS[type(staged.change)]]
        head = [
            Segment(f"  {MARKS[type(staged.change)]} " if line.is_first else "    ", self._on(own, style)),
            Segment(self._key_text(staged) if line.is_first else " " * (self._key_cells + 2), style),
        ]
        left = width - 4 - self._key_cells - 2
        tail = fit(f"  {mark} {words}", left * 2 // 3) if words and line.is_first else ""
        text = fit(line.words, max(left - cells(tail), 1))
        gap = " " * max(left - cells(tail) - cells(text), 0)
        return [*head, Segment(text + gap, style), Segment(tail, self._on(mark_style, style))]

    def _key_text(self, staged: Staged) -> str:
        shown = fit(key_words(staged.change.key), self._key_cells)
        return shown + " " * (self._key_cells - cells(shown) + 2)

    def _on(self, name: str, style: Style) -> Style:
        own = self.get_component_rich_style(f"review-list--{name}")
        is_cursor = style.bgcolor != self.rich_style.bgcolor
        return style if is_cursor and name == "dim" else style + Style(color=own.color)
