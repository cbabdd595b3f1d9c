"""Real servers under the real client: signing in, what is on offer, and the life of one instance."""

from pathlib import Path

import pytest
import requests
from trove_oracle import Oracle, OracleRefused, access_by, oracle_with, password_access, until
from trove_servers import RealTrove


def names(rows: list[dict[str, object]]) -> list[object]:
    """The names of rows, as they come."""
    return [row["name"] for row in rows]


def test_versions_are_told_without_a_token(real_trove: RealTrove) -> None:
    """Trove names its only version to anybody."""
    answer = requests.get(real_trove.endpoint, timeout=10).json()
    assert [("v1.0", "CURRENT")] == [(version["id"], version["status"]) for version in answer["versions"]]


def test_an_application_credential_signs_in(real_trove: RealTrove, oracle_python: Path, tmp_path: Path) -> None:
    """The seeded application credential lists the datastores."""
    id_, secret = real_trove.application_credential
    options = {
        "auth_url": real_trove.auth_url,
        "application_credential_id": id_,
        "application_credential_secret": secret,
    }
    with oracle_with(oracle_python, tmp_path, access_by("v3applicationcredential", real_trove, options)) as oracle:
        offered = oracle.call("datastores.list")["items"]
    assert ["mariadb", "mysql", "postgresql"] == sorted(row["name"] for row in offered)


def test_a_wrong_password_is_refused(real_trove: RealTrove, oracle_python: Path, tmp_path: Path) -> None:
    """Keystone answers a wrong password with 401."""
    access = password_access(real_trove, "demo", password="wrong")
    with pytest.raises(OracleRefused) as refused, oracle_with(oracle_python, tmp_path, access):
        pass
    assert ("Unauthorized", 401) == (refused.value.kind, refused.value.status)


def test_versions_and_parameters_are_on_offer(oracle: Oracle) -> None:
    """A datastore has versions with configuration parameters."""
    versions = oracle.call("datastore_versions.list", "mysql")["items"]
    assert ["5.7.44", "8.0.36"] == sorted(row["name"] for row in versions)
    assert "max_connections" in names(oracle.call("configuration_parameters.parameters", "mysql", "8.0.36"))


def test_flavors_and_volume_types_are_on_offer(oracle: Oracle) -> None:
    """A flavor whose id is no number has none but the string; volume types belong to a version."""
    flavors = {row["str_id"]: row["id"] for row in oracle.call("flavors.list")}
    assert {"1": 1, "2": 2, "3": 3, "4": 4, "db-huge": None} == flavors
    version = oracle.call("datastore_versions.get", "mysql", "8.0.36")["id"]
    types = oracle.call("volume_types.list_datastore_version_associated_volume_types", "mysql", version)
    assert ["fast", "standard"] == sorted(row["name"] for row in types)


def test_limits_and_quotas_are_told(oracle: Oracle, real_trove: RealTrove) -> None:
    """A member reads the limits and the quotas of its own project."""
    absolute = oracle.call("limits.list")[0]
    assert ("ABSOLUTE", 40) == (absolute["verb"], absolute["max_instances"])
    quotas = oracle.call("quota.show", real_trove.users["demo"].project_id)
    assert {"instances", "ram", "volumes", "backups"} == {row["resource"] for row in quotas}


def test_an_instance_is_built_then_deleted(oracle: Oracle) -> None:
    """In BUILD it refuses its sub-resources; once ready it has an address; deleted it is not found."""
    made = oracle.create("built")
    assert "BUILD" == made["status"]
    with pytest.raises(OracleRefused) as refused:
        oracle.call("databases.list", made["id"])
    assert 422 == refused.value.status
    built = oracle.ready(made["id"])
    assert ["private"] == [address["type"] for address in built["addresses"]]
    oracle.delete(made["id"])


def test_databases_come_and_go(oracle: Oracle, instance: str) -> None:
    """A database is created after the answer, found by the list, and dropped."""
    assert ["orders", "stock"] == names(oracle.pages("databases.list", instance))
    oracle.call("databases.create", instance, [{"name": "returns"}])
    until(lambda: "returns" in names(oracle.pages("databases.list", instance)), lambda: "not created")
    oracle.call("databases.delete", instance, "returns")
    until(lambda: "returns" not in names(oracle.pages("databases.list", instance)), lambda: "not dropped")


def test_a_reserved_or_known_database_is_refused(oracle: Oracle, instance: str) -> None:
    """A name that exists and one of the server's own answer 400, a missing one 404."""
    for name in ("orders", "mysql"):
        with pytest.raises(OracleRefused) as refused:
            oracle.call("databases.create", instance, [{"name": name}])
        assert 400 == refused.value.status, name
    with pytest.raises(OracleRefused) as refused:
        oracle.call("databases.delete", instance, "absent")
    assert 404 == refused.value.status


def test_a_user_is_created_granted_renamed_and_dropped(oracle: Oracle, instance: str) -> None:
    """A user gets and loses access to databases, another name, and goes."""
    assert ["writer"] == names(oracle.pages("users.list", instance))
    oracle.call("users.create", instance, [{"name": "reader", "password": "p", "databases": [{"name": "stock"}]}])
    until(lambda: "reader" in names(oracle.pages("users.list", instance)), lambda: "not created")
    oracle.call("users.grant", instance, "reader", ["orders"])
    assert ["orders", "stock"] == sorted(names(oracle.call("users.list_access", instance, "reader")))
    oracle.call("users.revoke", instance, "reader", "stock")
    assert ["orders"] == names(oracle.call("users.list_access", instance, "reader"))
    oracle.call("users.update_attributes", instance, "reader", {"name": "clerk"})
    oracle.call("users.change_passwords", instance, [{"name": "clerk", "password": "q"}])
    oracle.call("users.delete", instance, "clerk")
    until(lambda: ["writer"] == names(oracle.pages("users.list", instance)), lambda: "not dropped")


def test_root_is_enabled_and_disabled(oracle: Oracle, instance: str) -> None:
    """Enabling root tells its password once; disabling it is told by the instance."""
    user, password = oracle.call("root.create", instance)
    assert ("root", True) == (user, len(password) > 8)
    assert oracle.call("root.is_root_enabled", instance)["rootEnabled"] is True
    oracle.call("root.delete", instance)
    assert oracle.call("root.is_root_enabled", instance)["rootEnabled"] is False


def test_an_instance_is_restarted_resized_and_renamed(oracle: Oracle, instance: str) -> None:
    """Restart, another flavor, a larger volume, another name: each is done once the instance is ready again."""
    oracle.call("instances.restart", instance)
    oracle.ready(instance)
    oracle.call("instances.resize_instance", instance, "2")
    assert "2" == oracle.ready(instance)["flavor"]["id"]
    oracle.call("instances.resize_volume", instance, 3)
    assert 3 == oracle.ready(instance)["volume"]["size"]
    oracle.call("instances.update", instance, name="renamed")
    assert "renamed" == oracle.ready(instance)["name"]


def test_resizes_that_cannot_be_are_refused(oracle: Oracle, instance: str) -> None:
    """A smaller volume and the same flavor answer 400, a volume above the limit 413."""
    flavor = oracle.ready(instance)["flavor"]["id"]
    asked = [("resize_volume", 1, 400), ("resize_volume", 999, 413), ("resize_instance", flavor, 400)]
    for method, value, status in asked:
        with pytest.raises(OracleRefused) as refused:
            oracle.call(f"instances.{method}", instance, value)
        assert status == refused.value.status, method


def test_access_is_opened_and_closed(oracle: Oracle, instance: str) -> None:
    """A public instance has a public address; closed again it has none."""
    oracle.call("instances.update", instance, is_public=True, allowed_cidrs=["10.0.0.0/8"])
    opened = oracle.ready(instance)
    assert {"is_public": True, "allowed_cidrs": ["10.0.0.0/8"]} == opened["access"]
    assert "public" in {address["type"] for address in opened["addresses"]}
    oracle.call("instances.update", instance, is_public=False)
    assert {"private"} == {address["type"] for address in oracle.ready(instance)["addresses"]}


def test_a_configuration_group_is_attached(oracle: Oracle, instance: str) -> None:
    """A value that needs a restart shows as RESTART_REQUIRED until there was one; a wrong value answers 422."""
    with pytest.raises(OracleRefused) as refused:
        oracle.call("configurations.create", "wrong", '{"max_connections": "many"}', datastore="mysql")
    assert 422 == refused.value.status
    values = '{"max_connections": 200, "performance_schema": true}'
    group = oracle.call("configurations.create", "more", values, datastore="mysql", datastore_version="8.0.36")["id"]
    oracle.call("instances.update", instance, configuration=group)
    assert group == oracle.settled(instance, "RESTART_REQUIRED")["configuration"]["id"]
    assert [instance] == [row["id"] for row in oracle.call("configurations.instances", group)["items"]]
    oracle.call("instances.restart", instance)
    oracle.ready(instance)
    oracle.call("instances.update", instance, remove_configuration=True)
    oracle.settled(instance, "RESTART_REQUIRED")
    oracle.call("instances.restart", instance)
    oracle.ready(instance)
    oracle.call("configurations.delete", group)
    assert group not in [row["id"] for row in oracle.pages("configurations.list")]


def test_logs_are_listed_enabled_and_published(oracle: Oracle, instance: str) -> None:
    """The log of errors is always on; another is switched on, published and discarded."""
    logs = {row["name"]: (row["type"], row["status"]) for row in oracle.call("instances.log_list", instance)}
    assert {"error": ("SYS", "Ready"), "general": ("USER", "Disabled"), "slow_query": ("USER", "Disabled")} == logs
    assert "Ready" == oracle.call("instances.log_action", instance, "general", enable=True)["status"]
    assert "Published" == oracle.call("instances.log_action", instance, "general", publish=True)["status"]
    assert 0 == oracle.call("instances.log_action", instance, "general", discard=True)["published"]


def test_a_published_log_is_read(oracle: Oracle, instance: str) -> None:
    """What is published of a log is read from the object store that the catalog names, newest lines last."""
    published = oracle.call("instances.log_action", instance, "error", publish=True)["published"]
    lines = "".join(oracle.call("instances.log_generator", instance, "error", lines=0)).splitlines()
    assert published == sum(len(line) + 1 for line in lines)
    newest = "".join(oracle.call("instances.log_generator", instance, "error", lines=1)).splitlines()
    assert lines[-1:] == newest


def test_a_module_is_applied_and_removed(admin_oracle: Oracle, instance: str) -> None:
    """A module is created, applied to an instance, listed there, and removed."""
    module = admin_oracle.call("modules.create", "greeting", "ping", "message=hello", datastore="mysql")["id"]
    admin_oracle.call("instances.module_apply", instance, [module])
    assert ["greeting"] == names(admin_oracle.call("instances.module_query", instance))
    admin_oracle.call("instances.module_remove", instance, module)
    assert [] == admin_oracle.call("instances.module_query", instance)
    admin_oracle.call("modules.delete", module)


def test_an_instance_is_upgraded(oracle: Oracle) -> None:
    """An instance of an older version of its datastore moves to the newer one."""
    made = oracle.create("old", datastore_version="5.7.44")["id"]
    oracle.ready(made)
    newer = oracle.call("datastore_versions.get", "mysql", "8.0.36")["id"]
    oracle.call("instances.upgrade", made, newer)
    assert "8.0.36" == oracle.ready(made)["datastore"]["version"]
    oracle.delete(made)
