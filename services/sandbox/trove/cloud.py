"""All that the database service holds, and how its parts are found."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import RLock

from services.sandbox.trove.clock import Clock, Timeline
from services.sandbox.trove.errors import Refusal, bad_request, not_found
from services.sandbox.trove.model import (
    Backup,
    Configuration,
    Datastore,
    Fault,
    Flavor,
    Instance,
    Module,
    Parameter,
    StoredObject,
    Strategy,
    Version,
    VolumeType,
)

PAGE = 20
DEFAULT_QUOTAS = {"instances": 40, "ram": 262_144, "volumes": 4000, "backups": 50}
MAX_VOLUME_GB = 500


class Cloud:
    """The state behind the API; `lock` is held while a request is answered."""

    def __init__(self, clock: Clock, region: str) -> None:
        self.clock = clock
        self.timeline = Timeline(clock)
        self.lock = RLock()
        self.region = region
        self.max_volume_gb = MAX_VOLUME_GB
        self.url = ""
        self.instances: dict[str, Instance] = {}
        self.backups: dict[str, Backup] = {}
        self.strategies: list[Strategy] = []
        self.configurations: dict[str, Configuration] = {}
        self.datastores: dict[str, Datastore] = {}
        self.versions: dict[str, Version] = {}
        self.flavors: dict[str, Flavor] = {}
        self.volume_types: list[VolumeType] = []
        self.modules: dict[str, Module] = {}
        self.quotas: dict[str, dict[str, int]] = {}
        self.objects: dict[str, dict[str, dict[str, StoredObject]]] = {}
        self._stored = clock.instant()

    def now(self) -> datetime:
        return self.clock.now()

    def living(self, project: str | None = None) -> list[Instance]:
        """The instances that are not deleted, of one project or of all."""
        found = (one for one in self.instances.values() if one.deleted_at is None)
        return [one for one in found if project is None or one.project_id == project]

    def replicas(self, instance: Instance) -> list[Instance]:
        return [one for one in self.living(instance.project_id) if one.replica_of == instance.id]

    def version_of(self, instance: Instance) -> Version:
        return self.versions[instance.version_id]

    def datastore_of(self, version: Version) -> Datastore:
        return self.datastores[version.datastore_id]

    def find_datastore(self, name: str) -> Datastore:
        """By id or name."""
        for datastore in self.datastores.values():
            if name in (datastore.id, datastore.name):
                return datastore
        raise Refusal(404, f"Datastore '{name}' cannot be found.")

    def find_version(self, datastore: Datastore, name: str, number: str | None = None) -> Version:
        """By id or name, and by number where several have that name. An unknown one is a bad request."""
        found = [one for one in self.versions.values() if one.datastore_id == datastore.id]
        found = [one for one in found if name in (one.id, one.name) and number in (None, one.number)]
        if not found:
            raise bad_request(f"Datastore version '{name}' cannot be found.")
        if len(found) > 1:
            raise bad_request(f"Several datastore versions have the name '{name}': use an id, or name and number.")
        return found[0]

    def version_by_id(self, name: str) -> Version:
        if name not in self.versions:
            raise bad_request(f"Datastore version '{name}' cannot be found.")
        return self.versions[name]

    def find_flavor(self, flavor_id: str) -> Flavor:
        if flavor_id not in self.flavors:
            raise bad_request(f"Resource {flavor_id} cannot be found.")
        return self.flavors[flavor_id]

    def parameter(self, version: Version, name: str) -> Parameter:
        for one in version.parameters:
            if one.name == name:
                return one
        raise Refusal(404, f"{name} is not a supported configuration parameter.")

    def configuration(self, configuration_id: str) -> Configuration:
        if configuration_id not in self.configurations:
            raise not_found(configuration_id)
        return self.configurations[configuration_id]

    def limits(self, project: str) -> dict[str, int]:
        return DEFAULT_QUOTAS | self.quotas.get(project, {})

    def usage(self, project: str) -> dict[str, int]:
        """What a project has; what is being deleted does not count any more."""
        living = [one for one in self.living(project) if one.task != "DELETING"]
        return {
            "instances": len(living),
            "ram": sum(self.flavors[one.flavor_id].ram for one in living if one.flavor_id in self.flavors),
            "volumes": sum(one.volume_size for one in living),
            "backups": sum(one.project_id == project for one in self.backups.values()),
        }

    def reserve(self, project: str, **wanted: int) -> None:
        """Raises the refusal of a quota that what is wanted would exceed."""
        used, limits = self.usage(project), self.limits(project)
        overs = [name for name, more in wanted.items() if 0 <= limits[name] < used[name] + more and more > 0]
        if overs:
            raise Refusal(413, f"Quota exceeded for resources: {sorted(overs)}.")

    def put_object(
        self, project: str, container: str, name: str, body: bytes, headers: dict[str, str] | None = None
    ) -> StoredObject:
        """Stores an object; its container comes into being with it."""
        etag = hashlib.md5(body, usedforsecurity=False).hexdigest()
        # Clients sort objects by when they were stored: no two at once.
        self._stored = max(self.clock.instant(), self._stored + timedelta(microseconds=1))
        stored = StoredObject(body, self._stored, headers or {}, etag)
        self.objects.setdefault(project, {}).setdefault(container, {})[name] = stored
        return stored

    def account_url(self, project: str) -> str:
        return f"{self.url}/object-store/v1/AUTH_{project}"

    @contextmanager
    def recorded(self, instance: Instance) -> Iterator[None]:
        """A refusal in here stays with the instance as its fault, however healthy it is."""
        try:
            yield
        except Refusal as refusal:
            details = f"Traceback (most recent call last):\nUnprocessable: {refusal.message}"
            instance.fault = Fault(refusal.message, self.now(), details)
            raise


def new_id() -> str:
    return str(uuid.uuid4())
