"""Stores of Trove under test: how to open one, and how to act with it and wait for the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from services.instances.pacing import Pacing
from services.instances.waiting import wait_for
from services.secrets import Secret
from services.stores.instances import ActionResult, Instance
from services.stores.trove.store import TroveStore

DEADLINE_SECONDS = 40.0
POLL_SECONDS = 0.05

SMALL = {"flavor": "1", "size": 1, "datastore": "mysql", "datastore_version": "8.0.36"}
"""A small MySQL, which the sandbox and the real servers of the tests both have."""


@dataclass(frozen=True)
class TroveAccess:
    """A cloud, whether in a sandbox or real.

    Attributes:
        fields: of the profile of a user: `demo` is a member, `admin` an administrator of the same project.
        password: of a user.
    """

    fields: Callable[[str], dict[str, str]]
    password: Callable[[str], str]

    @contextmanager
    def opened(self, user: str = "demo", **changed: str) -> Iterator[TroveStore]:
        """A connected store."""
        store = TroveStore({**self.fields(user), **changed}, {"password": Secret(self.password(user))})
        try:
            store.connect()
            yield store
        finally:
            store.close()


def pacing(seconds: float = DEADLINE_SECONDS) -> Pacing:
    """Soon and often: what is waited for takes a second or two here."""
    return Pacing(seconds, first_seconds=POLL_SECONDS, longest_seconds=4 * POLL_SECONDS)


def done(store: TroveStore, action: str, identifier: str = "", **arguments: Any) -> ActionResult:
    """Act, and wait until it has come about."""
    result = store.act(action, identifier, arguments)
    wait_for(store, result, pacing())
    return result


def made(store: TroveStore, name: str, **more: Any) -> Instance:
    """A small instance, or what is said, once it is ready."""
    result = done(store, "create", "", **{**SMALL, "name": name, **more})
    return store.show_instance(result.instance_id).instance


def rows(store: TroveStore, view: str, identifier: str = "") -> list[dict[str, Any]]:
    """The rows of a listing."""
    found: list[dict[str, Any]] = store.listing(view, identifier).batch.to_pylist()
    return found


def names(store: TroveStore, view: str, identifier: str = "") -> list[str]:
    """The names in a listing, sorted."""
    return sorted(row["name"] for row in rows(store, view, identifier))


def reason(store: TroveStore, action: str, identifier: str) -> str:
    """Why an action is not possible now."""
    return next(one.reason for one in store.actions(identifier) if one.name == action)
