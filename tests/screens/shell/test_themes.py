"""Every shipped theme can be read by everybody."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from app_driver import running, screen_text

from services.bootstrap import Services
from tui import skeleton
from tui.theming import (
    COLOR_NAMES,
    DEFAULT_THEME,
    TAG_NAMES,
    ThemeRefused,
    load_theme,
    ratio,
    theme_files,
    themes_folder,
)

FILES = list(theme_files())
LEAST = 4.5


def colors(path: Path) -> dict[str, str]:
    """All colours of a theme file, tags as `tag-NAME`."""
    data = tomllib.loads(path.read_text("utf-8"))
    return data["colors"] | {f"tag-{name}": color for name, color in data["tags"].items()}


def test_our_own_its_light_twin_and_a_high_contrast_one_are_there() -> None:
    """Three themes are shipped, one of them light."""
    themes = {load_theme(path).name: load_theme(path).dark for path in FILES}
    assert themes == {"storedeck": True, "storedeck-contrast": True, "storedeck-light": False}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_text_has_contrast(path: Path) -> None:
    """Every colour that text has stands at least 4.5 to 1 on every ground it is drawn on."""
    shown = colors(path)
    texts = ["text", "dim", "accent", "ok", "warning", "error", "staged"]
    pairs = [(text, ground) for text in texts for ground in ("ground", "raised")]
    pairs += [("on_cursor", "cursor"), ("on_accent", "accent"), ("ground", "error"), ("ground", "ok")]
    pairs += [("ground", f"tag-{name}") for name in TAG_NAMES]
    weak = {f"{one} on {other}": round(ratio(shown[one], shown[other]), 2) for one, other in pairs}
    assert {pair: value for pair, value in weak.items() if value < LEAST} == {}


def test_contrast_is_computed_as_wcag_says() -> None:
    """Black on white is 21 to 1, a colour on itself 1 to 1, and grey #777777 on white just fails."""
    assert ratio("#000000", "#ffffff") == pytest.approx(21)
    assert ratio("#123456", "#123456") == pytest.approx(1)
    assert ratio("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


def test_the_first_frame_has_the_colours_of_our_own_theme() -> None:
    """The frame painted before any import has the theme's colours."""
    shown = colors(themes_folder() / f"{DEFAULT_THEME}.toml")
    painted = (skeleton.GROUND, skeleton.TEXT, skeleton.DIM, skeleton.ACCENT, skeleton.LINE)
    assert painted == tuple(shown[name] for name in ("ground", "text", "dim", "accent", "line"))


def test_a_theme_that_lacks_a_colour_is_refused_by_name(tmp_path: Path) -> None:
    """The message names what is missing."""
    path = tmp_path / "half.toml"
    path.write_text('name = "half"\n[colors]\nground = "#000000"\n', "utf-8")
    with pytest.raises(ThemeRefused, match=f"colors.{COLOR_NAMES[1]}"):
        load_theme(path)
    path.write_text("name = ", "utf-8")
    with pytest.raises(ThemeRefused, match=r"half\.toml"):
        load_theme(path)


async def test_a_theme_of_the_user_can_be_chosen_and_is_kept(services: Services) -> None:
    """A theme from the palette is in force at once and at the next start."""
    async with running(services) as (app, pilot):
        await app.workers.wait_for_complete()
        await pilot.press("ctrl+p", *"theme light")
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause()
        await app.workers.wait_for_complete()
        assert app.theme == "storedeck-light"
        assert "Connections" in screen_text(app)
    async with running(services) as (again, _):
        assert again.theme == "storedeck-light"
