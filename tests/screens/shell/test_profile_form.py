"""The form of a profile: by keyboard only, checked while typing, secrets only in the keyring."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from app_driver import NARROW, WIDE, running, screen_lines, screen_text, until
from fake_keyring import FakeKeyring
from textual.pilot import Pilot
from textual.widgets import Input

from services.bootstrap import Services
from services.connections.profile import Profile
from services.connections.secret_refs import SecretRef, SecretSource
from services.stores.kinds import StoreKind
from services.stores.registry import KINDS, store_kind
from tui.app import StoredeckApp
from tui.modals.profile_checks import field_problem, nodes_problem
from tui.modals.profile_form import ProfileForm, _field_row
from tui.profile_words import profile_lines
from tui.screens.connections import ConnectionsScreen
from tui.session_states import SessionState
from tui.widgets.choice import Choice
from tui.widgets.form_row import FormRow

SECRET = "S3CRET-of-the-form"


def row(app: StoredeckApp, name: str) -> FormRow:
    """One row of the form."""
    return app.screen.query_one(f"#row-{name}", FormRow)


async def go(app: StoredeckApp, pilot: Pilot[None], name: str) -> None:
    """By `enter` to a row."""
    for _ in range(40):
        if app.focused is not None and row(app, name) in app.focused.ancestors:
            return
        await pilot.press("enter")
        await pilot.pause()
    raise AssertionError(f"enter never reaches {name}")


async def open_form(app: StoredeckApp, pilot: Pilot[None], press: str = "n") -> ProfileForm:
    """The form, shown."""
    await pilot.press(press)
    await until(lambda: isinstance(app.screen, ProfileForm) and app.focused is not None, "the form")
    assert isinstance(app.screen, ProfileForm)
    return app.screen


async def saved(app: StoredeckApp, pilot: Pilot[None]) -> None:
    """Save and wait for the list."""
    await pilot.press("ctrl+s")
    await until(lambda: isinstance(app.screen, ConnectionsScreen), "the list")
    await app.workers.wait_for_complete()


def files_with(folder: Path, text: str) -> list[Path]:
    """The files below a folder that hold the text."""
    return [path for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_a_profile_is_made_by_keyboard_only(
    empty_services: Services, storedeck_home: Path, fake_keyring: FakeKeyring, size: tuple[int, int]
) -> None:
    """Name, environment, address, user and a secret: saved, listed, the secret in the keyring and in no file."""
    async with running(empty_services, size=size) as (app, pilot):
        await open_form(app, pilot)
        await pilot.press(*"grid")
        await go(app, pilot, "environment")
        await pilot.press("right", "right")
        await go(app, pilot, "nodes")
        await pilot.press("ctrl+u", *"127.0.0.1:1")
        await go(app, pilot, "username")
        await pilot.press(*"console")
        await go(app, pilot, "password")
        await pilot.press("right", "enter", *SECRET)
        await pilot.pause()
        assert SECRET not in screen_text(app)
        await saved(app, pilot)
        assert app.book.names == ["grid"]
        assert "PROD" in screen_text(app)
    profile = await asyncio.to_thread(empty_services.profiles.get, "grid")
    assert (profile.environment.value, profile.fields["nodes"]) == ("prod", "127.0.0.1:1")
    assert profile.secrets["password"].source is SecretSource.KEYRING
    assert list(fake_keyring.entries.values()) == [SECRET]
    assert files_with(storedeck_home, SECRET) == []


async def test_fields_are_checked_while_typing(empty_services: Services) -> None:
    """A wrong name, port or number is told below its field at once, and saving goes to the first of them."""
    async with running(empty_services) as (app, pilot):
        await open_form(app, pilot)
        await pilot.press(*"a b")
        await pilot.pause()
        assert "✗ Use up to 64 letters" in screen_text(app)
        await go(app, pilot, "nodes")
        await pilot.press("ctrl+u", *"host:99999")
        await pilot.pause()
        assert row(app, "nodes").problem == "99999 is no port; give 1 to 65535"
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert isinstance(app.screen, ProfileForm)
        assert app.focused is row(app, "name").query_one(Input)


async def test_a_taken_name_is_refused_while_typing(services: Services) -> None:
    """The name of another profile cannot be taken."""
    async with running(services) as (app, pilot):
        await open_form(app, pilot)
        await pilot.press(*"stage")
        await pilot.pause()
        assert row(app, "name").problem == "stage is there already"


async def test_editing_keeps_the_secret_and_the_id(services: Services, fake_keyring: FakeKeyring) -> None:
    """A change of other fields writes nothing to the keyring, shows no secret, and a rename keeps all."""
    from services.secrets import Secret

    await asyncio.to_thread(services.profiles.edit, "lab", lambda profile: profile, {"password": Secret(SECRET)})
    before = await asyncio.to_thread(services.profiles.get, "lab")
    writes = fake_keyring.writes
    async with running(services) as (app, pilot):
        await open_form(app, pilot, "e")
        await pilot.press("end", "2")
        await go(app, pilot, "username")
        await pilot.press(*"me")
        await pilot.pause()
        assert SECRET not in screen_text(app)
        await saved(app, pilot)
    after = await asyncio.to_thread(services.profiles.get, "lab2")
    assert (after.id, after.secrets, after.fields["username"]) == (before.id, before.secrets, "me")
    assert fake_keyring.writes == writes


@pytest.mark.parametrize(
    ("steps", "typed", "ref"),
    [(2, "", SecretRef.prompt()), (3, "GRID_PW", SecretRef.env("GRID_PW")), (4, "pass x", SecretRef.command("pass x"))],
)
async def test_a_secret_may_come_from_elsewhere(
    services: Services, steps: int, typed: str, ref: SecretRef, fake_keyring: FakeKeyring
) -> None:
    """Asked each time, from a variable or from a command: only the reference is saved."""
    async with running(services) as (app, pilot):
        await open_form(app, pilot, "e")
        await go(app, pilot, "password")
        await pilot.press(*["right"] * steps)
        if typed:
            await pilot.press("enter", *["space" if char == " " else char for char in typed])
        await saved(app, pilot)
    profile = await asyncio.to_thread(services.profiles.get, "lab")
    assert profile.secrets == {"password": ref}
    assert fake_keyring.entries == {}


async def test_without_a_keyring_it_says_so_where_it_matters(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The keyring as a place is refused with the reason; nothing is saved until another one is chosen."""
    monkeypatch.setattr(type(services.vault), "problem", property(lambda _: "this system offers no usable keyring"))
    async with running(services) as (app, pilot):
        await open_form(app, pilot, "e")
        await go(app, pilot, "password")
        await pilot.press("right")
        await until(lambda: "no usable keyring" in screen_text(app), "the reason")
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert isinstance(app.screen, ProfileForm)


async def test_a_keyring_that_refuses_is_told_in_the_form(services: Services, fake_keyring: FakeKeyring) -> None:
    """A locked keyring: the form stays open with everything typed, and says what to do."""
    fake_keyring.is_locked = True
    async with running(services) as (app, pilot):
        await open_form(app, pilot, "e")
        await go(app, pilot, "password")
        await pilot.press("right", "enter", *SECRET, "ctrl+s")
        await until(lambda: "locked" in screen_text(app), "the reason")
        assert isinstance(app.screen, ProfileForm)


async def test_a_missing_extra_shows_the_command(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the SDK is not installed, the form says which one command installs it."""
    monkeypatch.setattr(StoreKind, "is_installed", property(lambda _: False))
    async with running(services) as (app, pilot):
        await open_form(app, pilot)
        await until(lambda: 'uv tool install "storedeck[ignite]"' in screen_text(app), "the command")


@pytest.mark.parametrize(
    ("nodes", "is_good"),
    [
        ("127.0.0.1:10800", True),
        ("a:1,b:2", True),
        ("a", True),
        ("[::1]:10800", True),
        ("a:0", False),
        ("a:b", False),
        ("a:1,,b:2", False),
        ("a b:1", False),
    ],
)
def test_addresses_are_checked(nodes: str, is_good: bool) -> None:
    """`host:port`, several with commas, the port optional."""
    assert (nodes_problem(nodes) == "") is is_good


def test_numbers_and_choices_are_checked() -> None:
    """A timeout is a number above 0."""
    kind = store_kind("ignite")
    assert field_problem(kind, "timeout_seconds", "30") == ""
    assert field_problem(kind, "timeout_seconds", "soon") != ""
    assert field_problem(kind, "timeout_seconds", "-1") != ""


async def test_every_kind_is_in_sight_at_eighty_columns(empty_services: Services) -> None:
    """The kinds take the lines they need; none is cut, and a click on the second line chooses there."""
    async with running(empty_services, size=NARROW) as (app, pilot):
        await pilot.press("n")
        await until(lambda: all(kind.title in screen_text(app) for kind in KINDS), "all kinds")
        choice = app.screen.query(Choice).first()
        await pilot.click(choice, offset=(2, choice.size.height - 1))
        last = next(kind for kind in KINDS if kind.title in screen_lines(app)[choice.region.bottom - 1])
        assert choice.value == last.kind


def test_every_option_of_a_form_has_a_word() -> None:
    """A choice that may be left empty says so instead of showing a blank."""
    fields = [field for kind in KINDS for field in kind.fields if "" in field.choices]
    assert [_field_row(field, "")._options[field.choices.index("")][1] for field in fields] == ["not set"] * len(fields)
    assert fields


def test_the_names_of_secrets_keep_their_letters() -> None:
    """`AccessKey secret` stays as its vendor writes it; `Password` is a plain word."""
    ref = SecretRef.prompt()
    samples = (("tablestore", "access_key_secret", "AccessKey secret"), ("ignite", "password", "password"))
    for kind, field, words in samples:
        lines = profile_lines(Profile("p", kind, {}, secrets={field: ref}), SessionState(), None)
        assert any(f"{words} " in piece.text for line in lines for piece in line.pieces)
