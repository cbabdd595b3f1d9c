"""Real servers under the real client: backups, what is restored from them, and replicas."""

from functools import partial

import pytest
from trove_oracle import Json, Oracle, OracleRefused, until


def backed_up(oracle: Oracle, backup: str) -> Json:
    """Wait until a backup has ended; returns it."""

    def look() -> Json | None:
        found: Json = oracle.call("backups.get", backup)
        return found if found["status"] in ("COMPLETED", "FAILED") else None

    return until(look, lambda: f"backup {backup} does not end")


def is_absent(oracle: Oracle, backup: str) -> bool:
    """Whether a backup is not listed."""
    return backup not in [row["id"] for row in oracle.pages("backups.list")]


def test_a_backup_is_taken_restored_and_deleted(oracle: Oracle, instance: str) -> None:
    """A backup and one upon it complete; an instance restored from it has the databases; a deleted one is not found."""
    first = oracle.call("backups.create", "whole", instance)["id"]
    assert "BACKUP" == oracle.call("instances.get", instance)["status"]
    assert "COMPLETED" == backed_up(oracle, first)["status"]
    second = oracle.call("backups.create", "upon it", instance, parent_id=first, incremental=True)["id"]
    ended = backed_up(oracle, second)
    assert ("COMPLETED", first) == (ended["status"], ended["parent_id"])
    assert {first, second} == {row["id"] for row in oracle.pages("instances.backups", instance)}
    restored = oracle.create("restored", restorePoint={"backupRef": second})["id"]
    oracle.ready(restored)
    assert ["orders", "stock"] == [row["name"] for row in oracle.pages("databases.list", restored)]
    oracle.delete(restored)
    for backup in (second, first):
        oracle.call("backups.delete", backup)
        until(partial(is_absent, oracle, backup), lambda: "the backup is still there")


def test_a_backup_fails(oracle: Oracle, instance: str) -> None:
    """A backup that the guest cannot take ends as FAILED; while it runs a second is refused."""
    failing = oracle.call("backups.create", "nightly BACKUP_ERROR", instance)["id"]
    with pytest.raises(OracleRefused) as refused:
        oracle.call("backups.create", "second", instance)
    assert 422 == refused.value.status
    assert "FAILED" == backed_up(oracle, failing)["status"]
    oracle.call("backups.delete", failing)


def test_replicas_follow_are_promoted_and_detached(oracle: Oracle) -> None:
    """Two replicas have the source's databases; one becomes the source; detached they stand alone."""
    source = oracle.create("source", databases=[{"name": "orders"}])["id"]
    oracle.ready(source)
    oracle.replicate("copy", source, count=2)
    copies = {row["name"]: row["id"] for row in oracle.pages("instances.list") if row["name"].startswith("copy")}
    assert ["copy-1", "copy-2"] == sorted(copies)
    for copied in copies.values():
        assert source == oracle.ready(copied)["replica_of"]["id"]
        assert ["orders"] == [row["name"] for row in oracle.pages("databases.list", copied)]
    with pytest.raises(OracleRefused) as refused:
        oracle.call("instances.delete", source)
    assert 403 == refused.value.status
    oracle.call("instances.promote_to_replica_source", copies["copy-1"])
    oracle.settled(copies["copy-1"], "ACTIVE", "HEALTHY")
    followers = {row["id"] for row in oracle.ready(copies["copy-1"])["replicas"]}
    assert {source, copies["copy-2"]} == followers
    for follower in followers:
        oracle.ready(follower)
        oracle.call("instances.update", follower, detach_replica_source=True)
        assert "replica_of" not in oracle.ready(follower)
    oracle.delete(source, *copies.values())


def test_a_living_source_is_not_ejected(oracle: Oracle, admin_oracle: Oracle) -> None:
    """A source that gives signs of life cannot be ejected; one that fell silent is, and a replica takes its place."""
    source = oracle.create("source that GOES_SILENT")["id"]
    oracle.ready(source)
    follower = oracle.replicate("heir", source)["id"]
    oracle.ready(follower)
    with pytest.raises(OracleRefused) as refused:
        oracle.call("instances.eject_replica_source", source)
    assert 400 == refused.value.status
    admin_oracle.call("mgmt_instances.stop", source)
    oracle.settled(source, "ACTIVE", "ERROR")
    oracle.call("instances.eject_replica_source", source)
    until(lambda: "replica_of" not in oracle.ready(follower), lambda: "the heir still follows")
    oracle.delete(source, follower)
