"""The list of profiles: state, check, actions, first run."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from app_driver import NARROW, WIDE, running, screen_lines, screen_text, services_in, until
from fake_keyring import FakeKeyring

from services.bootstrap import Services
from services.connections.profile import Profile
from services.connections.secret_refs import SecretRef
from services.errors import ConnectFailed, SecretNeeded
from services.secrets import Secret
from services.stores.changes import Insert
from services.stores.registry import EXTRA_KINDS
from services.values import Typed
from tui.modals.confirm import ConfirmModal
from tui.modals.name_prompt import NamePrompt
from tui.modals.secret_prompt import SecretPrompt
from tui.screens.connections import ConnectionsScreen
from tui.widgets.profile_list import ProfileList


@pytest.fixture
def memory_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kind `memory` is known here and in session processes."""
    monkeypatch.setenv(EXTRA_KINDS, "services.stores.memory.kind:MEMORY")


async def test_the_first_run_says_what_to_do(empty_services: Services) -> None:
    """Without a profile: what this is, why it is empty, which key fills it; the demo is named."""
    async with running(empty_services, size=NARROW) as (app, _):
        text = screen_text(app)
    assert "A connection is a named way to one of your stores." in text
    assert "There is none yet." in text
    assert "n New" in text
    assert "storedeck demo" in text


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_profiles_are_listed_with_tag_environment_and_state(services: Services, size: tuple[int, int]) -> None:
    """One line a profile; production is a word, not a colour."""
    async with running(services, size=size) as (app, _):
        lines = [" ".join(line.partition("│")[0].split()) for line in screen_lines(app)[3:6]]
    assert lines == ["▸ IG lab dev ○ never", "IG stage test ○ never", "IG grid-prod PROD ○ never"]


async def test_a_broken_entry_is_listed_with_its_problem(services: Services) -> None:
    """An entry that cannot be used hides nothing else."""
    path = services.paths.profiles
    path.write_text(path.read_text("utf-8") + '\n[[profile]]\nname = "odd"\nkind = "ignite"\n', "utf-8")
    async with running(services) as (app, pilot):
        await pilot.press("end")
        await pilot.pause()
        text = screen_text(app)
    assert "odd" in text
    assert "`id` is missing" in text


async def test_a_broken_file_is_told_with_its_line(services: Services) -> None:
    """A file that is no TOML: the screen says where, and stays alive."""
    services.paths.profiles.write_text("[[profile]\n", "utf-8")
    async with running(services) as (app, _):
        assert "line 1" in screen_text(app)


async def test_a_check_shows_its_steps_and_advice(services: Services) -> None:
    """`t` on a closed port: the steps with their times, the failed one with its hint."""
    async with running(services) as (app, pilot):
        await pilot.press("t")
        await until(lambda: "lab" in app.states.checks and not app.states.checks["lab"].is_running, "the check")
        await pilot.pause()
        text = screen_text(app)
    assert "Last check" in text
    assert "● resolve" in text
    assert "✗ connect" in text
    assert app.states.checks["lab"].steps[-1].hint != ""


async def test_a_failed_open_is_told_and_the_screen_stays(services: Services) -> None:
    """Opening a profile whose server is not there: a toast, a mark in the list, a line in the events."""
    async with running(services) as (app, pilot):
        await pilot.press("enter")
        await until(lambda: app.states.get("lab").word == "failed", "the failure")
        await until(lambda: "✗" in screen_lines(app)[3], "the mark")
        assert app.current_mode == "connections"
        assert any(event.is_error and event.profile == "lab" for event in app.event_log)
        await until(lambda: not any(work.is_running for work in app.workers if work.group == "open"), "its end")


@pytest.mark.usefixtures("memory_kind")
async def test_enter_opens_a_session_and_goes_to_the_browser(storedeck_home: Path) -> None:
    """A profile that connects: its state, its last use, the browser."""
    services = services_in(storedeck_home, Profile(name="people", kind="memory"))
    async with running(services) as (app, pilot):
        await pilot.press("enter")
        await until(lambda: app.current_mode == "browser" and app.focused is not None, "the browser")
        assert app.session("people") is not None
        await pilot.press("1")
        await until(lambda: "● connected" in screen_text(app), "the state")
        assert "people" in await asyncio.to_thread(services.profiles.last_uses)
        await pilot.press("x")
        await until(lambda: app.session("people") is None, "the end of the session")


@pytest.mark.usefixtures("memory_kind")
async def test_the_palette_goes_to_tables_of_open_sessions(storedeck_home: Path) -> None:
    """`#` and a name lists the tables of every open session; choosing one shows its rows."""
    services = services_in(storedeck_home, Profile(name="mem", kind="memory"))
    async with running(services) as (app, pilot):
        await pilot.press("enter")
        await until(lambda: app.current_mode == "browser" and app.focused is not None, "the browser")
        await pilot.press("ctrl+p", "number_sign", *"peop")
        await until(lambda: "#people" in screen_text(app), "the table")
        await pilot.press("enter")
        await until(lambda: "people ── 100 of 100" in screen_text(app), "its rows")


@pytest.mark.usefixtures("memory_kind")
async def test_a_secret_that_is_asked_for_is_asked_by_a_modal(storedeck_home: Path) -> None:
    """The prompt is masked, `esc` opens nothing, the right secret connects."""
    profile = Profile(
        name="people", kind="memory", fields={"expects": "S3CRET"}, secrets={"password": SecretRef.prompt()}
    )
    async with running(services_in(storedeck_home, profile)) as (app, pilot):
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, SecretPrompt), "the prompt")
        await pilot.press("escape")
        await until(lambda: not isinstance(app.screen, SecretPrompt), "the end of the prompt")
        assert app.session("people") is None
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, SecretPrompt), "the prompt")
        await pilot.press(*"N0TSHOWN")
        await until(lambda: "••••••••" in screen_text(app), "the mask")
        assert "N0TSHOWN" not in screen_text(app)
        await pilot.press("ctrl+u", *"S3CRET", "enter")
        await until(lambda: app.current_mode == "browser", "the browser")


async def test_a_missing_keyring_is_said_once(
    services: Services, fake_keyring: FakeKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The notice comes with the first secret that is asked for, and then not again."""
    monkeypatch.setattr(type(services.vault), "problem", property(lambda _: "this system offers no usable keyring"))
    told: list[str] = []
    async with running(services) as (app, pilot):
        monkeypatch.setattr(app, "notify", lambda text, **_: told.append(text))
        for _ in range(2):
            asking = app.run_worker(app.ask_secret("lab", SecretNeeded("password", "password of lab: asked")))
            await until(lambda: isinstance(app.screen, SecretPrompt), "the prompt")
            await pilot.press("x", "enter")
            assert await asking.wait() == Secret("x")
    assert len([text for text in told if "no usable keyring" in text]) == 1


async def test_copy_and_rename(services: Services) -> None:
    """`y` and `N` ask for a name that can be; the list follows and stands on it."""
    async with running(services) as (app, pilot):
        await pilot.press("y")
        await until(lambda: isinstance(app.screen, NamePrompt), "the prompt")
        await pilot.press("enter")
        await until(lambda: "lab-copy" in app.book.names, "the copy")
        await until(lambda: isinstance(app.screen, ConnectionsScreen), "the list")
        await pilot.pause()
        current = app.screen.query_one(ProfileList).current
        assert current is not None
        assert current.name == "lab-copy"
        await pilot.press("N")
        await until(lambda: isinstance(app.screen, NamePrompt), "the prompt")
        await pilot.press("ctrl+u", *"lab", "enter")
        await pilot.pause()
        assert isinstance(app.screen, NamePrompt)
        assert "lab is there already" in screen_text(app)
        await pilot.press("2", "enter")
        await until(lambda: "lab2" in app.book.names, "the new name")
        assert "lab-copy" not in app.book.names


async def test_removing_weighs_with_the_environment(services: Services) -> None:
    """A dev profile goes with `y`; a prod profile only when its name is typed; enter too early keeps it."""
    async with running(services) as (app, pilot):
        await pilot.press("D")
        await until(lambda: isinstance(app.screen, ConfirmModal), "the question")
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, ConnectionsScreen), "the list")
        assert "lab" in app.book.names
        await pilot.press("D")
        await until(lambda: isinstance(app.screen, ConfirmModal), "the question")
        await pilot.press("y")
        await until(lambda: "lab" not in app.book.names, "the removal")
        await pilot.press("end", "D")
        await until(lambda: isinstance(app.screen, ConfirmModal), "the question")
        await pilot.press(*"grid", "enter")
        await until(lambda: isinstance(app.screen, ConnectionsScreen), "the list")
        assert "grid-prod" in app.book.names
        await pilot.press("D")
        await until(lambda: isinstance(app.screen, ConfirmModal), "the question")
        await pilot.press(*"grid-prod", "enter")
        await until(lambda: "grid-prod" not in app.book.names, "the removal")


async def test_at_80_columns_the_detail_is_a_page(services: Services) -> None:
    """`space` turns to the detail, `esc` back; both are whole."""
    async with running(services, size=NARROW) as (app, pilot):
        assert "Apache Ignite" not in screen_text(app)
        await pilot.press("space")
        await pilot.pause()
        assert "Apache Ignite" in screen_text(app)
        assert "IG  lab" not in screen_text(app)
        await pilot.press("escape")
        await pilot.pause()
        assert "IG  lab" in screen_text(app)


async def test_a_thousand_profiles_scroll(storedeck_home: Path) -> None:
    """Only the lines on screen are drawn; the cursor reaches the last profile and stays in view."""
    services = services_in(storedeck_home)
    entries = "".join(
        f'[[profile]]\nname = "p{place:04d}"\nkind = "ignite"\nid = "{place:032x}"\nnodes = "127.0.0.1:1"\n'
        for place in range(1000)
    )
    services.paths.profiles.write_text(entries, "utf-8")
    async with running(services, size=NARROW) as (app, pilot):
        await pilot.press("end")
        await pilot.pause()
        assert "▸ IG  p0999" in screen_text(app)
        await pilot.press("pageup", "k")
        await pilot.pause()
        current = app.screen.query_one(ProfileList).current
        assert current is not None
        assert f"▸ IG  {current.name}" in screen_text(app)


async def test_leaving_with_staged_edits_names_their_number(services: Services) -> None:
    """`ctrl+q` asks with the count over all stores; staying stays, leaving leaves."""
    for profile, count in (("lab", 7), ("stage", 5)):
        rows = [{"id": Typed("INT", row)} for row in range(count)]
        services.journal.stage(profile, [Insert(("t",), row, row) for row in rows])
    async with running(services) as (app, pilot):
        await until(lambda: app.staged_count == 12, "the count")
        assert "12 staged" in screen_lines(app)[0]
        await pilot.press("ctrl+q")
        await until(lambda: isinstance(app.screen, ConfirmModal), "the question")
        assert "12 staged changes in 2 stores" in screen_text(app)
        await pilot.press("n")
        await until(lambda: not isinstance(app.screen, ConfirmModal), "staying")
        assert app.is_running
        await pilot.press("ctrl+q")
        await until(lambda: isinstance(app.screen, ConfirmModal), "the question")
        await pilot.press("y")
        await until(lambda: app._exit, "the end")


async def test_an_error_is_told_with_its_advice(services: Services) -> None:
    """A report is a toast with the advice and a line in the events with the request id."""
    async with running(services) as (app, _):
        error = ConnectFailed("lab: no answer", hint="Is the server running?", request_id="r-1")
        app.report(error, "open lab")
        await until(lambda: len(app.event_log) == 1, "the event")
        await until(lambda: "Is the server running?" in screen_text(app), "the toast")
        event = app.event_log[0]
    assert (event.is_error, event.request_id, event.hint) == (True, "r-1", "Is the server running?")


async def test_copying_never_quits(services: Services) -> None:
    """`ctrl+c` with nothing selected says how to leave."""
    async with running(services) as (app, pilot):
        await pilot.press("ctrl+c")
        await until(lambda: "ctrl+q leaves" in screen_text(app), "the hint")
        assert app.is_running
