"""A Nova in memory: flavors, servers with states that take a moment, server groups."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import eventlet
from fakes import guest, neutron
from novaclient import api_versions, exceptions

BOOT_SECONDS = 0.3
MOVE_SECONDS = 0.3
HOSTS = ("compute-1", "compute-2")

SIZES = (
    ("1", "db.tiny", 512, 1, 5),
    ("2", "db.small", 1024, 1, 10),
    ("3", "db.medium", 2048, 2, 20),
    ("4", "db.large", 4096, 4, 40),
    ("db-huge", "db.huge", 16384, 8, 160),
)
"""Id (one is no number), name, RAM in MB, processors, disk in GB."""

FLAVORS = {
    id_: SimpleNamespace(id=id_, name=name, ram=ram, vcpus=vcpus, disk=disk, ephemeral=0, links=[])
    for id_, name, ram, vcpus, disk in SIZES
}
SERVERS: dict[str, Server] = {}
GROUPS: dict[str, SimpleNamespace] = {}


class Server:
    """One virtual machine."""

    def __init__(self, name: str, image: str | None, flavor: str, tags: list[str], metadata: dict[str, str]) -> None:
        self.id = str(uuid.uuid4())
        self.name = name
        self.image = {"id": image}
        self.flavor: dict[str, Any] = {"id": flavor, "links": []}
        self.tags = tags
        self.metadata = metadata
        self.tenant_id = metadata["trove_project_id"]
        self.host = HOSTS[0]
        self.hostId = self.host
        self.addresses: dict[str, Any] = {}
        self.fault: dict[str, str] = {}
        self.status = "BUILD"
        setattr(self, "OS-EXT-AZ:availability_zone", "nova")
        self._before_resize = flavor
        self._later(BOOT_SECONDS, self._booted)

    @property
    def instance_id(self) -> str:
        """The Trove instance that this server carries."""
        return self.metadata["trove_instance_id"]

    def reboot(self, *_: Any, **__: Any) -> None:
        """Be down for a moment."""
        self._through("REBOOT", "ACTIVE")

    def resize(self, flavor: str) -> None:
        """Move to another flavor; waits for a confirmation."""
        if flavor not in FLAVORS:
            raise exceptions.NotFound(404)
        self._before_resize = self.flavor["id"]
        self.flavor = {"id": flavor, "links": []}
        self._through("RESIZE", "VERIFY_RESIZE")

    def migrate(self, force_host: str | None = None, **_: Any) -> None:
        """Move to another host; waits for a confirmation."""
        self._before_resize = self.flavor["id"]
        self.host = force_host or HOSTS[1 - HOSTS.index(self.host)]
        self._through("RESIZE", "VERIFY_RESIZE")

    def confirm_resize(self) -> None:
        """Keep what the resize made."""
        self.status = "ACTIVE"

    def revert_resize(self) -> None:
        """Go back to what was before the resize."""
        self.flavor = {"id": self._before_resize, "links": []}
        self.status = "ACTIVE"

    def rebuild(self, image: str, **_: Any) -> None:
        """Start anew from an image."""
        self.image = {"id": image}
        self._through("REBUILD", "ACTIVE")

    def delete(self) -> None:
        """Go, and the guest with it."""
        guest.forget(self.instance_id)
        self._later(MOVE_SECONDS, lambda: SERVERS.pop(self.id, None))

    def _booted(self) -> None:
        self.status = "ACTIVE"
        if self.name.endswith("SERVER_ERROR"):
            self.status = "ERROR"
            self.fault = {"message": "No valid host was found.", "code": "500"}

    def _through(self, between: str, end: str) -> None:
        self.status = between
        self._later(MOVE_SECONDS, lambda: setattr(self, "status", end))

    def _later(self, seconds: float, act: Callable[[], Any]) -> None:
        eventlet.spawn_after(seconds, act)


class Flavors:
    """The sizes that servers come in."""

    def list(self, **_: Any) -> list[SimpleNamespace]:
        """Return all."""
        return list(FLAVORS.values())

    def get(self, flavor: Any) -> SimpleNamespace:
        """Return one by its id."""
        if str(flavor) not in FLAVORS:
            raise exceptions.NotFound(404)
        return FLAVORS[str(flavor)]


class Servers:
    """The virtual machines."""

    def create(self, name: str, image: str | None, flavor: Any, **options: Any) -> Server:
        """Start one, on the ports that were made for it or on one of its own."""
        server = Server(name, image, str(flavor), options["tags"], options["meta"])
        SERVERS[server.id] = server
        neutron.plug(server.id, server.instance_id, [nic["port-id"] for nic in options.get("nics") or []])
        group = (options.get("scheduler_hints") or {}).get("group")
        if group in GROUPS:
            GROUPS[group].members.append(server.id)
        return server

    def get(self, server: str) -> Server:
        """Return one by its id."""
        if server not in SERVERS:
            raise exceptions.NotFound(404)
        return SERVERS[server]

    def list(self, search_opts: dict[str, Any] | None = None, **_: Any) -> list[Server]:
        """Return those with any of the tags, or with the one tag, that is asked for."""
        asked = search_opts or {}
        wanted = {tag for name in ("tags", "tags-any") for tag in asked.get(name, "").split(",") if tag}
        return [server for server in SERVERS.values() if not wanted or wanted & set(server.tags)]

    def set_tags(self, server: str, tags: list[str]) -> None:
        """Replace the tags of one."""
        self.get(server).tags = tags


class ServerGroups:
    """Rules of which servers run together."""

    def list(self) -> list[SimpleNamespace]:
        """Return all."""
        return list(GROUPS.values())

    def create(self, name: str, policies: list[str]) -> SimpleNamespace:
        """Make one."""
        group = SimpleNamespace(id=str(uuid.uuid4()), name=name, policies=policies, members=[])
        GROUPS[group.id] = group
        return group

    def delete(self, group: str) -> None:
        """Take one away."""
        GROUPS.pop(group, None)


class Nova:
    """What Trove calls of a Nova client."""

    api_version = api_versions.APIVersion("2.60")

    def __init__(self) -> None:
        self.flavors = Flavors()
        self.servers = Servers()
        self.server_groups = ServerGroups()


def client(*_: Any, **__: Any) -> Nova:
    """Return the client, whoever asks."""
    return Nova()
