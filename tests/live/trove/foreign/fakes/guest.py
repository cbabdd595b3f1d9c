"""The guests in memory: the agent and the database of each instance, called as Trove calls a real agent."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import eventlet
from fakes import guest_backups
from fakes.guest_contents import Row
from fakes.guest_databases import CAST_SECONDS, DatabaseCalls
from fakes.guest_logs import GuestLogs
from fakes.guest_status import BEAT_SECONDS, WAKE_SECONDS, beat, fall_silent, paused, report
from fakes.swift import ACCOUNTS
from trove.common import exception
from trove.datastore.models import DatastoreVersion
from trove.instance.models import DBInstance
from trove.instance.service_status import ServiceStatuses

LOG = logging.getLogger(__name__)
START_SECONDS = 0.5
USED_GB, TOTAL_GB = 0.16, 4.0

GUESTS: dict[str, FakeGuest] = {}
_loops: list[Any] = []


class FakeGuest(DatabaseCalls):
    """One guest; what a real agent does later, without an answer, happens later here too."""

    def __init__(self, instance_id: str) -> None:
        super().__init__()
        row = DBInstance.find_by(id=instance_id)
        self.id = instance_id
        self.name = row.name
        datastore = DatastoreVersion.load_by_uuid(row.datastore_version_id).manager
        self.logs = GuestLogs(ACCOUNTS[row.tenant_id], instance_id, datastore)
        self.modules: dict[str, Row] = {}
        self.overrides: Row = {}
        self.is_prepared = False
        self.is_silent = False

    # Life

    def prepare(self, memory_mb: int, packages: Any, databases: list[Row], users: list[Row], **given: Any) -> None:
        """Install the database with its first contents, or with those of a backup or of a replication source."""
        source = (given.get("snapshot") or {}).get("master", {}).get("id")
        backup = (given.get("backup_info") or {}).get("id")
        if source in GUESTS:
            self.contents = GUESTS[source].contents.copy()
        elif backup in guest_backups.TAKEN:
            self.contents = guest_backups.TAKEN[backup].copy()
        self.contents.add_databases(databases or [])
        self.contents.add_users(users or [])
        self.overrides = given.get("overrides") or {}
        if not self.name.endswith("NEVER_READY"):
            eventlet.spawn_after(START_SECONDS, self._started)

    def restart(self) -> None:
        """Stop the database and start it."""
        report(self.id, ServiceStatuses.SHUTDOWN)
        eventlet.sleep(WAKE_SECONDS)
        report(self.id, ServiceStatuses.HEALTHY)

    def stop_db(self, do_not_start_on_reboot: bool = False) -> None:
        """Stop the database."""
        report(self.id, ServiceStatuses.SHUTDOWN)
        if self.name.endswith("GOES_SILENT"):
            self.is_silent = True
            fall_silent(self.id)

    def start_db_with_conf_changes(self, config_contents: Any, ds_version: str) -> None:
        """Start the database with new settings."""
        report(self.id, ServiceStatuses.HEALTHY)

    def rebuild(self, ds_version: str, config_contents: Any = None, config_overrides: Any = None) -> None:
        """Install the database again on a new server."""
        eventlet.spawn_after(START_SECONDS, report, self.id, ServiceStatuses.HEALTHY)

    def pre_upgrade(self) -> Row:
        """Say what the upgrade needs to know."""
        return {}

    def upgrade(self, upgrade_info: Row) -> None:
        """Move to another version of the database."""
        eventlet.spawn_after(START_SECONDS, report, self.id, ServiceStatuses.HEALTHY)

    def rpc_ping(self) -> bool:
        """Answer."""
        return True

    def reset_configuration(self, configuration: Any) -> None:
        """Write the settings of a flavor: the fake has none."""

    def update_overrides(self, overrides: Row, remove: bool = False) -> None:
        """Keep or drop the values of a configuration group."""
        self.overrides = {} if remove else dict(overrides)

    def apply_overrides(self, overrides: Row) -> None:
        """Set values in the running database."""
        self.overrides.update(overrides)

    def get_volume_info(self) -> Row:
        """Say how full the volume is, in GB."""
        return {"used": USED_GB, "total": TOTAL_GB}

    def get_hwinfo(self) -> Row:
        """Say what the server has."""
        return {"mem_total": 524288, "num_cpus": 1}

    def get_diagnostics(self) -> Row:
        """Say what the agent uses, in KB."""
        sizes = {"vm_size": 29096, "vm_peak": 29160, "vm_rss": 2872, "vm_hwm": 2872}
        return {"version": "1", "fd_size": 64, "threads": 2, **sizes}

    def mount_volume(self, **_: Any) -> None:
        """Mount the volume: the fake has none."""

    def unmount_volume(self, **_: Any) -> None:
        """Unmount the volume: the fake has none."""

    def resize_fs(self, **_: Any) -> None:
        """Grow the file system: the fake has none."""

    # Backups and replication

    def create_backup(self, backup_info: Row) -> None:
        """Take a backup, later."""
        eventlet.spawn_after(CAST_SECONDS, guest_backups.take, backup_info["id"], self.contents, backup_info)

    def backup_required_for_replication(self) -> bool:
        """Say that a replica starts from a backup."""
        return True

    def get_replication_snapshot(self, snapshot_info: Row, replica_source_config: Any = None) -> Row:
        """Take the backup that a replica starts from, and wait for it."""
        guest_backups.finish(snapshot_info["id"], self.contents.copy(), snapshot_info)
        dataset = {"datastore_manager": "mysql", "dataset_size": USED_GB, "volume_size": TOTAL_GB}
        return {
            "dataset": {**dataset, "snapshot_id": snapshot_info["id"]},
            "replication_strategy": "MysqlGTIDReplication",
            "master": {"id": self.id, "host": "10.20.0.2", "port": 3306},
            "log_position": {"log_file": "binlog.000001", "log_position": 1},
        }

    def attach_replica(self, replica_info: Row, slave_config: Any, restart: bool = False) -> None:
        """Follow a replication source."""

    def detach_replica(self, for_failover: bool = False) -> Row:
        """Follow no longer."""
        return {}

    def get_replica_context(self) -> Row:
        """Say how to follow this guest."""
        return {"master": {"id": self.id, "host": "10.20.0.2", "port": 3306}, "replication_user": {}}

    def enable_as_master(self, replica_source_config: Any) -> None:
        """Let others follow."""

    def demote_replication_master(self) -> None:
        """Let nobody follow."""

    def make_read_only(self, read_only: bool) -> None:
        """Refuse writes, or take them."""

    def get_latest_txn_id(self) -> str:
        """Return the last transaction."""
        return "uuid:1"

    def get_last_txn(self) -> list[Any]:
        """Return the source that is followed, and the last transaction got from it."""
        return ["source-uuid", 1]

    def wait_for_txn(self, txn: str) -> None:
        """Wait for a transaction: all are here at once."""

    # Logs and modules

    def guest_log_list(self) -> list[Row]:
        """Return the logs."""
        return self.logs.list()

    def guest_log_action(self, log_name: str, enable: Any, disable: Any, publish: Any, discard: Any) -> Row:
        """Switch, publish or discard a log."""
        return self.logs.act(log_name, enable, disable, publish, discard)

    def module_list(self, include_contents: bool = False) -> list[Row]:
        """Return the modules that were applied."""
        return list(self.modules.values())

    def module_apply(self, modules: list[Row]) -> list[Row]:
        """Apply modules."""
        for entry in modules:
            module = entry["module"]
            known = {key: module.get(key) for key in ("id", "name", "type", "datastore", "datastore_version", "md5")}
            self.modules[module["id"]] = {**known, "status": "OK", "message": "Module applied.", "removed": None}
        return [self.modules[entry["module"]["id"]] for entry in modules]

    def module_remove(self, module: Row) -> None:
        """Take a module away."""
        self.modules.pop(module["module"]["id"], None)

    def ssl_show(self) -> Row:
        """Say that the database has a certificate of its own."""
        return {"enabled": False, "certificate": {}}

    def _started(self) -> None:
        self.is_prepared = True
        failed = self.name.endswith("GUEST_ERROR")
        report(self.id, ServiceStatuses.FAILED if failed else ServiceStatuses.HEALTHY)


def client(context: Any, instance_id: str, *_: Any) -> FakeGuest:
    """Return the guest of an instance."""
    if not _loops:
        _loops.extend([eventlet.spawn(_every, BEAT_SECONDS, _beat), eventlet.spawn(_every, WAKE_SECONDS, _wake)])
    if instance_id not in GUESTS:
        try:
            GUESTS[instance_id] = FakeGuest(instance_id)
        except exception.ModelNotFoundError as error:
            raise exception.GuestTimeout from error
    return GUESTS[instance_id]


def forget(instance_id: str) -> None:
    """End a guest with its server."""
    GUESTS.pop(instance_id, None)


def _alive() -> list[str]:
    return [guest.id for guest in list(GUESTS.values()) if guest.is_prepared and not guest.is_silent]


def _beat() -> None:
    """Let every guest say that it is alive."""
    beat(_alive())


def _wake() -> None:
    """Let guests that were moved report, as soon as Trove waits for them."""
    for instance_id in paused(_alive()):
        report(instance_id, ServiceStatuses.HEALTHY)


def _every(seconds: float, act: Callable[[], None]) -> None:
    """Do something again and again until the process ends; a failure is told and does not end it."""
    while True:
        eventlet.sleep(seconds)
        try:
            act()
        except Exception:
            LOG.exception("The guests could not report")
