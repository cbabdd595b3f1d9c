"""The base of widgets that draw their own lines: styles come from the theme's variables, looked up once."""

from __future__ import annotations

from typing import Any

from rich.style import Style
from textual.widget import Widget


class DrawnWidget(Widget):
    """`ground` is the widget's own style; `look` is a style written with the theme's names on that ground.

    A component class costs a pass of the style sheet for every widget that has it, at every change of a class;
    a name of the theme costs nothing.
    """

    _looks: dict[str, Style] | None = None
    _looks_theme = ""

    @property
    def ground(self) -> Style:
        """The widget's own style; Textual works it out anew at each call, here it is kept."""
        return self.look("")

    def look(self, words: str) -> Style:
        """A style such as `dim`, `accent bold` or `on-cursor on cursor`, on the widget's ground."""
        if self._looks is None or self._looks_theme != self.app.theme:
            self._looks = {"": self.rich_style}
            self._looks_theme = self.app.theme
        style = self._looks.get(words)
        if style is None:
            style = self._looks[words] = self._looks[""] + styled(words, self.app.theme_variables)
        return style

    def notify_style_update(self) -> None:
        """Styles changed: look them up again."""
        self._looks = None
        super().notify_style_update()


def styled(words: str, variables: dict[str, str]) -> Style:
    """The style of `color [bold] [underline] [reverse] [on color]` with the names of the theme."""
    front, _, back = words.partition(" on ")
    color: str | None = None
    flags: dict[str, Any] = {}
    for word in front.split():
        if word in ("bold", "underline", "reverse"):
            flags[word] = True
        else:
            color = variables.get("foreground" if word == "text" else word)
    return Style(color=color, bgcolor=variables.get(back) if back else None) + Style(**flags)
