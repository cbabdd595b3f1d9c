"""Nothing that a terminal would act on gets through, whichever widget draws it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import tomlkit
from app_driver import NARROW, running, screen_text, services_in, until
from hostile import CONTROLS, ESCAPES, corpus, unsafe_characters
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.app import App
from textual.color import Color
from textual.content import Content
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import (
    Button,
    Collapsible,
    DataTable,
    Input,
    Label,
    Log,
    Markdown,
    OptionList,
    RichLog,
    Select,
    Static,
    TabbedContent,
    TabPane,
    TextArea,
    Tree,
)

from services.bootstrap import Services
from services.events import Event
from tui import walls
from tui.app import StoredeckApp
from tui.widgets.empty import EmptyState
from tui.widgets.lines import Line, Lines
from tui.widgets.pane import Pane

BLACK = Color(0, 0, 0)
HOSTILE = "a\x1b[31mb\x1b]0;t\x1b\\c\x1b]52;c;eA==\x1b\\d\x9b31me\x00f\x0eg\u202eh\u2066i"


def data_table() -> Widget:
    """A cell and a header."""
    table: DataTable[Text] = DataTable()
    table.add_column(Text(HOSTILE))
    table.add_row(Text(HOSTILE))
    return table


def tree() -> Widget:
    """A root and a leaf."""
    shown: Tree[None] = Tree(Text(HOSTILE))
    shown.root.add_leaf(Text(HOSTILE))
    shown.root.expand()
    return shown


def border_title() -> Widget:
    """The title of a border."""
    shown = Static("x")
    shown.styles.border = ("solid", "white")
    shown._border_title = Content(HOSTILE)
    return shown


WIDGETS: dict[str, Callable[[], Widget]] = {
    "label": lambda: Label(HOSTILE, markup=False),
    "label with markup": lambda: Label(Content(HOSTILE)),
    "button": lambda: Button(Content(HOSTILE)),
    "tree": tree,
    "option list": lambda: OptionList(Content(HOSTILE)),
    "data table": data_table,
    "input": lambda: Input(HOSTILE),
    "text area": lambda: TextArea(HOSTILE),
    "rich log": lambda: RichLog(),
    "log": lambda: Log(),
    "tab pane": lambda: TabbedContent(),
    "border title": border_title,
    "collapsible": lambda: Collapsible(title=HOSTILE),
    "select": lambda: Select([(HOSTILE, 1)], value=1),
    "markdown": lambda: Markdown(HOSTILE),
    "empty state": lambda: EmptyState(HOSTILE, HOSTILE, HOSTILE),
    "lines": lambda: Lines([Line.of(HOSTILE)]),
    "pane title": lambda: Pane(HOSTILE, notes=[HOSTILE]),
}


def drawn(app: App[object]) -> Iterator[str]:
    """The text of every segment that goes to the terminal."""
    for strip in app.screen._compositor.render_strips():
        for segment in strip:
            yield segment.text


def leaks(app: App[object]) -> set[str]:
    """Characters drawn that a terminal would act on."""
    return set().union(*(unsafe_characters(text) for text in drawn(app)))


@pytest.mark.parametrize("name", WIDGETS)
async def test_no_widget_leaks(services: Services, name: str) -> None:
    """Textual's widgets and ours, given hostile text the plain way, draw none of it raw."""
    async with running(services, watch=False) as (app, pilot):
        await pilot.press("4")
        await pilot.pause()
        body = app.screen.query_one("#deck-body")
        await body.remove_children()
        widget = WIDGETS[name]()
        await body.mount(widget)
        if isinstance(widget, TabbedContent):
            await widget.add_pane(TabPane(Content(HOSTILE), Static("b")))
        if isinstance(widget, RichLog | Log):
            widget.write(HOSTILE)
        await until(lambda: "b" in "".join(drawn(app)), "the widget to be drawn")
        assert leaks(app) == set()


async def test_notifications_do_not_leak(services: Services) -> None:
    """A toast with hostile text draws none of it raw."""
    async with running(services) as (app, pilot):
        app.notify(HOSTILE, title=HOSTILE, markup=False)
        await pilot.pause()
        await until(lambda: "31mb" in screen_text(app), "the toast")
        assert leaks(app) == set()


async def test_textual_applies_the_filters_that_it_is_given() -> None:
    """The installed Textual asks `get_line_filters` for each line: without the wall the same text leaks."""

    class Bare(App[None]):
        def compose(self) -> Iterator[Widget]:
            yield Label(HOSTILE, markup=False)

    class Walled(Bare):
        def get_line_filters(self) -> list[object]:  # type: ignore[override]
            return [*super().get_line_filters(), walls.WallFilter()]

    async with Bare().run_test() as pilot:
        assert "\x1b" in leaks(pilot.app)
    async with Walled().run_test() as pilot:
        assert leaks(pilot.app) == set()
    assert StoredeckApp.get_line_filters is not App.get_line_filters


def test_a_replaced_segment_keeps_its_width() -> None:
    """Columns stay where they are, and links go."""
    style = Style(link="http://example.invalid", bold=True)
    for text in (*ESCAPES, *CONTROLS, "漢\x1b字", "\u202ea"):
        segment = Segment(text, style)
        (kept,) = walls.WallFilter().apply([segment], BLACK)
        assert Strip([kept]).cell_length == segment.cell_length
        assert unsafe_characters(kept.text) == set()
        assert kept.style is not None
        assert kept.style.link is None


def test_safe_lines_are_passed_on_as_they_are() -> None:
    """What holds nothing hostile is not copied."""
    segments = [Segment("plain"), Segment("漢字 é ✗")]
    assert walls.WallFilter().apply(segments, BLACK) is segments


def test_ten_thousand_strings_pass_the_wall() -> None:
    """No string of the corpus, in a line of its own, leaves anything raw."""
    wall = walls.WallFilter()
    for text in corpus(with_huge=True):
        for segment in wall.apply([Segment(text)], BLACK):
            assert unsafe_characters(segment.text) == set()


def test_titles_and_clipboard_are_made_safe() -> None:
    """A title is one safe line; the clipboard keeps tabs and line breaks and nothing else that acts."""
    for text in corpus(2000, with_huge=False):
        assert unsafe_characters(walls.window_title(text)) == set()
        assert unsafe_characters(walls.clipboard_text(text)) - {"\n", "\t"} == set()
    assert walls.clipboard_text("a\tb\nc") == "a\tb\nc"
    assert len(walls.window_title("x" * 10_000)) == walls.TITLE_LIMIT


async def test_copying_goes_through_the_wall(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """What reaches the terminal's clipboard is the safe text."""
    written: list[str] = []
    async with running(services) as (app, _):
        assert app._driver is not None
        monkeypatch.setattr(app._driver, "write", written.append)
        app.copy_to_clipboard("a\x1b]52;c;eA==\x07b")
    sent = base64.b64decode(written[0].split(";")[2].rstrip("\a")).decode()
    assert sent == "a␛]52;c;eA==␇b"


async def test_the_shell_survives_hostile_profiles_and_events(services: Services) -> None:
    """Names, addresses and server words from the corpus: every screen draws them safe and stays alive."""
    async with running(services, size=NARROW, watch=False) as (app, pilot):
        texts = list(corpus(300, with_huge=True))
        for text in texts:
            services.events.publish(
                Event(profile="lab", what="read", on=text, result=text, is_error=True, hint=text, request_id=text)
            )
        app.notify(texts[0], markup=False)
        await until(lambda: len(app.event_log) >= len(texts), "the events")
        await pilot.press("6")
        for key in ("home", "down", "pagedown", "down", "end", "up", "up", "pageup"):
            await pilot.press(key)
            await pilot.pause()
            assert leaks(app) == set()
        screen = app.screen
        for text in texts[:80]:
            screen.set_place(text, (text, text))  # type: ignore[attr-defined]
            screen.set_status(text)  # type: ignore[attr-defined]
            await pilot.pause()
            assert leaks(app) == set()


async def test_hostile_addresses_in_the_list(storedeck_home: Path) -> None:
    """A profile whose fields came from somebody else's file is listed and shown safely."""
    texts = [text for text in corpus(50, with_huge=False) if "\ud800" not in text and "\udc80" not in text]
    entries = [{"name": f"p{place}", "kind": "ignite", "id": "0", "nodes": text} for place, text in enumerate(texts)]
    services = services_in(storedeck_home)
    services.paths.profiles.write_text(tomlkit.dumps({"profile": entries}), "utf-8")
    async with running(services, watch=False) as (app, pilot):
        for _ in range(0, len(texts), 10):
            for _ in range(10):
                await pilot.press("down")
            await pilot.pause()
            assert leaks(app) == set()
