"""What all answers have in common: versions, request ids, links, error bodies, other projects."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from certificates import Authority
from keystoneauth1 import exceptions
from trove_sandbox import TroveClient, password_of, signed_in

from services.sandbox.trove.server import TroveSandbox

Connect = Callable[..., TroveClient]
NOBODY = "00000000-0000-0000-0000-000000000000"


def test_versions_and_health_are_told_to_anybody(trove_sandbox: TroveSandbox) -> None:
    """The root lists one version, which is current."""
    versions = requests.get(trove_sandbox.url, timeout=5).json()["versions"]
    assert [("v1.0", "CURRENT")] == [(one["id"], one["status"]) for one in versions]
    assert "OK" == requests.get(f"{trove_sandbox.url}/healthcheck", timeout=5).text


def test_all_can_be_spoken_over_tls(fresh_trove: Callable[..., TroveSandbox], tmp_path: Path) -> None:
    """The catalog leads to https, which a client believes by the authority's file only."""
    authority = Authority(tmp_path)
    sandbox = fresh_trove(samples=False, tls=authority.context(authority.server()))
    with signed_in(password_of(sandbox), verify=str(authority.file)) as client:
        assert 3 == len(client.get("/datastores")["datastores"])
    with signed_in(password_of(sandbox)) as client, pytest.raises(exceptions.SSLError):
        client.get("/datastores")


def test_a_call_without_a_token_in_force_is_told_where_to_get_one(trove_sandbox: TroveSandbox) -> None:
    """401 in keystone's form, with the address of keystone."""
    project = trove_sandbox.directory.project("demo").id
    for headers in ({}, {"X-Auth-Token": "made-up"}):
        answer = requests.get(f"{trove_sandbox.url}/v1.0/{project}/instances", headers=headers, timeout=5)
        assert (401, "Unauthorized") == (answer.status_code, answer.json()["error"]["title"])
        assert f'Keystone uri="{trove_sandbox.url}/identity"' == answer.headers["WWW-Authenticate"]


def test_another_project_in_the_path_gets_html(trove_sandbox: TroveSandbox, client: TroveClient) -> None:
    """403, before the API sees the request."""
    other = trove_sandbox.directory.project("other").id
    answer = client.call("GET", f"{trove_sandbox.url}/v1.0/{other}/instances")
    assert (403, "text/html; charset=UTF-8") == (answer.status_code, answer.headers["Content-Type"])


def test_malformed_json_gets_html(client: TroveClient) -> None:
    """400, and no JSON to read."""
    answer = client.call("POST", "/instances", data="{", headers={"Content-Type": "application/json"})
    assert (400, True) == (answer.status_code, answer.text.startswith("<html>"))


def test_every_answer_has_a_request_id_of_its_own(client: TroveClient) -> None:
    """Good ones and bad ones."""
    answers = [client.call("GET", path) for path in ("/instances", "/flavors", f"/instances/{NOBODY}")]
    assert 3 == len({answer.headers["X-Openstack-Request-Id"] for answer in answers})


def test_links_are_https_whatever_is_spoken(client: TroveClient) -> None:
    """Of rows and of pages."""
    body = client.get("/instances")
    links = [link["href"] for row in body["instances"] for link in row["links"]] + [body["links"][0]["href"]]
    assert all(href.startswith("https://127.0.0.1:") for href in links)


def test_another_projects_instance_is_not_found(trove_sandbox: TroveSandbox, connect: Connect) -> None:
    """Neither listed nor shown nor deleted; an administrator sees it."""
    theirs = connect(trove_sandbox, "other").id_of("their-db")
    mine = connect(trove_sandbox)
    assert [404, 404] == [mine.status(method, f"/instances/{theirs}") for method in ("GET", "DELETE")]
    assert 200 == connect(trove_sandbox, "admin").status("GET", f"/instances/{theirs}")


@pytest.mark.parametrize("limit", ["0", "-1", "many"])
@pytest.mark.parametrize("path", ["/instances", "/configurations"])
def test_a_limit_that_is_none_breaks_the_service(client: TroveClient, path: str, limit: str) -> None:
    """500 with an id to tell the operators, as the real one does."""
    status, words = client.refusal("GET", f"{path}?limit={limit}")
    assert (500, True) == (status, "Please keep this ID" in words)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/instances", None),
        ("POST", f"/instances/{NOBODY}/action", {}),
        ("PUT", f"/instances/{NOBODY}", None),
        ("POST", "/instances", {"other": {}}),
        ("POST", "/configurations", {}),
    ],
)
def test_empty_bodies_break_the_service(client: TroveClient, method: str, path: str, body: object) -> None:
    """500, not 400."""
    assert 500 == client.refusal(method, path, body)[0]


def test_unknown_routes_and_gone_ones_are_not_found(client: TroveClient) -> None:
    """Old clients still ask for some of them."""
    paths = ("/volume-types", "/volume_types", f"/instances/{NOBODY}/metadata", "/nothing/at/all")
    assert [404] * 4 == [client.status("GET", path) for path in paths]


@pytest.mark.parametrize(
    "path", ["/mgmt/instances", f"/mgmt/instances/{NOBODY}", "/mgmt/datastore-versions", "/mgmt/clusters"]
)
def test_administrators_calls_answer_members_by_401(client: TroveClient, path: str) -> None:
    """Not 403; the session of a client signs in once more and then gives up."""
    assert (401, "User does not have admin privileges.") == client.refusal("GET", path)


def test_rules_of_the_policy_answer_members_by_403(client: TroveClient) -> None:
    """Resetting a status, and the backups of all projects."""
    made = client.id_of("payroll-db")
    assert 403 == client.refusal("POST", f"/instances/{made}/action", {"reset_status": {}})[0]
    assert 403 == client.refusal("GET", "/backups?all_projects=True")[0]


def test_a_reader_may_create(own: TroveSandbox, connect: Connect) -> None:
    """The default policy asks for the project alone."""
    made = connect(own, "auditor").create("by a reader")
    assert "BUILD" == connect(own).show(made)["status"]
