"""Themes are TOML files with semantic names only; this turns them into Textual themes.

Style sheets use `$ground $raised $line $foreground $dim $accent $on-accent $cursor $on-cursor $ok $warning $error
$staged` and `$tag-<kind>`; no style sheet names a colour.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from textual.theme import Theme

DEFAULT_THEME: Final = "storedeck"

COLOR_NAMES: Final = (
    "ground",
    "raised",
    "line",
    "text",
    "dim",
    "accent",
    "on_accent",
    "cursor",
    "on_cursor",
    "ok",
    "warning",
    "error",
    "staged",
)
TAG_NAMES: Final = ("ignite", "tablestore", "ikv", "trove", "maxcompute")


class ThemeRefused(ValueError):
    """A theme file that cannot be used, and why."""


def themes_folder() -> Path:
    """Where the shipped themes lie: beside this module in a wheel, beside the package in a work tree."""
    inside = Path(__file__).parent / "themes"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "themes"


def theme_files(extra_folder: Path | None = None) -> Iterator[Path]:
    """The shipped theme files, then those of the user."""
    for folder in (themes_folder(), extra_folder):
        if folder is not None and folder.is_dir():
            yield from sorted(folder.glob("*.toml"))


def load_theme(path: Path) -> Theme:
    """Read one theme file.

    Raises:
        ThemeRefused: the file is not TOML or lacks a colour.
    """
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ThemeRefused(f"{path.name}: cannot be read: {error}") from error
    return theme_from(data, path.name)


def theme_from(data: Mapping[str, Any], source: str) -> Theme:
    """The Textual theme of a parsed file; our names become variables, Textual's own colours follow from them."""
    colors: Mapping[str, str] = data.get("colors", {})
    tags: Mapping[str, str] = data.get("tags", {})
    missing = [f"colors.{name}" for name in COLOR_NAMES if name not in colors]
    missing += [f"tags.{name}" for name in TAG_NAMES if name not in tags]
    if missing or "name" not in data:
        raise ThemeRefused(f"{source}: lacks {', '.join(missing) or 'name'}")
    return Theme(
        name=str(data["name"]),
        primary=colors["accent"],
        secondary=colors["dim"],
        accent=colors["accent"],
        warning=colors["warning"],
        error=colors["error"],
        success=colors["ok"],
        foreground=colors["text"],
        background=colors["ground"],
        surface=colors["ground"],
        panel=colors["raised"],
        boost=colors["raised"],
        dark=bool(data.get("dark", True)),
        text_alpha=1.0,
        variables=variables(colors, tags),
    )


def variables(colors: Mapping[str, str], tags: Mapping[str, str]) -> dict[str, str]:
    """The variables that style sheets may use, and Textual's own that would else stray from the theme."""
    own = {name.replace("_", "-"): colors[name] for name in COLOR_NAMES if name != "text"}
    own |= {f"tag-{name}": tags[name] for name in TAG_NAMES}
    return own | {
        "block-cursor-background": colors["cursor"],
        "block-cursor-foreground": colors["on_cursor"],
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": colors["raised"],
        "block-cursor-blurred-foreground": colors["text"],
        "block-cursor-blurred-text-style": "none",
        "input-cursor-background": colors["accent"],
        "input-cursor-foreground": colors["on_accent"],
        "input-selection-background": colors["cursor"],
        "input-selection-foreground": colors["on_cursor"],
        "border": colors["line"],
        "border-blurred": colors["line"],
        "scrollbar": colors["line"],
        "scrollbar-hover": colors["dim"],
        "scrollbar-active": colors["accent"],
        "scrollbar-background": colors["ground"],
        "scrollbar-background-hover": colors["ground"],
        "scrollbar-background-active": colors["ground"],
        "scrollbar-corner-color": colors["ground"],
    }


def ratio(one: str, other: str) -> float:
    """The contrast of two `#rrggbb` colours as WCAG 2 computes it, 1 to 21."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(color: str) -> float:
    parts = (int(color[index : index + 2], 16) / 255 for index in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
