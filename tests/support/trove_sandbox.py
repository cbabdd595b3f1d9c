"""Trove sandboxes for tests. Import the fixtures into a conftest: `from trove_sandbox import *`.

| fixture | scope | gives |
| --- | --- | --- |
| `trove_sandbox` | session | a cloud with the sample instances whose time stands still; leave it as it is |
| `fresh_trove` | function | a factory with the arguments of `TroveSandbox`, closed after the test; time stands still |
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
import requests
from keystoneauth1.adapter import Adapter
from keystoneauth1.identity import v3
from keystoneauth1.session import Session

from services.sandbox.trove.server import TroveSandbox

__all__ = ["fresh_trove", "trove_sandbox"]

Json = dict[str, Any]
TIMEOUT_SECONDS = 20


@pytest.fixture(scope="session")
def trove_sandbox() -> Iterator[TroveSandbox]:
    """A cloud with the sample instances, shared by all tests that only read it."""
    with TroveSandbox(speed=0) as sandbox:
        yield sandbox


@pytest.fixture
def fresh_trove() -> Iterator[Callable[..., TroveSandbox]]:
    """Makes clouds of one's own; they take the arguments of `TroveSandbox`, and time stands still without `speed`."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(TroveSandbox(**{"speed": 0.0, **options}))


class TroveClient:
    """The service through keystoneauth1, with answers as they came."""

    def __init__(self, adapter: Adapter) -> None:
        self._adapter = adapter

    def call(self, method: str, path: str, body: object = None, **options: Any) -> requests.Response:
        """Any request below the project; its answer, whatever the status."""
        if body is not None:
            options["json"] = body
        answer: requests.Response = self._adapter.request(path, method, **options)
        return answer

    def get(self, path: str) -> Any:
        """The body of what must be there."""
        answer = self.call("GET", path)
        assert (200, path) == (answer.status_code, path)
        return answer.json()

    def status(self, method: str, path: str, body: object = None) -> int:
        """Only the status."""
        return self.call(method, path, body).status_code

    def refusal(self, method: str, path: str, body: object = None) -> tuple[int, str]:
        """Status and words of a refusal, which has one name with the same code in it and a request id."""
        answer = self.call(method, path, body)
        ((_, fault),) = answer.json().items()
        assert fault["code"] == answer.status_code
        assert answer.headers["X-Openstack-Request-Id"].startswith("req-")
        return answer.status_code, fault["message"]

    def pages(self, path: str, name: str) -> list[list[Json]]:
        """All pages by the marker of the next link."""
        (path, mark, query), found = path.partition("?"), []
        while True:
            body = self.get(path + mark + query)
            found.append(body[name])
            if "links" not in body:
                return found
            _, mark, query = body["links"][0]["href"].partition("?")

    def create(self, name: str = "made", **more: object) -> str:
        """A small instance, or what is said; its id."""
        wanted = {"name": name, "flavorRef": "1", "volume": {"size": 1}, **more}
        answer = self.call("POST", "/instances", {"instance": wanted})
        assert (200, "") == (answer.status_code, "" if answer.ok else answer.text)
        made: str = answer.json()["instance"]["id"]
        return made

    def show(self, instance: str) -> Json:
        shown: Json = self.get(f"/instances/{instance}")["instance"]
        return shown

    def state(self, instance: str) -> tuple[str, str]:
        """Status and operating status."""
        shown = self.show(instance)
        return shown["status"], shown["operating_status"]

    def id_of(self, name: str) -> str:
        """The id of a sample instance."""
        rows = [row for page in self.pages("/instances", "instances") for row in page]
        return next(str(row["id"]) for row in rows if row["name"] == name)


@contextmanager
def signed_in(plugin: Any, service_type: str = "database", *, verify: bool | str = True) -> Iterator[TroveClient]:
    """A client that signs in by a plugin of keystoneauth1; `verify` may be the file of an authority."""
    with requests.Session() as http:
        http.trust_env = False
        session = Session(auth=plugin, session=http, timeout=TIMEOUT_SECONDS, verify=verify)
        yield TroveClient(Adapter(session, service_type=service_type, interface="public", raise_exc=False))


def password_of(sandbox: TroveSandbox, user: str = "demo", **changed: object) -> v3.Password:
    """The plugin that signs a user in by version 3."""
    fields = sandbox.profile_of(user, "other" if user == "other" else "demo")
    words = {name: fields[name] for name in ("auth_url", "username", "project_name")}
    domains = {"user_domain_name": "Default", "project_domain_name": "Default"}
    return v3.Password(**{**words, **domains, "password": fields["secrets"]["password"], **changed})
