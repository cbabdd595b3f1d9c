"""The projects, users and endpoints that the tests sign in with, made through Keystone's own interface."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests
from trove_configs import REGION, Ports

SECONDS = 20
MEMBER, READER, ADMIN = "member", "reader", "admin"
PROJECTS = ("service", "demo", "second")
GRANTS = (
    ("trove", "service", ADMIN),
    ("demo", "demo", MEMBER),
    ("auditor", "demo", READER),
    ("other", "second", MEMBER),
    ("admin", "demo", ADMIN),
)
"""User, project, role; Keystone's first user, `admin`, is there before."""
INTERFACES = ("public", "internal", "admin")


@dataclass(frozen=True)
class Seeded:
    """What was made: ids of projects by name, and an application credential of the user demo."""

    projects: dict[str, str]
    credential_id: str
    credential_secret: str


def seed(ports: Ports, passwords: dict[str, str]) -> Seeded:
    """Make everything in a new Keystone.

    Args:
        passwords: by the name of the user; that of `admin` is the one Keystone was made with.
    """
    admin = _Keystone(ports.auth_url, "admin", passwords["admin"], "admin")
    projects = {name: admin.create("project", name=name, domain_id="default")["id"] for name in PROJECTS}
    users = dict(_users(admin, passwords))
    roles = {role["name"]: role["id"] for role in admin.get("roles")["roles"]}
    for user, project, role in GRANTS:
        admin.put(f"projects/{projects[project]}/users/{users[user]}/roles/{roles[role]}")
    _endpoints(admin, ports)
    demo = _Keystone(ports.auth_url, "demo", passwords["demo"], "demo")
    made = demo.post(f"users/{users['demo']}/application_credentials", {"application_credential": {"name": "tests"}})
    credential = made["application_credential"]
    return Seeded({**projects, "admin": admin.project}, credential["id"], credential["secret"])


def _users(admin: "_Keystone", passwords: dict[str, str]) -> Iterator[tuple[str, str]]:
    for name, password in passwords.items():
        if name == "admin":
            yield name, admin.user
        else:
            yield name, admin.create("user", name=name, password=password, domain_id="default")["id"]


def _endpoints(admin: "_Keystone", ports: Ports) -> None:
    services = (
        ("database", "trove", f"{ports.trove_url}/v1.0/$(project_id)s", INTERFACES),
        ("object-store", "swift", f"{ports.swift_url}$(project_id)s", INTERFACES[:1]),
    )
    for kind, name, url, interfaces in services:
        service = admin.create("service", type=kind, name=name)["id"]
        for interface in interfaces:
            admin.create("endpoint", service_id=service, interface=interface, region_id=REGION, url=url)


class _Keystone:
    """Keystone as one user of one project sees it."""

    def __init__(self, url: str, user: str, password: str, project: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False
        domain = {"id": "default"}
        methods = {
            "methods": ["password"],
            "password": {"user": {"name": user, "domain": domain, "password": password}},
        }
        scope = {"project": {"name": project, "domain": domain}}
        answer = self._call("POST", "auth/tokens", {"auth": {"identity": methods, "scope": scope}})
        self._session.headers["X-Auth-Token"] = answer.headers["X-Subject-Token"]
        token = answer.json()["token"]
        self.user, self.project = str(token["user"]["id"]), str(token["project"]["id"])

    def create(self, kind: str, **fields: str) -> dict[str, Any]:
        """Make one thing of a kind; returns it."""
        made: dict[str, Any] = self.post(f"{kind}s", {kind: fields})[kind]
        return made

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Send a body; returns the answer's."""
        return self._call("POST", path, body).json()

    def get(self, path: str) -> Any:
        """Return what is at a path."""
        return self._call("GET", path).json()

    def put(self, path: str) -> None:
        """Make what a path names."""
        self._call("PUT", path)

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> requests.Response:
        answer = self._session.request(method, f"{self._url}/{path}", json=body, timeout=SECONDS)
        if not answer.ok:
            raise RuntimeError(f"Keystone refused {method} {path}: {answer.status_code} {answer.text}")
        return answer
