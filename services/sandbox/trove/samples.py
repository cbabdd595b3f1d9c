"""What is in the cloud at the start: datastores and flavors, thirty instances, their backups and configurations."""

from __future__ import annotations

import uuid
from datetime import timedelta
from itertools import count

from services.sandbox.trove import backups, lifecycle, logs
from services.sandbox.trove.cloud import Cloud
from services.sandbox.trove.model import (
    ACTIVE,
    NO_TASK,
    Backup,
    Configuration,
    DatabaseUser,
    Datastore,
    Fault,
    Flavor,
    Instance,
    Module,
    Strategy,
    Version,
    VolumeType,
)
from services.sandbox.trove.parameters import parameters
from services.sandbox.trove.sample_rows import HUGE, INSTANCES, OTHERS, Sample

_SPACE = uuid.UUID("6f1d2c04-0d2b-4b0e-9a35-5d1c8e7a2f10")


def sample_id(*words: str) -> str:
    """The same id for the same words in every start."""
    return str(uuid.uuid5(_SPACE, "/".join(words)))


def load_catalog(cloud: Cloud) -> None:
    """Datastores with their versions, flavors, volume types."""
    for name, names in (
        ("mysql", ("8.0.36", "5.7.44", "5.6.51")),
        ("mariadb", ("11.4", "10.11")),
        ("postgresql", ("16", "15")),
    ):
        datastore = Datastore(sample_id("datastore", name), name)
        cloud.datastores[datastore.id] = datastore
        for version_name in names:
            version_id = sample_id("version", name, version_name)
            version = Version(version_id, datastore.id, version_name, version_name, name, sample_id("image", name))
            version.is_active = version_name != "5.6.51"
            version.parameters = parameters(name)
            cloud.versions[version_id] = version
        datastore.default_version_id = sample_id("version", name, names[0])
    for flavor in (
        Flavor("1", "db.tiny", 512, 1, 5),
        Flavor("2", "db.small", 1024, 1, 10),
        Flavor("3", "db.medium", 2048, 2, 20),
        Flavor("4", "db.large", 4096, 4, 40),
        Flavor(HUGE, "db.huge", 16_384, 8, 160),
    ):
        cloud.flavors[flavor.id] = flavor
    for name, words in (("standard", "Spinning disks"), ("fast", None)):
        cloud.volume_types.append(VolumeType(sample_id("volume type", name), name, True, words))


def load_instances(cloud: Cloud, project: str, other: str) -> None:
    """The samples of the project `demo`, and two of another one."""
    _load_configurations(cloud, project)
    for row in INSTANCES:
        _load(cloud, project, row)
    for row in OTHERS:
        _load(cloud, other, row)
    _load_backups(cloud, project)
    now = cloud.now()
    module = Module(sample_id("module", "license"), "license", "new_relic_license", "key=0", project, now, now)
    cloud.modules[module.id] = module
    cloud.strategies.append(Strategy(project, "", "demo-backups"))


def _load(cloud: Cloud, project: str, row: Sample) -> None:
    created = cloud.now() - timedelta(days=row.days, minutes=7)
    version_id = sample_id("version", *row.version)
    instance = Instance(
        id=sample_id("instance", project, row.name),
        name=row.name,
        project_id=project,
        flavor_id=row.flavor,
        volume_size=row.size,
        version_id=version_id,
        created=created,
        updated=created + timedelta(minutes=3),
        service_updated=cloud.now(),
        region=cloud.region,
        logs=logs.new_logs(cloud.clock.seconds()),
    )
    cloud.instances[instance.id] = instance
    _finish(cloud, instance, row)


def _finish(cloud: Cloud, instance: Instance, row: Sample) -> None:
    """Gives it what an instance has that was built, or failed to be."""
    if row.state == "ERROR":
        instance.is_task_error, instance.server_status = True, "ERROR"
        instance.task_description = "Build error: Server."
        words = "Failed to create server: no valid host was found. There are not enough hosts available."
        trace = f'Traceback (most recent call last):\n  File "taskmanager/models.py", in create_instance\n{words}'
        instance.fault = Fault(words, instance.created + timedelta(minutes=2), trace)
        return
    instance.host = 1 + int(instance.id[0], 16) % 4
    instance.server_id, instance.volume_id = sample_id("server", instance.id), sample_id("volume", instance.id)
    instance.server_status = ACTIVE
    if row.state == "BUILD":
        instance.service, instance.is_guest_alive = "building", False
        return
    instance.task, instance.service = NO_TASK, "healthy"
    instance.access = {"is_public": True, "allowed_cidrs": ["198.51.100.0/24"]} if row.is_public else {}
    instance.addresses = lifecycle.addresses(instance)
    instance.volume_used = round(row.size * row.share, 2)
    instance.databases = sorted(row.databases)
    instance.users = [
        DatabaseUser(name, host or "%", f"sample-{name}", sorted(row.databases)[:1])
        for name, _, host in (word.partition("@") for word in row.users)
    ]
    for log in instance.logs:
        log.lines = 40 if log.is_system else 0
    if row.replica_of:
        instance.replica_of = sample_id("instance", instance.project_id, row.replica_of)
    if row.configuration:
        instance.configuration_id = sample_id("configuration", row.configuration)
    if row.state == "RESTART_REQUIRED":
        instance.task = "RESTART_REQUIRED"
    elif row.state == "SHUTDOWN":
        instance.service = "shutdown"
    elif row.state == "SILENT":
        instance.is_guest_alive = False
    if row.has_root:
        instance.is_root_enabled, instance.root_enabled_at = True, instance.created + timedelta(hours=1)
        instance.root_enabled_by = "admin"
    if row.fault:
        instance.fault = Fault(row.fault, cloud.now() - timedelta(hours=5), row.fault)


def _load_configurations(cloud: Cloud, project: str) -> None:
    for name, version, words, values in (
        ("high-traffic", ("mysql", "8.0.36"), "many short connections", {"max_connections": 800, "wait_timeout": 60}),
        ("big-buffers", ("mysql", "8.0.36"), None, {"innodb_buffer_pool_size": 4_294_967_296, "sync_binlog": 0}),
        (
            *("large-packets", ("mysql", "5.7.44"), "imports of large files"),
            {"max_allowed_packet": 67_108_864, "innodb_log_file_size": 268_435_456, "sort_buffer_size": 1_048_576},
        ),
        ("analytics", ("postgresql", "16"), "few large queries", {"work_mem": "64MB", "random_page_cost": 1}),
        ("unused", ("mariadb", "11.4"), "no instance has it", {"connect_timeout": 5}),
    ):
        created = cloud.now() - timedelta(days=90)
        words_of = sample_id("configuration", name), name, project, sample_id("version", *version)
        group = Configuration(*words_of, created=created, updated=created, description=words, values=dict(values))
        cloud.configurations[group.id] = group


def _load_backups(cloud: Cloud, project: str) -> None:
    """Nightly ones with an increment, one that failed, one of an instance that is gone."""
    hours = count(6, 5)
    for source in ("orders-db", "billing-db", "warehouse-pg", "wiki-db"):
        instance = cloud.instances[sample_id("instance", project, source)]
        full = _backup(cloud, instance, f"{source}-full", next(hours) + 24)
        if source != "wiki-db":
            _backup(cloud, instance, f"{source}-inc-1", next(hours), full.id)
    failed = _backup(cloud, instance, "wiki-db-before-upgrade", 300)
    failed.state, failed.size, failed.location, failed.checksum = "FAILED", None, None, None
    gone = _backup(cloud, instance, "intranet-last", 2000)
    gone.instance_id = sample_id("instance", project, "intranet-db")


def _backup(cloud: Cloud, instance: Instance, name: str, hours: int, parent: str | None = None) -> Backup:
    moment = cloud.now() - timedelta(hours=hours)
    words = sample_id("backup", name), name, instance.project_id, instance.id, instance.version_id, moment, moment
    backup = Backup(*words, description=f"sample of {instance.name}", parent_id=parent)
    cloud.backups[backup.id] = backup
    backups.finish(cloud, instance, backup, backups.CONTAINER)
    backup.updated = moment + timedelta(minutes=4)
    return backup
