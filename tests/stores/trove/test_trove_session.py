"""Trove in a session's process: the console's calls, one after the other, over the pipe."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from trove_sandbox_access import access_to
from trove_stores import SMALL

from services.connections.profile import Profile
from services.connections.proxy import Session
from services.connections.secret_refs import SecretRef
from services.connections.sessions import Sessions
from services.errors import NotFound, ReadOnlyRefused, Refused
from services.events import EventBus
from services.instances.pacing import Pacing
from services.instances.waiting import Waited, await_result
from services.paths import Paths
from services.sandbox.trove.server import TroveSandbox
from services.secrets import Secret
from services.stores.features import Feature


class Profiles(dict[str, Profile]):
    """Profiles by name."""

    def get(self, name: str) -> Profile:  # type: ignore[override]
        return self[name]


@pytest.fixture
def sandbox(fresh_trove: Callable[..., TroveSandbox]) -> TroveSandbox:
    """A cloud whose states change fast."""
    return fresh_trove(speed=20.0)


@pytest_asyncio.fixture
async def sessions(sandbox: TroveSandbox, tmp_path: Path) -> AsyncIterator[Sessions]:
    """Sessions of two profiles, one of them read-only; all closed in the end."""
    fields = access_to(sandbox).fields("demo")
    asked = {"password": SecretRef.prompt()}
    profiles = Profiles(
        tr=Profile("tr", "trove", fields, asked), ro=Profile("ro", "trove", fields, asked, is_read_only=True)
    )
    paths = Paths(tmp_path / "config", tmp_path / "state", tmp_path / "cache")
    paths.state.mkdir()
    opened = Sessions(profiles, EventBus(), paths=paths)
    yield opened
    await opened.close_all()


@pytest_asyncio.fixture
async def session(sessions: Sessions, sandbox: TroveSandbox) -> Session:
    """A session of the first."""
    return await sessions.open("tr", {"password": Secret(access_to(sandbox).password("demo"))})


async def test_the_list_comes_in_pages(session: Session) -> None:
    """Two pages with all thirty."""
    assert Feature.MANAGES_INSTANCES in session.features
    pages = [page async for page in session.instances.list()]
    assert [20, 10] == [len(page) for page in pages]


async def test_an_instance_from_form_to_end(session: Session) -> None:
    """The form, the plan, the creation with its password, the wait, a listing, the deletion."""
    fields = {field.name: field for field in await session.instances.fields("create", "", {"datastore": "mysql"})}
    assert fields["flavor"].choices
    arguments = {**SMALL, "name": "made", "users": ["ann"], "password": Secret("Given-0ne")}
    plan = await session.instances.plan("create", "", arguments)
    assert "Given-0ne" not in plan.call
    result = await session.instances.act("create", "", arguments)
    assert ("ACTIVE", ()) == (result.wait_for, result.secrets)
    told: list[Waited] = []
    waited = await await_result(session.instances, result, Pacing(20, first_seconds=0.05), told.append)
    assert waited.is_reached
    assert (await session.instances.show("made")).instance.is_ready
    listing = await session.instances.open_listing("users", result.instance_id)
    assert 1 == (await listing.load_more(10)).loaded
    reset = await session.instances.act("enable-root", "made", {})
    assert reset.secrets[0][1].reveal()
    deleted = await session.instances.act("delete", "made", {})
    await await_result(session.instances, deleted, Pacing(20, first_seconds=0.05))
    with pytest.raises(NotFound):
        await session.instances.show("made")


async def test_errors_come_over_with_their_request_id(session: Session) -> None:
    """What the service refuses is the same error on this side."""
    with pytest.raises(Refused) as told:
        await session.instances.act("create", "", {**SMALL, "name": "x", "size": 99_999})
    assert told.value.request_id


async def test_a_read_only_profile_sends_nothing(sessions: Sessions, sandbox: TroveSandbox) -> None:
    """Reads go through; every action is refused before a request."""
    session = await sessions.open("ro", {"password": Secret(access_to(sandbox).password("demo"))})
    assert (await session.instances.show("orders-db")).connections
    with pytest.raises(ReadOnlyRefused):
        await session.instances.act("restart", "orders-db", {})
