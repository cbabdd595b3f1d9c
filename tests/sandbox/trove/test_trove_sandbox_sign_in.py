"""Signing in: version 3 with its three methods, version 2, API key, redirects, tokens that end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests
from keystoneauth1 import exceptions
from keystoneauth1.identity import v2, v3
from keystoneauth1.session import Session
from trove_sandbox import TroveClient, password_of, signed_in

from services.sandbox.trove.server import TroveSandbox

DOMAINS = {"user_domain_name": "Default", "project_domain_name": "Default"}


class ApiKey(v2.Auth):
    """How hosted clouds sign in: an API key, sent to a URL that ends in `tokens`."""

    def __init__(self, auth_url: str, username: str, api_key: str, project: str) -> None:
        super().__init__(auth_url, trust_id=None, tenant_id=None, tenant_name=None)
        self._given = {"username": username, "apiKey": api_key, "tenantName": project}

    def get_auth_data(self, headers: Any = None) -> dict[str, Any]:
        return {"RAX-KSKEY:apiKeyCredentials": self._given}


def can_list(client: TroveClient) -> bool:
    """Whether the databases' service is found in the catalog and answers."""
    return len(client.get("/datastores")["datastores"]) == 3


@pytest.mark.parametrize("suffix", ["/v3", ""])
def test_a_password_signs_in_with_and_without_the_version(trove_sandbox: TroveSandbox, suffix: str) -> None:
    """The bare address tells the versions by 300 and leads to the same."""
    url = trove_sandbox.auth_url.removesuffix("/v3") + suffix
    with signed_in(password_of(trove_sandbox, auth_url=url)) as client:
        assert can_list(client)


def test_an_application_credential_needs_no_project(trove_sandbox: TroveSandbox) -> None:
    """Its project is its own; asking for another scope is refused."""
    credential = trove_sandbox.directory.credentials[0]
    words = {"application_credential_id": credential.id, "application_credential_secret": credential.secret}
    with signed_in(v3.ApplicationCredential(trove_sandbox.auth_url, **words)) as client:
        assert can_list(client)
    wrong = v3.ApplicationCredential(trove_sandbox.auth_url, **{**words, "application_credential_secret": "x"})
    with signed_in(wrong) as client, pytest.raises(exceptions.Unauthorized):
        client.get("/datastores")


def test_a_token_without_a_project_is_rescoped(trove_sandbox: TroveSandbox) -> None:
    """An unscoped token has no catalog; the one it is exchanged for has, and ends at the same time."""
    unscoped = password_of(trove_sandbox, project_name=None, project_domain_name=None)
    with requests.Session() as http:
        first = unscoped.get_access(Session(session=http))
    assert (False, False) == (first.has_service_catalog(), first.project_scoped)
    words = {"project_name": "demo", "project_domain_name": "Default"}
    plugin = v3.Token(trove_sandbox.auth_url, first.auth_token, **words)
    with signed_in(plugin) as client:
        assert can_list(client)
    assert first.expires == plugin.auth_ref.expires


@pytest.mark.parametrize("changed", [{"password": "no"}, {"username": "nobody"}, {"project_name": "other"}])
def test_who_is_not_believed_gets_401(trove_sandbox: TroveSandbox, changed: dict[str, str]) -> None:
    """A wrong password, an unknown user and a project without a role are answered alike."""
    with signed_in(password_of(trove_sandbox, **changed)) as client, pytest.raises(exceptions.Unauthorized) as caught:
        client.get("/datastores")
    assert "requires authentication" in str(caught.value)


def test_version_2_signs_in_by_password(trove_sandbox: TroveSandbox) -> None:
    """Its catalog has one URL an interface; a wrong password gets 401."""
    password = trove_sandbox.directory.user("demo").password
    with signed_in(v2.Password(trove_sandbox.auth_url_v2, "demo", password, tenant_name="demo")) as client:
        assert can_list(client)
    wrong = v2.Password(trove_sandbox.auth_url_v2, "demo", "no", tenant_name="demo")
    with signed_in(wrong) as client, pytest.raises(exceptions.Unauthorized):
        client.get("/datastores")


def test_an_api_key_signs_in_to_another_type_of_service(trove_sandbox: TroveSandbox) -> None:
    """The databases are `rax:database` there, and there is no `database`."""
    key = trove_sandbox.directory.user("demo").api_key
    plugin = ApiKey(trove_sandbox.auth_url_v2, "demo", key, "demo")
    with signed_in(plugin, "rax:database") as client:
        assert can_list(client)
    with signed_in(plugin) as client, pytest.raises(exceptions.EndpointNotFound):
        client.get("/datastores")


@pytest.mark.parametrize("version", ["v3", "v2.0"])
def test_what_has_moved_names_its_new_place(trove_sandbox: TroveSandbox, version: str) -> None:
    """305 with the address to ask instead, which keystoneauth1 does."""
    moved = f"{trove_sandbox.url}/identity/moved/{version}"
    answer = requests.post(f"{moved}/tokens", json={}, timeout=5, allow_redirects=False)
    assert (305, f"{trove_sandbox.url}/identity/{version}/tokens") == (answer.status_code, answer.headers["Location"])
    password = trove_sandbox.directory.user("demo").password
    plugin: Any = v2.Password(moved, "demo", password, tenant_name="demo")
    if version == "v3":
        plugin = password_of(trove_sandbox, auth_url=moved)
    with signed_in(plugin) as client:
        assert can_list(client)


def test_each_region_has_all_services(fresh_trove: Callable[..., TroveSandbox]) -> None:
    """Two regions give two endpoints of the same kind to choose from."""
    sandbox = fresh_trove(samples=False, regions=("North", "South"))
    plugin = password_of(sandbox)
    with requests.Session() as http:
        catalog = plugin.get_access(Session(session=http)).service_catalog
    found = catalog.get_endpoints(service_type="database", interface="public")["database"]
    assert ["North", "South"] == [endpoint["region"] for endpoint in found]


def test_a_session_signs_in_again_when_its_token_has_ended(own: TroveSandbox) -> None:
    """The end of all tokens costs one more sign-in and no error."""
    plugin = password_of(own)
    with signed_in(plugin) as client:
        assert can_list(client)
        before = plugin.auth_ref.auth_token
        own.expire_tokens()
        assert can_list(client)
    assert before != plugin.auth_ref.auth_token


def test_a_token_can_be_looked_at_and_ended(trove_sandbox: TroveSandbox) -> None:
    """By who has one: GET tells what it is, DELETE ends it, after which it is nobody's."""
    with requests.Session() as http:
        token = password_of(trove_sandbox).get_access(Session(session=http)).auth_token
    url = f"{trove_sandbox.auth_url}/auth/tokens"
    headers = {"X-Auth-Token": token, "X-Subject-Token": token}
    known = requests.get(url, headers=headers, timeout=5).json()["token"]
    assert ("demo", ["password"], "member") == (known["user"]["name"], known["methods"], known["roles"][0]["name"])
    projects = requests.get(f"{trove_sandbox.auth_url}/auth/projects", headers=headers, timeout=5).json()["projects"]
    assert ["demo"] == [project["name"] for project in projects]
    assert [204, 401] == [requests.delete(url, headers=headers, timeout=5).status_code for _ in range(2)]


@pytest.mark.parametrize("body", ["", "[]", "{", '{"auth": {"identity": {"methods": ["totp"]}}}'])
def test_a_body_that_makes_no_sense_gets_400(trove_sandbox: TroveSandbox, body: str) -> None:
    """In keystone's form of an error."""
    for url in (f"{trove_sandbox.auth_url}/auth/tokens", f"{trove_sandbox.auth_url_v2}/tokens"):
        answer = requests.post(url, data=body, timeout=5)
        assert (400, 400) == (answer.status_code, answer.json()["error"]["code"])
