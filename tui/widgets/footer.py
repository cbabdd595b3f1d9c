"""The footer: at most seven whole entries (five at 80 columns), the ones that matter here, `? more` last."""

from __future__ import annotations

from dataclasses import dataclass

from rich.segment import Segment
from textual import events
from textual.binding import ActiveBinding
from textual.reactive import reactive
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from tui.keys import REGISTRY, key_words
from tui.skeleton import MORE, footer_words
from tui.widgets.drawn import DrawnWidget
from tui.widgets.rule import cells


@dataclass(frozen=True, slots=True)
class FooterEntry:
    """One entry: the key's word, what it does, the action, and whether it can be done now."""

    key: str
    word: str
    action: str
    is_enabled: bool
    weight: int


def footer_entries(screen: Screen[object]) -> list[FooterEntry]:
    """The entries of everything that is bound now, heaviest first."""
    found: dict[str, FooterEntry] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        entry = REGISTRY.get(binding.id or "")
        if entry is None or entry.weight <= 0 or entry.id in found or _is_typed(screen.focused, active):
            continue
        found[entry.id] = FooterEntry(
            key_words(binding.key), binding.description, binding.key, active.enabled, entry.weight
        )
    return sorted(found.values(), key=lambda entry: -entry.weight)


def _is_typed(focused: Widget | None, active: ActiveBinding) -> bool:
    """Whether the focused widget takes the key as text; Textual knows no character for some names, such as `slash`."""
    if focused is None or active.node is focused:
        return False
    word = key_words(active.binding.key)
    return focused.check_consume_key(active.binding.key, word if len(word) == 1 else None)


class FooterLine(DrawnWidget):
    """`enter Open  t Test  ? more`; entries that cannot be done now are dim; a click does one."""

    DEFAULT_CSS = """
    FooterLine {
        height: 1;
        color: $dim;
    }
    """

    entries: reactive[tuple[FooterEntry, ...]] = reactive(())

    def on_mount(self) -> None:
        """Follow what is bound."""
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)
        self._bindings_changed(self.screen)

    def _bindings_changed(self, screen: Screen[object]) -> None:
        if self.is_attached and screen is self.screen:
            self.entries = tuple(footer_entries(screen))

    def shown(self) -> list[tuple[str, str]]:
        """The entries that fit, as words."""
        words = [(entry.key, entry.word) for entry in self.entries]
        last = next((word for word in words if word[1] == MORE[1]), MORE)
        return footer_words([word for word in words if word != last], self.size.width, last)

    def render_line(self, y: int) -> Strip:
        """The one line."""
        base = self.ground
        key_style, off = self.look("accent bold"), self.look("line")
        enabled = {(entry.key, entry.word): entry.is_enabled for entry in self.entries}
        segments = [Segment(" ", base)]
        for key, word in self.shown():
            is_enabled = enabled.get((key, word), True)
            segments.append(Segment(f"{key} ", key_style if is_enabled else off))
            segments.append(Segment(f"{word}  ", base if is_enabled else off))
        return Strip(segments).crop_extend(0, self.size.width, base)

    def on_click(self, event: events.Click) -> None:
        """Press the key under the pointer."""
        end = 1
        keys = {(entry.key, entry.word): entry.action for entry in self.entries}
        for key, word in self.shown():
            end += cells(key) + cells(word) + 3
            if event.x < end:
                self.app.simulate_key(keys.get((key, word), "question_mark"))
                return
