"""Help, palette, footer and bindings are one registry."""

from __future__ import annotations

import asyncio
import string
from collections.abc import Iterator

import pytest
from app_driver import NARROW, WIDE, running
from textual.binding import Binding
from textual.dom import DOMNode

from services.bootstrap import Services
from tui.active_keys import actions
from tui.keys import REGISTRY, clashes, entry_keys, key_name, key_words, keymap, load_all
from tui.modals.help import help_lines
from tui.palette import Palette
from tui.skeleton import MODES
from tui.widgets.footer import FooterLine, footer_entries

load_all()


def own_classes() -> Iterator[type[DOMNode]]:
    """Every class of the console that can have bindings."""
    waiting = [DOMNode]
    seen = set()
    while waiting:
        for child in waiting.pop().__subclasses__():
            if child not in seen:
                seen.add(child)
                waiting.append(child)
                if child.__module__.startswith("tui."):
                    yield child


def own_bindings() -> Iterator[tuple[type[DOMNode], Binding]]:
    """Every binding that a class of the console declares itself."""
    for owner in own_classes():
        for binding in owner.__dict__.get("BINDINGS", ()):
            assert isinstance(binding, Binding), f"{owner.__name__} has a binding that was not made by key()"
            yield owner, binding


def test_every_binding_is_in_the_registry() -> None:
    """A binding of any class of the console is a registered one, said the same way."""
    wrong = [
        f"{owner.__name__}: {binding.key}"
        for owner, binding in own_bindings()
        if binding.id not in REGISTRY or REGISTRY[binding.id].action != binding.action
    ]
    assert wrong == []


def test_every_registered_key_is_bound_and_explained() -> None:
    """A registered key belongs to a class, has a name and a sentence that says what it does."""
    bound = {binding.id for _, binding in own_bindings()}
    unbound = [entry.id for entry in REGISTRY.values() if entry.id not in bound]
    mute = [entry.id for entry in REGISTRY.values() if not entry.description or not entry.tooltip.endswith(".")]
    assert (unbound, mute) == ([], [])


def test_no_printable_key_has_priority() -> None:
    """A letter typed into a text field is never taken by an action."""
    printable = set(string.printable) | {"space", "question_mark", "colon", "slash"}
    taken = [
        f"{owner.__name__}: {key}"
        for owner, binding in own_bindings()
        if binding.priority
        for key in binding.key.split(",")
        if key in printable
    ]
    assert taken == []


@pytest.mark.parametrize("mode", [mode for mode, _ in MODES])
async def test_help_and_palette_hold_every_action(services: Services, mode: str) -> None:
    """On every screen help and palette list each registered action once, with its keys, and say why one is off."""
    async with running(services) as (app, pilot):
        await pilot.press(str([name for name, _ in MODES].index(mode) + 1))
        await pilot.pause()
        found = actions(app.screen)
        assert sorted(action.entry.id for action in found) == sorted(REGISTRY)
        assert [action.entry.id for action in found if action.node is None and not action.reason] == []
        text = "\n".join("".join(piece.text for piece in line.pieces) for line in help_lines(found, ("", ""), ""))
        missing = [action.entry.id for action in found if action.keys[0] not in text]
        assert missing == []
        unexplained = [action.entry.id for action in found if action.entry.tooltip not in text]
        assert unexplained == []


async def test_the_palette_finds_each_action_by_its_name(services: Services) -> None:
    """Typing an action's name lists it, with its key, whether it can be done now or not."""
    async with running(services) as (app, pilot):
        await pilot.press("ctrl+p")
        await pilot.pause()
        palette = app.screen
        assert isinstance(palette, Palette)
        listed = {entry.name for entry in palette._action_entries(with_plumbing=True)}
        wanted = {"Help" if entry.description == "more" else entry.description for entry in REGISTRY.values()}
        assert wanted - listed == set()


@pytest.mark.parametrize(("size", "most"), [(WIDE, 7), (NARROW, 5), ((60, 18), 5)])
@pytest.mark.parametrize("mode", [mode for mode, _ in MODES])
async def test_the_footer_shows_whole_entries(services: Services, mode: str, size: tuple[int, int], most: int) -> None:
    """The footer has at most seven entries, five at 80 columns, none cut, and the last is `? more`."""
    async with running(services, size=size) as (app, pilot):
        await pilot.press(str([name for name, _ in MODES].index(mode) + 1))
        await pilot.pause()
        footer = app.screen.query_one(FooterLine)
        shown = footer.shown()
        assert len(shown) <= most
        assert shown[-1] == ("?", "more")
        drawn = footer.render_line(0).text
        assert drawn.strip() == "  ".join(f"{key} {word}" for key, word in shown)


async def test_the_footer_holds_only_registered_keys(services: Services) -> None:
    """What the footer shows is bound there and then, the heaviest first."""
    async with running(services) as (app, _):
        entries = footer_entries(app.screen)
        weights = [entry.weight for entry in entries]
        assert weights == sorted(weights, reverse=True)
        names = {entry.description for entry in REGISTRY.values() if entry.weight}
        assert {entry.word for entry in entries} <= names


@pytest.mark.parametrize("words", ["ctrl+s", "?", "D", "esc", "/", "page down", ":", "+", "f5", "="])
def test_key_words_read_back(words: str) -> None:
    """A key as people write it is the key that Textual knows, and back."""
    named = key_name(words) if words != "page down" else "pagedown"
    assert key_words(named) == words


def test_a_clash_of_keys_is_refused_with_both_names() -> None:
    """Two actions of one place that would share a key are named; unknown actions are, too."""
    entries = list(REGISTRY.values())
    told = list(clashes({"connections.test": "n", "nothing.there": "x"}, entries))
    assert [line for line in told if "connections.test" in line and "connections.new" in line] != []
    assert [line for line in told if "nothing.there" in line] != []
    assert list(clashes({"connections.test": "ctrl+t"}, entries)) == []


async def test_keys_from_the_settings_hold(services: Services) -> None:
    """A key from the settings does what it was bound to, and footer and help say so."""
    await asyncio.to_thread(services.settings_file.change, keymap={"connections.new": "ctrl+n"})
    async with running(services) as (app, pilot):
        await app.workers.wait_for_complete()
        await pilot.pause()
        entries = {entry.word: entry.key for entry in footer_entries(app.screen)}
        assert entries["New"] == "ctrl+n"
        found = {action.entry.id: action.keys for action in actions(app.screen)}
        assert found["connections.new"] == ("ctrl+n",)


def test_several_keys_of_an_entry_are_all_told() -> None:
    """The keys of an entry are all shown, in order."""
    assert entry_keys("question_mark,f1") == ["?", "f1"]
    assert keymap({"a": "?,ctrl+x"}) == {"a": "question_mark,ctrl+x"}
