"""What the database service keeps: plain records."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

ACTIVE, SHUTDOWN, BUILD, ERROR = "ACTIVE", "SHUTDOWN", "BUILD", "ERROR"
NO_TASK = "NONE"
RUNNING_BACKUPS = frozenset({"NEW", "BUILDING"})
# A task's word, and the status that it shows as. Tasks that are not here leave the server's status visible.
TASK_STATUSES = {
    "BUILDING": BUILD,
    "REBOOTING": "REBOOT",
    "RESIZING": "RESIZE",
    "UPGRADING": "UPGRADE",
    "RESTART_REQUIRED": "RESTART_REQUIRED",
    "PROMOTING": "PROMOTE",
    "EJECTING": "EJECT",
    "DETACHING": "DETACH",
    "DELETING": SHUTDOWN,
}
# The database's state as the guest reports it, and the word of the API for it.
SERVICE_WORDS = {
    "new": "NEW",
    "building": "BUILD",
    "healthy": "HEALTHY",
    "shutdown": "SHUTDOWN",
    "paused": "SHUTDOWN",
    "restarting": "RESTARTING",
    "unknown": "ERROR",
    "guestagent error": "ERROR",
    "deleted": "DELETED",
}
AGENT_SILENT = frozenset({"BUILD", "REBOOT", "RESIZE", "PROMOTE", "EJECT", "UPGRADE", "SHUTDOWN"})
ACTIONS_ALLOWED = frozenset({"healthy", "shutdown"})


@dataclass
class Fault:
    """The last thing that went wrong with an instance; `details` are for administrators."""

    message: str
    created: datetime
    details: str


@dataclass
class DatabaseUser:
    name: str
    host: str
    password: str
    databases: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        return f"{self.name}@{self.host}"


@dataclass
class GuestLog:
    """A log of an instance. Its lines grow with the clock while it is on.

    Args:
        since: simulated second at which it was switched on; None when it is off.
        lines: those written before it was last switched off.
        published: lines that were copied to objects.
        published_bytes: their size.
    """

    name: str
    is_system: bool
    since: float | None = None
    lines: int = 0
    published: int = 0
    published_bytes: int = 0


@dataclass
class Instance:
    """A database instance.

    Args:
        server_status: of the machine; `task` says what is being done to it.
        service: a key of SERVICE_WORDS.
        running_backup: the id of the backup that is being made.
    """

    id: str
    name: str
    project_id: str
    flavor_id: str
    volume_size: int
    version_id: str
    created: datetime
    updated: datetime
    service_updated: datetime
    region: str
    host: int = 1
    server_status: str = BUILD
    task: str = "BUILDING"
    is_task_error: bool = False
    task_description: str = ""
    service: str = "new"
    server_id: str | None = None
    volume_id: str | None = None
    addresses: list[dict[str, str]] = field(default_factory=list)
    access: dict[str, object] = field(default_factory=dict)
    replica_of: str | None = None
    fault: Fault | None = None
    configuration_id: str | None = None
    locality: str | None = None
    databases: list[str] = field(default_factory=list)
    users: list[DatabaseUser] = field(default_factory=list)
    root_enabled_at: datetime | None = None
    root_enabled_by: str = ""
    is_root_enabled: bool = False
    logs: list[GuestLog] = field(default_factory=list)
    running_backup: str | None = None
    volume_used: float = 0.0
    is_guest_alive: bool = True
    module_ids: list[str] = field(default_factory=list)
    ssl_mode: str = "builtin"
    deleted_at: datetime | None = None

    @property
    def machine(self) -> str:
        """The status of the machine as the API learns it."""
        if self.task == "BUILDING":
            return BUILD
        return self.server_status if self.server_id is not None else SHUTDOWN

    @property
    def status(self) -> str:
        """The task comes first, then a backup, then the machine."""
        if self.is_task_error:
            return ERROR
        if self.task in TASK_STATUSES:
            return TASK_STATUSES[self.task]
        return "BACKUP" if self.running_backup else self.machine

    @property
    def operating_status(self) -> str:
        """The database's health; empty while a task runs or the machine does not."""
        if self.task != NO_TASK or self.machine != ACTIVE:
            return ""
        return SERVICE_WORDS[self.service if self.is_guest_alive else "guestagent error"]

    @property
    def is_running(self) -> bool:
        return self.service == "healthy" and self.is_guest_alive


@dataclass
class Backup:
    id: str
    name: str
    project_id: str
    instance_id: str | None
    version_id: str
    created: datetime
    updated: datetime
    description: str | None = None
    state: str = "NEW"
    size: float | None = None
    parent_id: str | None = None
    location: str | None = None
    checksum: str | None = None
    databases: list[str] = field(default_factory=list)
    users: list[DatabaseUser] = field(default_factory=list)


@dataclass
class Strategy:
    project_id: str
    instance_id: str
    swift_container: str


@dataclass
class Configuration:
    id: str
    name: str
    project_id: str
    version_id: str
    created: datetime
    updated: datetime
    description: str | None = None
    values: dict[str, object] = field(default_factory=dict)


@dataclass
class Parameter:
    """A setting of a datastore version that configuration groups may hold."""

    name: str
    kind: str
    is_restart_required: bool = False
    minimum: int | None = None
    maximum: int | None = None


@dataclass
class Version:
    id: str
    datastore_id: str
    name: str
    number: str
    manager: str
    image: str
    is_active: bool = True
    packages: str = ""
    image_tags: list[str] = field(default_factory=list)
    registry_ext: str | None = None
    repl_strategy: str | None = None
    parameters: list[Parameter] = field(default_factory=list)


@dataclass
class Datastore:
    id: str
    name: str
    default_version_id: str | None = None


@dataclass
class Flavor:
    id: str
    name: str
    ram: int
    vcpus: int
    disk: int
    ephemeral: int = 0


@dataclass
class VolumeType:
    id: str
    name: str
    is_public: bool
    description: str | None


@dataclass
class Module:
    id: str
    name: str
    kind: str
    contents: str
    project_id: str | None
    created: datetime
    updated: datetime
    description: str | None = None
    datastore_id: str | None = None
    version_id: str | None = None
    settings: dict[str, object] = field(default_factory=dict)


@dataclass
class StoredObject:
    """An object of a container."""

    body: bytes
    modified: datetime
    headers: dict[str, str] = field(default_factory=dict)
    etag: str = ""
