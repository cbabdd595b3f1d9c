"""Six screens in one shell: whole at every size, reached by digits, alive in every storm."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from app_driver import NARROW, WIDE, running, screen_lines, screen_text, until
from textual.strip import Strip

from services.bootstrap import Services
from services.connections.profiles import Profile
from services.errors import ConnectFailed
from services.events import Event, StagedChanged
from tui.app import StoredeckApp
from tui.bridge import Bridge, EventPublished
from tui.modals.help import HelpModal
from tui.palette import Palette
from tui.places import is_insecure
from tui.screens.connections import ConnectionsScreen
from tui.skeleton import MODES
from tui.widgets.header import HeaderLine, Place
from tui.widgets.pane import Pane, PaneTitle, progress_words

PAGES = [mode for mode, _ in MODES]


@pytest.mark.parametrize("size", [WIDE, NARROW, (100, 30), (60, 18)])
async def test_every_screen_is_whole(services: Services, size: tuple[int, int]) -> None:
    """Each digit shows its screen: header, its name in the line of screens, work area, status line, footer."""
    async with running(services, size=size) as (app, pilot):
        for digit, (mode, name) in enumerate(MODES, start=1):
            await pilot.press(f"alt+{digit}")
            await until(lambda mode=mode: app.current_mode == mode and app.focused is not None, mode)  # type: ignore[misc]
            await pilot.pause()
            lines = screen_lines(app)
            assert len(lines) == size[1]
            assert "Storedeck" in lines[0]
            assert f"{digit} {name}" in lines[1]
            assert lines[-2].startswith("─")
            assert lines[-1].endswith("? more")
            assert [line for line in lines if len(line) > size[0]] == []


@pytest.mark.parametrize("mode", ["instances", "transfers", "events"])
async def test_empty_screens_say_what_why_and_which_key(services: Services, mode: str) -> None:
    """A screen with nothing on it says what will be there, why it is empty, and a key."""
    async with running(services, size=NARROW) as (app, pilot):
        await pilot.press(str(PAGES.index(mode) + 1))
        await pilot.pause()
        text = " ".join(screen_text(app).split())
    assert "It is empty because" in text
    assert any(hint in text for hint in ("1 Connections", "2 Browser", "n New"))


@pytest.mark.parametrize("size", [(59, 24), (80, 17), (20, 5), (1, 1)])
async def test_below_the_smallest_size_it_says_so(services: Services, size: tuple[int, int]) -> None:
    """Too small: a notice instead of half of everything; larger again, everything is back."""
    async with running(services, size=size) as (app, pilot):
        if size[0] >= 40:
            assert "needs 60 columns and 18 lines" in screen_text(app)
        assert "enter Open" not in screen_text(app)
        await pilot.resize_terminal(*NARROW)
        await until(lambda: "enter Open" in screen_text(app), "the screen")
        assert "needs 60 columns" not in screen_text(app)


async def test_a_storm_of_sizes_leaves_it_whole(services: Services) -> None:
    """Forty sizes in a row on changing screens, down to one cell: nothing breaks."""
    chosen = random.Random(3)
    async with running(services) as (app, pilot):
        for number in range(40):
            await pilot.resize_terminal(chosen.randint(1, 220), chosen.randint(1, 70))
            if number % 10 == 0:
                await pilot.press(str(chosen.randint(1, 6)))
        await pilot.resize_terminal(*WIDE)
        await pilot.press("1")
        await until(lambda: "IG  lab" in screen_text(app), "the screen")
        assert len(screen_lines(app)) == WIDE[1]


async def test_digits_belong_to_the_field_while_typing(services: Services) -> None:
    """In a text field a digit is text; alt and a digit still change nothing below a pop-up."""
    async with running(services) as (app, pilot):
        await pilot.press("n")
        await pilot.pause()
        await pilot.press("4", "2")
        await pilot.pause()
        assert app.current_mode == "connections"
        assert "42" in screen_text(app)


@pytest.mark.parametrize(("press", "kind"), [("question_mark", HelpModal), ("f1", HelpModal), ("colon", Palette)])
async def test_help_and_palette_open_and_close(services: Services, press: str, kind: type[object]) -> None:
    """They open over any screen, search as one types, and `esc` closes them."""
    async with running(services, size=NARROW) as (app, pilot):
        await pilot.press(press)
        await until(lambda: isinstance(app.screen, kind), "the pop-up")
        await pilot.press(*"rename")
        await pilot.pause()
        text = screen_text(app)
        assert "Rename" in text
        assert "Disconnect" not in text
        await pilot.press("escape")
        await until(lambda: not isinstance(app.screen, kind), "the screen")


async def test_the_palette_says_why_not_now(services: Services) -> None:
    """An action that cannot be done is listed with its reason, and choosing it tells the reason."""
    async with running(services) as (app, pilot):
        await pilot.press("ctrl+p", *"disconnect")
        await pilot.pause()
        assert "it is not connected" in screen_text(app)
        await pilot.press("enter")
        await until(lambda: "Disconnect: it is not connected" in screen_text(app), "the toast")


async def test_the_palette_does_what_is_chosen(services: Services) -> None:
    """An action runs on the screen below; `@` lists profiles."""
    async with running(services) as (app, pilot):
        await pilot.press("ctrl+p", *"events", "enter")
        await until(lambda: app.current_mode == "events", "the events")
        await pilot.press("ctrl+p", "@")
        await until(lambda: "@grid-prod" in screen_text(app), "the profiles")


async def test_the_header_tells_place_and_what_to_mind(services: Services) -> None:
    """Profile and path, the environment as a word, READ-ONLY, INSECURE and the staged count, also when narrow."""
    async with running(services, size=(80, 24)) as (app, pilot):
        screen = app.screen
        screen.set_place("grid-prod", ("PUBLIC", "City"))  # type: ignore[attr-defined]
        services.events.publish(StagedChanged(what="stage", count=3))
        await until(lambda: "3 staged" in screen_lines(app)[0], "the count")
        line = screen_lines(app)[0]
        for words in ("IG", "grid-prod › PUBLIC › City", "PROD", "READ-ONLY", "~ 3 staged"):
            assert words in line
        header = app.screen.query_one(HeaderLine)
        header.place = Place("p", ("x" * 200, "end"), "ignite", "IG", "prod", True, True)
        await pilot.pause()
        line = screen_lines(app)[0]
        for words in ("› end", "PROD", "READ-ONLY", "INSECURE"):
            assert words in line


def marks(app: StoredeckApp) -> Iterator[tuple[str, bool, bool]]:
    """Every segment on screen with whether it is bold and underlined, as a terminal without colour shows it."""
    for strip in app.screen._compositor.render_strips():
        assert isinstance(strip, Strip)
        for segment in strip:
            style = segment.style
            yield segment.text, bool(style and style.bold), bool(style and style.underline)


@pytest.mark.parametrize("mode", PAGES)
async def test_without_colour_everything_is_still_told_apart(
    services: Services, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NO_COLOR: focus has a `▸`, the current screen is underlined, an error has a `✗`, staged has a `~`."""
    monkeypatch.setenv("NO_COLOR", "1")
    async with running(services) as (app, pilot):
        await pilot.press(str(PAGES.index(mode) + 1))
        await until(lambda: app.current_mode == mode and app.focused is not None, mode)
        services.events.publish(StagedChanged(what="stage", count=2))
        await until(lambda: app.staged_count == 2, "the count")
        await pilot.pause()
        text = screen_text(app)
        assert any(line.startswith("▸ ") or "┬▸ " in line or " ▸ " in line for line in text.splitlines())
        assert "~ 2 staged" in text
        name = dict(MODES)[mode]
        assert [words for words, _, underlined in marks(app) if underlined and name in words] != []
        colors = {
            (triplet.red, triplet.green, triplet.blue)
            for strip in app.screen._compositor.render_strips()
            for segment in strip
            if segment.style is not None and segment.style.color is not None
            for triplet in [segment.style.color.get_truecolor()]
        }
        assert [color for color in colors if len(set(color)) > 1] == []


async def test_the_focused_pane_is_marked(services: Services) -> None:
    """`▸` stands before the title of the pane with the focus and moves with it."""
    async with running(services) as (app, pilot):
        assert screen_lines(app)[2].startswith("▸ Connections")
        await pilot.press("tab")
        await pilot.pause()
        titles = {title.title: title.is_marked for title in app.screen.query(PaneTitle)}
        assert titles == {"Connections": False, "lab": True}


def test_a_wait_has_a_shape() -> None:
    """Nothing at first, then a spinner, the time after 2 s, the key after 3 s."""
    assert progress_words("reading", 0.1, "ctrl+g") == ""
    assert progress_words("reading", 0.2, "ctrl+g").endswith(" reading")
    assert progress_words("reading", 2.4, "ctrl+g").endswith("reading 2 s")
    assert progress_words("reading", 3.1, "ctrl+g").endswith("reading 3 s, ctrl+g stops it")
    assert progress_words("reading", 3.1, "", moves=False) == "◐ reading 3 s"


async def test_a_pane_shows_its_wait_and_its_end(services: Services) -> None:
    """`busy` shows after its delay, `idle` clears it."""
    async with running(services) as (app, _):
        pane = app.screen.query_one("#profile-pane", Pane)
        pane.busy("checking")
        await until(lambda: "checking" in screen_lines(app)[2], "the spinner")
        pane.idle()
        await until(lambda: "checking" not in screen_lines(app)[2], "the end")
        assert not pane.is_busy


async def test_ten_thousand_events_are_few_wake_ups(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """Events published faster than they are shown wake the app once, and the screens see the newest of each kind."""
    heard: list[EventPublished] = []
    woken: list[int] = []
    monkeypatch.setattr(ConnectionsScreen, "on_event_published", lambda _, message: heard.append(message))
    drain = Bridge.drain
    monkeypatch.setattr(Bridge, "drain", lambda bridge: woken.append(1) or drain(bridge))
    async with running(services) as (app, pilot):
        for number in range(10_000):
            services.events.publish(Event(profile="lab", what="read", on="t", result=str(number)))
        await until(lambda: app.event_log and app.event_log[-1].result == "9999", "the last event")
        await pilot.pause()
        assert len(woken) <= 10
        assert len(app.event_log) == 5000
        assert app.event_log.forgotten == 5000
        assert [message.event.result for message in heard if message.event.what == "read"][-1] == "9999"
        assert len(heard) < 100


async def test_events_are_listed_and_errors_told_in_full(services: Services) -> None:
    """A line an event; the one under the cursor below with its advice; `y` copies it with secrets masked."""
    async with running(services, size=NARROW) as (app, pilot):
        services.events.publish(Event(profile="lab", what="read", on="City", seconds=0.012, request_id="r-7"))
        services.events.publish(
            Event(profile="lab", what="commit", on="City", result="password=S3CRET refused", is_error=True, hint="Ask.")
        )
        await pilot.press("6")
        await until(lambda: "✗ commit" in screen_text(app), "the error")
        text = screen_text(app)
        assert "hint: Ask." in text
        assert "12 ms  r-7" in text
        await pilot.press("y")
        await until(lambda: app.clipboard, "the copy")
        assert "S3CRET" not in app.clipboard
        assert "commit" in app.clipboard


async def test_an_empty_pane_shows_the_focus(services: Services) -> None:
    """The events have nothing to stand on at first; their title still says that keys go there."""
    async with running(services, size=NARROW) as (app, pilot):
        await pilot.press("6")
        await until(lambda: "▸ Events" in screen_text(app), "the focus mark")


async def test_the_title_of_an_error_keeps_its_letters(services: Services) -> None:
    """Names in the title of an error stay as the store spells them."""
    async with running(services) as (app, pilot):
        app.report(ConnectFailed("no answer"), "read CITY")
        await until(lambda: "Read CITY" in screen_text(app), "the error")
        await pilot.pause()


def test_plain_text_on_this_machine_is_not_insecure() -> None:
    """Nobody reads what does not leave the machine; the same to another one is marked."""
    here, there = ({"endpoint": f"{host}:50051", "plaintext": "true"} for host in ("127.0.0.1", "10.0.0.7"))
    assert [is_insecure(Profile("p", "ikv", fields)) for fields in (here, there)] == [False, True]
