"""The console: six screens, one header, one registry of keys."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.filter import LineFilter
from textual.reactive import reactive

from services.events import ProfilesChanged, StagedChanged
from services.text import displayable
from tui import walls
from tui.amounts import rate_words
from tui.bridge import Bridge, EventPublished, EventsWaiting
from tui.common_actions import CommonActions
from tui.event_log import EventLog
from tui.key_presets import DEFAULT_PRESET, PRESETS
from tui.keys import REGISTRY, clashes, key_words, keymap, load_all
from tui.places import place_of
from tui.profile_book import read_book
from tui.screens.base import DeckScreen
from tui.screens.lazy import modes
from tui.session_states import SessionStates
from tui.skeleton import SMALLEST, TITLE, WIDE_COLUMNS
from tui.theming import DEFAULT_THEME, ThemeRefused, load_theme, theme_files, themes_folder
from tui.widgets.header import HeaderLine, Place
from tui.working import start_work

if TYPE_CHECKING:
    from textual.driver import Driver

    from services.bootstrap import Services


class StoredeckApp(CommonActions):
    """The app. It holds the services, the six modes and what is common to them."""

    TITLE = TITLE
    ENABLE_COMMAND_PALETTE = False
    MODES = modes()
    DEFAULT_MODE = "connections"
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (SMALLEST[0], "-narrow"), (WIDE_COLUMNS, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (SMALLEST[1], "-high")]  # noqa: RUF012
    CSS = """
    Screen { color: $foreground; }
    ToastRack { margin-bottom: 2; }
    Toast { background: $raised; color: $foreground; padding: 0 1; margin-top: 1; }
    .deck-input {
        border: none;
        height: 1;
        padding: 0;
        background: $ground;
        color: $foreground;
        &:focus { border: none; background: $cursor; color: $on-cursor; text-style: underline; }
    }
    """

    staged_count: reactive[int] = reactive(0)

    def __init__(self, services: Services, *, profile: str = "", driver_class: type[Driver] | None = None) -> None:
        """The app over built services; reads settings and profiles, which blocks, so make it before the loop runs.

        Args:
            profile: opened at once.
            driver_class: in place of the platform's own.
        """
        super().__init__(driver_class=driver_class)
        self.services = services
        self.book = read_book(services.profiles)
        self.event_log = EventLog()
        self.states = SessionStates()
        self.path_names: dict[tuple[str, tuple[str, ...]], tuple[str, ...]] = {}
        """How the catalog names the paths opened so far: a store's own may have parts that mean nothing to people."""
        self._first_profile = profile
        self._is_painted = False
        self._bridge = Bridge(services.events, self)
        self._wall = walls.WallFilter()
        self._set_up_theme(services.settings.theme)
        if services.settings.reduced_motion:
            self.animation_level = "none"

    def _set_up_theme(self, wanted: str) -> None:
        """Register ours in place of Textual's; the others follow after the first frame unless one is wanted."""
        for name in list(self._registered_themes):
            if not name.startswith("textual"):
                self.unregister_theme(name)
        self.register_theme(load_theme(themes_folder() / f"{DEFAULT_THEME}.toml"))
        if wanted != DEFAULT_THEME:
            self.load_themes()
        self.theme = wanted if wanted in self.available_themes else DEFAULT_THEME
        self._start_variables = self.get_css_variables()
        self.stylesheet.set_variables(self._start_variables)

    def refresh_css(self, animate: bool = True) -> None:
        """Textual works out all styles again before the first frame; with unchanged colours once is enough."""
        if self._is_painted or self.get_css_variables() != self._start_variables:
            super().refresh_css(animate)

    def load_themes(self) -> None:
        """Register every theme file; one that cannot be used is told."""
        for path in theme_files(self.services.paths.config / "themes"):
            try:
                self.register_theme(load_theme(path))
            except ThemeRefused as error:
                self.log.warning(str(error))

    def use_theme(self, name: str) -> None:
        """Change the theme now and for the next start."""
        self.theme = name
        change = partial(self.services.settings_file.change, theme=name)
        start_work(self, "theme", asyncio.to_thread, change, is_exclusive=False)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's filters, and the wall behind them."""
        return [*super().get_line_filters(), self._wall]

    def place_of(self, profile_name: str, path: tuple[str, ...] = ()) -> Place:
        """What the header says of a path in a profile."""
        if not profile_name:
            return Place()
        names = self.path_names.get((profile_name, path), path)
        return place_of(self.book.get(profile_name), profile_name, names)

    @property
    def deck_screens(self) -> list[DeckScreen]:
        """The main screens made so far."""
        stacks = self._screen_stacks.values()
        return [screen for stack in stacks for screen in stack if isinstance(screen, DeckScreen)]

    def on_ready(self) -> None:
        """The first screen is about to be painted; everything else comes after it."""
        self.call_after_refresh(self._first_screen_painted)

    def _first_screen_painted(self) -> None:
        self._is_painted = True
        gc.freeze()
        gc.enable()
        start_work(self, "follow-up", self._follow_up)
        if self._first_profile:
            self.open_profile(self._first_profile)
        elif self.book.profiles and not self.is_headless:
            self.services.sessions.prepare()

    async def _follow_up(self) -> None:
        """What the first screen did not need: other themes, staged edits, the user's keys."""
        await asyncio.to_thread(self.load_themes)
        self.staged_count = len(await asyncio.to_thread(self.load_staged))
        self.follow_transfers()
        if self.services.settings_file.problem:
            problem = displayable(self.services.settings_file.problem)
            self.notify(problem, title="Settings", severity="warning", markup=False)
        settings = self.services.settings
        if settings.keymap or settings.keymap_preset != DEFAULT_PRESET:
            await asyncio.to_thread(load_all)
            self.use_keymap(settings.keymap_preset, settings.keymap)

    def use_keymap(self, preset: str, single: Mapping[str, str]) -> None:
        """Take the user's keys, or refuse them all when two would clash, naming both."""
        wanted = {**PRESETS.get(preset, {}), **single}
        problems = list(clashes(wanted, REGISTRY.values()))
        if preset not in PRESETS:
            problems.append(f"{preset}: no such preset, there are {', '.join(PRESETS)}")
        if problems:
            text = displayable("; ".join(problems))
            self.notify(text, title="Keys from the settings are not used", severity="warning", markup=False)
            return
        self.set_keymap(keymap(wanted))

    def watch_staged_count(self, count: int) -> None:
        """Show it in every header."""
        for screen in self.deck_screens:
            for header in screen.query(HeaderLine):
                header.staged = count

    def show_transfers(self) -> None:
        """The queue was looked at: the header tells what runs, the screen of transfers all of it."""
        feed = self.transfer_feed
        words = f"⇅{feed.running} {rate_words(feed.rate)}".strip() if feed.running else ""
        for screen in self.deck_screens:
            for header in screen.query(HeaderLine):
                header.transfers = words
            screen.transfers_changed()

    def on_events_waiting(self, message: EventsWaiting) -> None:
        """Keep what every screen needs, then pass on what the bridge collected."""
        for event in self._bridge.drain():
            if event.what != "load":  # what other processes staged was read; nothing happened
                self.event_log.add(event)
            self.states.heard(event)
            match event:
                case StagedChanged(count=count):
                    self.staged_count = count
                case ProfilesChanged():
                    start_work(self, "book", self.read_book_again)
            for screen in self.deck_screens:
                screen.post_message(EventPublished(event))

    async def read_book_again(self) -> None:
        """Read the profiles anew and show them."""
        self.book = await asyncio.to_thread(read_book, self.services.profiles)
        for screen in self.deck_screens:
            screen.book_changed()

    def get_key_display(self, binding: Binding) -> str:
        """Keys as people read them, the same everywhere."""
        return binding.key_display or key_words(binding.key)

    def copy_to_clipboard(self, text: str) -> None:
        """Copy, with what a terminal or shell would act on made visible."""
        super().copy_to_clipboard(walls.clipboard_text(text))

    def _fatal_error(self) -> None:
        """Textual's last act prints local variables, which may be secrets; the report is written after it ended."""
        self._close_messages_no_wait()

    @property
    def crash(self) -> Exception | None:
        """The error that ended the app."""
        return self._exception

    def on_terminal_gone(self) -> None:
        """End in order: what the app started ends with it."""
        self.exit(return_code=1)

    async def on_unmount(self) -> None:
        """Hear no more."""
        self._bridge.close()
