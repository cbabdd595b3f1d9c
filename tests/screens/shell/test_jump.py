"""Jump labels: a letter on every pane and field."""

from __future__ import annotations

from app_driver import running, screen_text, until

from services.bootstrap import Services
from tui.modals.jump import JumpScreen


async def test_a_letter_goes_to_its_pane(services: Services) -> None:
    """`ctrl+o` shows letters; the letter of a pane gives it the focus, `esc` leaves the focus where it was."""
    async with running(services) as (app, pilot):
        await pilot.press("2")
        await until(lambda: app.current_mode == "browser" and app.focused is not None, "the browser")
        first = app.focused
        chain = [widget for widget in app.screen.focus_chain if widget.region.area]
        await pilot.press("ctrl+o")
        await until(lambda: isinstance(app.screen, JumpScreen), "the letters")
        await until(lambda: " a " in screen_text(app), "the first letter")
        await pilot.press("escape")
        await until(lambda: not isinstance(app.screen, JumpScreen), "their end")
        assert app.focused is first
        await pilot.press("ctrl+o")
        await until(lambda: isinstance(app.screen, JumpScreen), "the letters")
        await pilot.press("asdfghjkl"[len(chain) - 1])
        await until(lambda: not isinstance(app.screen, JumpScreen), "their end")
        assert app.focused is chain[-1]
