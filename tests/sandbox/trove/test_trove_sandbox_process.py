"""The servers as a process, and what they keep from one start to the next."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from keystoneauth1.identity import v3
from trove_sandbox import TroveClient, password_of, signed_in

from services.sandbox.process import start
from services.sandbox.trove.server import TroveSandbox

Connect = Callable[..., TroveClient]


def test_the_endpoint_opens_a_cloud_with_rows_and_faults() -> None:
    """The fields are those of a profile; rows and faults given at the start are there, and time is fast."""
    fault = "trove:error=Closed today,op=ListModules"
    with start(("trove",), rows=10, fault=fault, speed=5000) as sandbox:
        fields = sandbox.endpoints["trove"]
        assert sorted(fields) == [
            "auth_strategy", "auth_url", "interface", "project_domain_name", "project_name",
            "region_name", "secrets", "user_domain_name", "username",
        ]  # fmt: skip
        names = ("auth_url", "username", "project_name", "user_domain_name", "project_domain_name")
        plugin = v3.Password(**{name: fields[name] for name in names}, password=fields["secrets"]["password"])
        with signed_in(plugin) as client:
            assert [20, 20] == [len(page) for page in client.pages("/instances", "instances")]
            assert (503, "Closed today") == client.refusal("GET", "/modules")


def test_all_stays_from_an_end_to_the_next_start(
    fresh_trove: Callable[..., TroveSandbox], connect: Connect, tmp_path: Path
) -> None:
    """Instances with all they have, backups with their objects, groups, quotas; what was under way has ended."""
    with TroveSandbox(speed=0, directory=tmp_path) as sandbox, signed_in(password_of(sandbox)) as client:
        orders = client.id_of("orders-db")
        client.call("DELETE", f"/instances/{client.id_of('notes-db')}")
        client.call("POST", f"/instances/{orders}/log", {"name": "general", "enable": 1})
        sandbox.advance(20)
        client.call("POST", f"/instances/{orders}/log", {"name": "general", "publish": 1})
        made = client.create("young", databases=[{"name": "d"}])
        before = client.show(orders)
        backup = client.get("/backups")["backups"][0]
    client = connect(sandbox := fresh_trove(directory=tmp_path))
    assert ("ACTIVE", "HEALTHY") == client.state(made)
    assert [{"name": "d"}] == client.get(f"/instances/{made}/databases")["databases"]
    assert 30 == sum(len(page) for page in client.pages("/instances", "instances"))
    after = client.show(orders)
    assert before["configuration"]["id"] == after["configuration"]["id"]
    assert (before["created"], before["replicas"][0]["id"]) == (after["created"], after["replicas"][0]["id"])
    log = next(one for one in client.get(f"/instances/{orders}/log")["logs"] if one["name"] == "general")
    assert ("Partial", True) == (log["status"], log["published"] > 0)
    restored = client.create("again", restorePoint={"backupRef": backup["id"]}, volume={"size": 500})
    sandbox.settle()
    assert ("ACTIVE", "HEALTHY") == client.state(restored)


def test_missing_rows_are_added(tmp_path: Path) -> None:
    """Those that are there stay as they are."""
    for rows in (5, 8):
        with TroveSandbox(samples=False, rows=rows, speed=0, directory=tmp_path) as sandbox:
            assert rows == len(sandbox.cloud.living())
