"""Databases, users, grants, root and logs of an instance."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from trove_sandbox import TroveClient, password_of, signed_in

from services.sandbox.trove.server import TroveSandbox


def databases(client: TroveClient, instance: str) -> list[str]:
    """The names on all pages."""
    pages = client.pages(f"/instances/{instance}/databases", "databases")
    return [row["name"] for page in pages for row in page]


def test_databases_come_and_go_after_the_answer(own: TroveSandbox, writer: TroveClient, ready: str) -> None:
    """202 says that they were asked for; a dropped one takes its grants with it."""
    path = f"/instances/{ready}/databases"
    assert 202 == writer.status("POST", path, {"databases": [{"name": "extra", "collate": "utf8_bin"}]})
    assert ["orders", "stock"] == databases(writer, ready)
    own.advance(1)
    assert ["extra", "orders", "stock"] == databases(writer, ready)
    assert 202 == writer.status("DELETE", f"{path}/orders")
    own.advance(1)
    assert ["extra", "stock"] == databases(writer, ready)
    assert [] == writer.get(f"/instances/{ready}/users/app/databases")["databases"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"databases": []}, 202),
        ({"databases": [{"name": "orders"}]}, 400),
        ({"databases": [{"name": "information_schema"}]}, 400),
        ({"databases": [{"name": "bad", "character_set": "klingon"}]}, 202),
        ({"databases": [{}]}, 400),
        ({"other": []}, 500),
    ],
)
def test_what_databases_may_be_asked_for(
    own: TroveSandbox, writer: TroveClient, ready: str, body: object, status: int
) -> None:
    """None of these makes one."""
    assert status == writer.status("POST", f"/instances/{ready}/databases", body)
    own.advance(1)
    assert ["orders", "stock"] == databases(writer, ready)


def test_one_database_cannot_be_shown_nor_a_missing_one_dropped(writer: TroveClient, ready: str) -> None:
    """501 and 404."""
    path = f"/instances/{ready}/databases"
    assert 501 == writer.refusal("GET", f"{path}/orders")[0]
    assert 404 == writer.refusal("DELETE", f"{path}/absent")[0]


def test_databases_page_by_name_and_users_by_name_and_host(own: TroveSandbox, writer: TroveClient) -> None:
    """The marker of users is escaped twice: taken from the link as it stands it leads to the next page."""
    names = [f"db{number:02}" for number in range(45)]
    users = [{"name": f"user{number:02}", "password": "p", "host": "10.%"} for number in range(21)]
    made = writer.create("many", databases=[{"name": name} for name in names], users=users)
    own.settle()
    assert [20, 20, 5] == [len(page) for page in writer.pages(f"/instances/{made}/databases", "databases")]
    assert names == databases(writer, made)
    link = writer.get(f"/instances/{made}/users")["links"][0]["href"]
    assert link.endswith("marker=user19%254010.%2525")


def test_a_user_lives(own: TroveSandbox, writer: TroveClient, ready: str) -> None:
    """Created, shown by name and host with the dots escaped, granted, revoked, renamed, dropped."""
    path = f"/instances/{ready}/users"
    user = {"name": "report.er", "password": "p", "host": "10.0.0.%", "databases": [{"name": "orders"}]}
    assert 202 == writer.status("POST", path, {"users": [user]})
    own.advance(1)
    one = f"{path}/{quote('report.er@10.0.0.%').replace('.', '%2e')}"
    shown = {"name": "report.er", "host": "10.0.0.%", "databases": [{"name": "orders"}]}
    assert {"user": shown} == writer.get(one)
    assert 202 == writer.status("PUT", f"{one}/databases", {"databases": [{"name": "stock"}, {"name": "missing"}]})
    granted = writer.get(f"{one}/databases")["databases"]
    assert ["orders", "stock", "missing"] == [database["name"] for database in granted]
    assert [202, 404] == [writer.status("DELETE", f"{one}/databases/orders") for _ in range(2)]
    assert 202 == writer.status("PUT", one, {"user": {"name": "reader", "host": "%", "password": "q"}})
    assert 202 == writer.status("PUT", path, {"users": [{"name": "reader", "password": "r"}]})
    assert 404 == writer.status("GET", one)
    assert 202 == writer.status("DELETE", f"{path}/reader")
    own.advance(1)
    assert ["app"] == [row["name"] for row in writer.get(path)["users"]]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "", {"users": [{"name": "u"}]}, 400),
        ("POST", "", {"users": [{"name": "app", "password": "p"}]}, 400),
        ("POST", "", {"users": [{"name": "os_admin", "password": "p"}]}, 400),
        ("POST", "", {"users": [{"name": "u", "password": "p", "host": "no host"}]}, 400),
        ("GET", "/absent", None, 404),
        ("GET", "/app@10.0.0.1", None, 404),
        ("GET", "/root", None, 400),
        ("DELETE", "/absent", None, 404),
        ("PUT", "/absent", {"user": {"name": "x"}}, 404),
        ("PUT", "", {"users": [{"name": "absent", "password": "p"}]}, 404),
        ("PUT", "/absent/databases", {"databases": []}, 404),
    ],
)
def test_users_that_cannot_be_are_refused(
    writer: TroveClient, ready: str, method: str, path: str, body: object, status: int
) -> None:
    """Without a password, there already, reserved, missing."""
    assert status == writer.refusal(method, f"/instances/{ready}/users{path}", body)[0]


def test_root_is_told_its_password_once(own: TroveSandbox, writer: TroveClient, admin: TroveClient, ready: str) -> None:
    """Made up, or the one that was given; disabling works when it is enabled only."""
    path = f"/instances/{ready}/root"
    assert {"rootEnabled": False} == writer.get(path)
    assert 404 == writer.status("DELETE", path)
    first = writer.call("POST", path).json()["user"]
    assert ("root", True) == (first["name"], len(first["password"]) > 12)
    assert "mine" == writer.call("POST", path, {"password": "mine"}).json()["user"]["password"]
    assert {"rootEnabled": True} == writer.get(path)
    assert 204 == writer.status("DELETE", path)
    assert {"rootEnabled": False} == writer.get(path)
    history = admin.get(f"/mgmt/instances/{ready}/root")["root_history"]
    assert own.directory.user("demo").id == history["user"]


def test_the_systems_log_is_on_and_the_others_are_off(writer: TroveClient, ready: str) -> None:
    """None was published, so none has a container."""
    rows = {row["name"]: row for row in writer.get(f"/instances/{ready}/log")["logs"]}
    kinds = {name: (row["type"], row["status"]) for name, row in rows.items()}
    assert {"general": ("USER", "Disabled"), "slow_query": ("USER", "Disabled"), "error": ("SYS", "Ready")} == kinds
    assert {("None", "None")} == {(row["container"], row["prefix"]) for row in rows.values()}
    assert f"{ready}/mysql-error_metafile" == rows["error"]["metafile"]


def test_a_log_grows_is_published_and_read(own: TroveSandbox, writer: TroveClient, ready: str) -> None:
    """Published parts are objects with their count of lines; what came since is pending; a discard removes all."""
    path = f"/instances/{ready}/log"

    def act(**wanted: object) -> dict[str, object]:
        answer = writer.call("POST", path, {"name": "general", **wanted})
        assert 200 == answer.status_code
        log: dict[str, object] = answer.json()["log"]
        return log

    assert "Ready" == act(enable=1)["status"]
    own.advance(100)
    log = act(publish=1)
    assert ("Published", 0, "database_logs") == (log["status"], log["pending"], log["container"])
    own.advance(10)
    assert "Partial" == act()["status"]
    act(publish=1)
    with signed_in(password_of(own), "object-store") as store:
        container = f"/{log['container']}"
        parts = store.get(f"{container}?format=json&prefix={log['prefix']}")
        assert 2 == len(parts)
        assert sorted(part["last_modified"] for part in parts) == [part["last_modified"] for part in parts]
        answers = [store.call("GET", f"{container}/{part['name']}") for part in parts]
        lines = [answer.text.splitlines() for answer in answers]
        assert [len(part) for part in lines] == [int(one.headers["X-Object-Meta-Lines"]) for one in answers]
        assert [str(number + 1) for number in range(sum(map(len, lines)))] == [
            line.split()[1] for part in lines for line in part
        ]
        assert 200 == store.status("HEAD", f"{container}/{log['metafile']}")
        assert 0 == act(discard=1)["published"]
        assert [] == store.get(f"{container}?format=json&prefix={log['prefix']}")
    assert "Disabled" == act(disable=1)["status"]


def test_logs_that_cannot_be_acted_on_are_refused(writer: TroveClient, ready: str) -> None:
    """An unknown one, one of the system, both at once."""
    path = f"/instances/{ready}/log"
    assert 404 == writer.refusal("POST", path, {"name": "absent", "publish": 1})[0]
    assert 403 == writer.refusal("POST", path, {"name": "error", "disable": 1})[0]
    assert 400 == writer.refusal("POST", path, {"name": "general", "enable": 1, "disable": 1})[0]


def test_a_dead_database_answers_nothing(
    own: TroveSandbox, writer: TroveClient, admin: TroveClient, ready: str
) -> None:
    """Stopped, its machine is ACTIVE, and what asks the guest is refused."""
    admin.call("POST", f"/mgmt/instances/{ready}/action", {"stop": {}})
    assert ("ACTIVE", "SHUTDOWN") == writer.state(ready)
    for path in ("databases", "users", "root", "log"):
        status, words = writer.refusal("GET", f"/instances/{ready}/{path}")
        assert (422, True) == (status, "is not ready" in words)
