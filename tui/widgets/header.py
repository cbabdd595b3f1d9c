"""The top line: where one is, and what to mind there."""

from __future__ import annotations

from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from services.text import displayable
from tui.skeleton import TITLE
from tui.widgets.drawn import DrawnWidget
from tui.widgets.rule import cells, fit_left


@dataclass(frozen=True, slots=True)
class Place:
    """Where a screen stands: a profile and the path inside it; all texts may be hostile.

    Attributes:
        tag: two letters of the kind.
        environment: `dev`, `test` or `prod`, shown as a word.
        is_insecure: an exception from checked TLS is in force.
    """

    profile: str = ""
    path: tuple[str, ...] = ()
    kind: str = ""
    tag: str = ""
    environment: str = ""
    is_read_only: bool = False
    is_insecure: bool = False


class HeaderLine(DrawnWidget):
    """` Storedeck │ IG grid-prod › PUBLIC › City        PROD  READ-ONLY  3 staged`."""

    DEFAULT_CSS = """
    HeaderLine {
        height: 1;
        background: $raised;
    }
    """

    place: reactive[Place] = reactive(Place())
    staged: reactive[int] = reactive(0)
    transfers: reactive[str] = reactive("")

    def render_line(self, y: int) -> Strip:
        """The one line; the flags at the right never give way to the path."""
        width = self.size.width
        flags = self._flags()
        flags_width = sum(cells(text) + 2 for text, _ in flags)
        left = self._left(width - flags_width)
        used = sum(cells(segment.text) for segment in left)
        base = self.ground
        segments = [*left, Segment(" " * max(width - flags_width - used, 0), base)]
        for text, style in flags:
            segments += [Segment(text, style), Segment("  ", base)]
        return Strip(segments).crop_extend(0, width, base)

    def _left(self, room: int) -> list[Segment]:
        base, dim = self.ground, self.look("dim")
        segments = [Segment(f" {TITLE}", self.look("bold"))]
        place = self.place
        if not place.profile:
            return segments
        segments.append(Segment(" │ ", dim))
        room -= cells(TITLE) + 4
        if place.tag and room > 12:
            tag = Segment(f" {place.tag} ", tag_style(self, place.kind))
            segments += [tag, Segment(" ", base)]
            room -= cells(place.tag) + 3
        words = " › ".join(displayable(part, 200) for part in (place.profile, *place.path))
        segments.append(Segment(fit_left(words, room - 1), base))
        return segments

    def _flags(self) -> list[tuple[str, Style]]:
        place = self.place
        style = self.look
        flags: list[tuple[str, Style]] = []
        if place.environment:
            word = place.environment.upper()
            name = {"PROD": "ground bold on error", "TEST": "ground bold on ok"}.get(word, "dim")
            flags.append((f" {word} " if name != "dim" else word, style(name)))
        if place.is_read_only:
            flags.append(("READ-ONLY", style("warning bold")))
        if place.is_insecure:
            flags.append(("INSECURE", style("warning bold")))
        if self.staged:
            flags.append((f"~ {self.staged:,} staged", style("staged bold")))
        if self.transfers:
            flags.append((self.transfers, style("accent")))
        return flags


def tag_style(widget: Widget, kind: str) -> Style:
    """The reverse video of a kind's tag, in its own hue; plain reverse for a kind without one."""
    variables = widget.app.theme_variables
    hue = variables.get(f"tag-{kind}")
    if not hue:
        return Style(reverse=True, bold=True)
    return Style(color=variables.get("ground"), bgcolor=hue, bold=True)
