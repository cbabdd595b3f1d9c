"""The same requests, byte for byte, to real servers and to the sandbox: the same statuses and the same shapes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from sandbox_trove import served
from trove_oracle import until
from trove_servers import real_trove_servers
from wire_cases import CASES, Case

from services.sandbox.trove.server import TroveSandbox

SPEED = 4
TIMEOUT_SECONDS = 30
Seen = dict[str, Any]


class Wire:
    """Requests to one of the two, by the names of users; what stands in braces is replaced by what it is there."""

    def __init__(self, servers: Any) -> None:
        self._servers = servers
        self._http = requests.Session()
        self._http.trust_env = False
        self._tokens: dict[str, str] = {}
        self.names = {"nobody": "00000000-0000-0000-0000-000000000000"}

    def close(self) -> None:
        self._http.close()

    def send(self, case: Case) -> requests.Response:
        """Send a case with its names filled in."""
        user = self._servers.users[case.user]
        url = f"{self._servers.endpoint}/v1.0/{user.project_id}{self._filled(case.path)}"
        headers = {"X-Auth-Token": self._token(case.user)}
        if isinstance(case.body, str):
            headers["Content-Type"] = "application/json"
            return self._http.request(case.method, url, data=case.body, headers=headers, timeout=TIMEOUT_SECONDS)
        body = self._filled(case.body)
        return self._http.request(case.method, url, json=body, headers=headers, timeout=TIMEOUT_SECONDS)

    def get(self, path: str) -> Any:
        """The body at a path, as demo sees it."""
        return self.send(Case("GET", path)).json()

    def _filled(self, given: Any) -> Any:
        if isinstance(given, dict):
            return {key: self._filled(value) for key, value in given.items()}
        if isinstance(given, list):
            return [self._filled(value) for value in given]
        if isinstance(given, str):
            for name, value in self.names.items():
                given = given.replace(f"{{{name}}}", value)
        return given

    def _token(self, name: str) -> str:
        if name not in self._tokens:
            user = self._servers.users[name]
            who = {"name": name, "password": user.password, "domain": {"id": "default"}}
            scope = {"project": {"id": user.project_id}}
            identity = {"methods": ["password"], "password": {"user": who}}
            body = {"auth": {"identity": identity, "scope": scope}}
            answer = self._http.post(f"{self._servers.auth_url}/auth/tokens", json=body, timeout=TIMEOUT_SECONDS)
            self._tokens[name] = answer.headers["X-Subject-Token"]
        return self._tokens[name]


def prepared(wire: Wire, project: str) -> None:
    """Make what the cases speak of: an instance that is ready, a group, a complete backup."""
    users = [{"name": "app", "password": "p", "databases": [{"name": "orders"}]}]
    datastore = {"type": "mysql", "version": "8.0.36"}
    wanted = {"name": "ready", "flavorRef": "1", "volume": {"size": 2}, "datastore": datastore, "users": users}
    body = {"instance": {**wanted, "databases": [{"name": "orders"}, {"name": "stock"}]}}
    made = wire.send(Case("POST", "/instances", body)).json()["instance"]["id"]
    wire.names |= {"ready": made, "project": project}
    until(lambda: wire.get(f"/instances/{made}")["instance"]["operating_status"] == "HEALTHY", lambda: "not ready")
    group = {"configuration": {"name": "group", "values": {"max_connections": 9}, "datastore": datastore}}
    wire.names["group"] = wire.send(Case("POST", "/configurations", group)).json()["configuration"]["id"]
    backup = {"backup": {"name": "backup", "instance": made}}
    wire.names["backup"] = wire.send(Case("POST", "/backups", backup)).json()["backup"]["id"]
    path = f"/backups/{wire.names['backup']}"
    until(lambda: wire.get(path)["backup"]["status"] == "COMPLETED", lambda: "no backup")
    wire.names["version"] = wire.get("/datastores/mysql/versions/8.0.36")["version"]["id"]


def seen(answer: requests.Response) -> Seen:
    """What must be alike: the status, the kind of the body, the keys of its objects, the name of an error."""
    try:
        body = answer.json()
    except ValueError:
        return {"status": answer.status_code, "body": "html" if "<html" in answer.text else answer.text}
    return {"status": answer.status_code, "body": shape(body)}


def shape(value: Any) -> Any:
    """Keys, and of a list the shape of its first; what is below that is a value."""
    if isinstance(value, dict):
        return {key: shape(below) for key, below in sorted(value.items())}
    if isinstance(value, list):
        return [shape(one) for one in value[:1]]
    return "value"


def common(real: Any, ours: Any) -> Any:
    """Ours, with what is empty on one side made empty: the fakes behind the real servers leave some of it out."""
    if isinstance(real, dict) and isinstance(ours, dict):
        return {} if not real else {key: common(real.get(key), value) for key, value in ours.items()}
    if isinstance(real, list) and isinstance(ours, list):
        return [common(*pair) for pair in zip(real, ours, strict=False)]
    return ours


@pytest.fixture(scope="module")
def both(oracle_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Wire, Wire]]:
    """Real servers and a sandbox, in which the same was prepared."""
    with (
        real_trove_servers(tmp_path_factory.mktemp("real")) as real,
        TroveSandbox(samples=False, speed=SPEED) as sandbox,
    ):
        ours = served(sandbox)
        wires = Wire(real), Wire(ours)
        for wire, servers in zip(wires, (real, ours), strict=True):
            prepared(wire, servers.users["demo"].project_id)
        yield wires
        for wire in wires:
            wire.close()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_both_answer_alike(both: tuple[Wire, Wire], case: Case) -> None:
    """The same request has the same status and an answer of the same shape."""
    real, ours = (seen(wire.send(case)) for wire in both)
    assert real == common(real, ours)
