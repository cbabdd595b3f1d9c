"""Datastores, parameters, flavors, limits, quotas, configuration groups, modules, certificates."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from trove_sandbox import TroveClient

from services.sandbox.trove.server import TroveSandbox

Connect = Callable[..., TroveClient]


def test_datastores_have_their_versions_inline(client: TroveClient) -> None:
    """By id or name; inactive versions are for administrators."""
    rows = {row["name"]: row for row in client.get("/datastores")["datastores"]}
    assert {"mysql", "mariadb", "postgresql"} == set(rows)
    mysql = rows["mysql"]
    assert ["8.0.36", "5.7.44"] == [version["name"] for version in mysql["versions"]]
    assert mysql["default_version"] == mysql["versions"][0]["id"]
    assert [mysql] == [client.get(f"/datastores/{mysql['id']}")["datastore"]]
    assert 404 == client.refusal("GET", "/datastores/oracle")[0]


def test_a_version_is_found_by_name_and_by_id(client: TroveClient) -> None:
    """An unknown one is a bad request."""
    version = client.get("/datastores/mysql/versions/8.0.36")["version"]
    assert {"id", "name", "version", "links", "datastore"} == set(version)
    assert version == client.get(f"/datastores/versions/{version['id']}")["version"]
    assert version in client.get("/datastores/mysql/versions")["versions"]
    assert 400 == client.refusal("GET", "/datastores/mysql/versions/3.23")[0]


def test_a_version_offers_flavors_volume_types_and_parameters(client: TroveClient) -> None:
    """Parameters have a type, whether they need a restart, and limits where there are some."""
    version = client.get("/datastores/mysql/versions/8.0.36")["version"]["id"]
    path = f"/datastores/mysql/versions/{version}"
    assert 5 == len(client.get(f"{path}/flavors")["flavors"])
    types = client.get(f"{path}/volume-types")["volume_types"]
    assert [{"id", "name", "is_public", "description"}] * 2 == [set(row) for row in types]
    rules = client.get(f"{path}/parameters")["configuration-parameters"]
    assert rules == client.get(f"/datastores/versions/{version}/parameters")["configuration-parameters"]
    rule = client.get(f"{path}/parameters/max_connections")
    assert (1, 100_000, "integer", False) == (rule["min"], rule["max"], rule["type"], rule["restart_required"])
    assert rule == client.get(f"/datastores/versions/{version}/parameters/max_connections")
    assert 404 == client.refusal("GET", f"{path}/parameters/colour")[0]


def test_a_flavor_whose_id_is_no_number_has_none(client: TroveClient) -> None:
    """`str_id` is the one to use."""
    ids = {row["str_id"]: row["id"] for row in client.get("/flavors")["flavors"]}
    assert {"1": 1, "2": 2, "3": 3, "4": 4, "db-huge": None} == ids
    assert 16_384 == client.get("/flavors/db-huge")["flavor"]["ram"]
    assert 404 == client.refusal("GET", "/flavors/77")[0]


def test_limits_are_absolute_ones_then_rates(client: TroveClient) -> None:
    """-1 is none."""
    absolute, *rates = client.get("/limits")["limits"]
    assert ("ABSOLUTE", 40, 50) == (absolute["verb"], absolute["max_instances"], absolute["max_backups"])
    assert {"nextAvailable", "remaining", "unit", "value", "verb", "uri", "regex"} == set(rates[0])


def test_quotas_tell_what_is_used(trove_sandbox: TroveSandbox, connect: Connect, client: TroveClient) -> None:
    """To the own project and to administrators; only these change them."""
    own, other = (trove_sandbox.directory.project(name).id for name in ("demo", "other"))
    rows = {row["resource"]: row for row in client.get(f"/mgmt/quotas/{own}")["quotas"]}
    assert (30, 0, 40) == tuple(rows["instances"][name] for name in ("in_use", "reserved", "limit"))
    assert 9 == rows["backups"]["in_use"]
    assert 403 == client.refusal("GET", f"/mgmt/quotas/{other}")[0]
    assert 401 == client.refusal("PUT", f"/mgmt/quotas/{own}", {"quotas": {"instances": 1}})[0]
    admin = connect(trove_sandbox, "admin")
    assert 2 == admin.get(f"/mgmt/quotas/{other}")["quotas"][0]["in_use"]
    assert 400 == admin.refusal("PUT", f"/mgmt/quotas/{own}", {"quotas": {"instances": -2}})[0]
    assert 404 == admin.refusal("PUT", f"/mgmt/quotas/{own}", {"quotas": {"unicorns": 2}})[0]


def grouped(client: TroveClient, values: dict[str, object], name: str = "group") -> str:
    """The id of a new group for MySQL 8."""
    datastore = {"type": "mysql", "version": "8.0.36"}
    body = {"configuration": {"name": name, "values": values, "datastore": datastore}}
    answer = client.call("POST", "/configurations", body)
    assert (200, values) == (answer.status_code, answer.json()["configuration"]["values"])
    made: str = answer.json()["configuration"]["id"]
    return made


def test_a_group_is_merged_replaced_and_deleted(writer: TroveClient) -> None:
    """PATCH adds, PUT replaces all values; a list leaves them out."""
    path = f"/configurations/{grouped(writer, {'max_connections': 10})}"
    assert 200 == writer.status("PATCH", path, {"configuration": {"values": {"wait_timeout": 9}}})
    assert {"max_connections": 10, "wait_timeout": 9} == writer.get(path)["configuration"]["values"]
    assert 202 == writer.status("PUT", path, {"configuration": {"name": "new", "values": {"autocommit": 0}}})
    shown = writer.get(path)["configuration"]
    assert ("new", {"autocommit": 0}, 0) == (shown["name"], shown["values"], shown["instance_count"])
    assert "values" not in writer.get("/configurations")["configurations"][0]
    assert [202, 404] == [writer.status("DELETE", path) for _ in range(2)]


@pytest.mark.parametrize(
    "values",
    [
        {"colour": 1},
        {"max_connections": "many"},
        {"max_connections": 0},
        {"max_connections": 100_001},
        {"character_set_server": 7},
    ],
)
def test_values_that_cannot_be_are_refused(writer: TroveClient, values: dict[str, object]) -> None:
    """Unknown, of the wrong type, out of range: 422."""
    datastore = {"type": "mysql", "version": "8.0.36"}
    body = {"configuration": {"name": "g", "values": values, "datastore": datastore}}
    assert 422 == writer.refusal("POST", "/configurations", body)[0]


def test_a_dynamic_group_takes_hold_at_once(writer: TroveClient, ready: str) -> None:
    """A second one is refused; one that is attached cannot be deleted; detached it leaves nothing."""
    group, other = grouped(writer, {"max_connections": 10}), grouped(writer, {"wait_timeout": 9})
    assert 202 == writer.status("PUT", f"/instances/{ready}", {"instance": {"configuration": group}})
    assert (("ACTIVE", "HEALTHY"), group) == (writer.state(ready), writer.show(ready)["configuration"]["id"])
    assert 400 == writer.refusal("PUT", f"/instances/{ready}", {"instance": {"configuration": other}})[0]
    assert 400 == writer.refusal("DELETE", f"/configurations/{group}")[0]
    assert [ready] == [row["id"] for row in writer.get(f"/configurations/{group}/instances")["instances"]]
    assert 1 == writer.get(f"/configurations/{group}")["configuration"]["instance_count"]
    assert 202 == writer.status("PUT", f"/instances/{ready}", {"instance": {"configuration": None}})
    assert (("ACTIVE", "HEALTHY"), False) == (writer.state(ready), "configuration" in writer.show(ready))


def test_other_values_wait_for_a_restart(own: TroveSandbox, writer: TroveClient, ready: str) -> None:
    """RESTART_REQUIRED until there was one; also when a group that is attached gets such a value."""
    group = grouped(writer, {"max_connections": 10})
    writer.call("PUT", f"/instances/{ready}", {"instance": {"configuration": group}})
    values = {"configuration": {"values": {"innodb_log_file_size": 8_388_608}}}
    assert 200 == writer.status("PATCH", f"/configurations/{group}", values)
    assert ("RESTART_REQUIRED", "") == writer.state(ready)
    assert 400 == writer.refusal("PUT", f"/instances/{ready}", {"instance": {"configuration": None}})[0]
    assert 202 == writer.status("POST", f"/instances/{ready}/action", {"restart": {}})
    own.settle()
    assert ("ACTIVE", "HEALTHY") == writer.state(ready)
    writer.call("PUT", f"/instances/{ready}", {"instance": {}})
    assert (("RESTART_REQUIRED", ""), False) == (writer.state(ready), "configuration" in writer.show(ready))


def test_a_group_of_another_version_is_refused(own: TroveSandbox, writer: TroveClient) -> None:
    """It must be the instance's own."""
    made = writer.create(datastore={"type": "mariadb"})
    own.settle()
    body = {"instance": {"configuration": grouped(writer, {"autocommit": 0})}}
    assert 400 == writer.refusal("PUT", f"/instances/{made}", body)[0]


def test_the_template_depends_on_the_flavor(own: TroveSandbox, writer: TroveClient, ready: str) -> None:
    """The settings that an instance starts with."""
    path = f"/instances/{ready}/configuration"
    assert "150M" == writer.get(path)["instance"]["configuration"]["innodb_buffer_pool_size"]
    writer.call("POST", f"/instances/{ready}/action", {"resize": {"flavorRef": "4"}})
    own.settle()
    assert "1200M" == writer.get(path)["instance"]["configuration"]["innodb_buffer_pool_size"]


def test_a_module_is_applied_and_removed(writer: TroveClient, ready: str) -> None:
    """One that is applied cannot be deleted; options of administrators are refused to others."""
    body = {"module": {"name": "ping", "module_type": "ping", "contents": "message=hello"}}
    module = writer.call("POST", "/modules", body).json()["module"]["id"]
    assert 403 == writer.refusal("POST", "/modules", {"module": {**body["module"], "name": "b", "auto_apply": 1}})[0]
    assert 400 == writer.refusal("POST", "/modules", body)[0]
    assert 200 == writer.status("POST", f"/instances/{ready}/modules", {"modules": [{"id": module}]})
    assert ["ping"] == [row["name"] for row in writer.get(f"/instances/{ready}/modules")["modules"]]
    assert [ready] == [row["id"] for row in writer.get(f"/modules/{module}/instances")["instances"]]
    assert 403 == writer.refusal("DELETE", f"/modules/{module}")[0]
    assert 200 == writer.status("DELETE", f"/instances/{ready}/modules/{module}")
    assert 200 == writer.status("PUT", f"/modules/{module}", {"module": {"description": "says hello"}})
    assert "says hello" == writer.get(f"/modules/{module}")["module"]["description"]
    assert [200, 404] == [writer.status("DELETE", f"/modules/{module}") for _ in range(2)]


def test_certificates_are_shown(writer: TroveClient, ready: str) -> None:
    """Enabling one needs a container, which there is none of here."""
    path = f"/instances/{ready}/ssl"
    assert "builtin" == writer.get(path)["ssl"]["mode"]
    assert 400 == writer.refusal("POST", path, {"ssl": {"enable": True}})[0]
    assert 404 == writer.refusal("POST", path, {"ssl": {"enable": True, "container_ref": "x"}})[0]
    assert 200 == writer.status("POST", path, {"ssl": {"disable": True}})


def test_there_are_no_clusters(client: TroveClient) -> None:
    """No datastore that is left has them."""
    assert [] == client.get("/clusters")["clusters"]
    wanted = {"name": "c", "datastore": {"type": "mysql", "version": "8.0.36"}, "instances": []}
    assert 400 == client.refusal("POST", "/clusters", {"cluster": {}})[0]
    assert 501 == client.refusal("POST", "/clusters", {"cluster": wanted})[0]
