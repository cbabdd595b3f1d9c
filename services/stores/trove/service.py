"""What the service offers and holds, asked for by the store's parts: flavors, datastores, quotas, instances."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from services.cancel import NEVER, CancelToken
from services.errors import NotFound, Refused, SignInFailed
from services.read_ahead import ahead
from services.stores.instances import Instance, Quota
from services.stores.trove.rest import Rest, item, items, path_of
from services.stores.trove.servers import read_instance

UUID: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.I)
UNITS: Final = {"volumes": "GB", "ram": "MB"}
ABSOLUTE: Final = {"max_instances": "instances", "max_volumes": "volumes", "max_backups": "backups", "max_ram": "ram"}


class Service:
    """Reads of one service; flavors are kept, everything else is asked anew."""

    def __init__(self, rest: Rest) -> None:
        self.rest = rest
        self._lock = threading.Lock()
        self._flavors: dict[str, dict[str, Any]] | None = None

    def instance_data(self, identifier: str) -> dict[str, Any]:
        """The page of the instance with that id or, failing that, that name.

        Raises:
            NotFound: there is none, or several have the name.
        """
        if UUID.fullmatch(identifier):
            try:
                return self._by_id(identifier)
            except NotFound:
                if not (found := self._ids_named(identifier)):
                    raise
        else:
            found = self._ids_named(identifier)
        if not found:
            raise NotFound(f"{identifier}: no instance of that id or name", hint="List the instances to see them all.")
        if len(found) > 1:
            hint = f"Name it by its id: {', '.join(found)}."
            raise NotFound(f"{identifier}: {len(found)} instances have that name", hint=hint)
        return self._by_id(found[0])

    def _by_id(self, identifier: str) -> dict[str, Any]:
        data = self.rest.get(path_of("instances", identifier), f"instance {identifier}")
        return item(data, "instance", f"instance {identifier}")

    def _ids_named(self, name: str) -> list[str]:
        found = self.rest.every("/instances", "instances", "instances")
        return [str(one.get("id", "")) for one in found if one.get("name") == name]

    def instance_id(self, identifier: str) -> str:
        """The id of the instance with that id or name."""
        return identifier if UUID.fullmatch(identifier) else str(self.instance_data(identifier)["id"])

    def instances(self, cancel: CancelToken = NEVER) -> Iterator[Sequence[Instance]]:
        """All instances, page by page, with their times where the service has such a list.

        The next page is on its way while one is read and shown: its marker is all that it needs of the one before.
        """
        flavors, region = self.flavor_names(), self.rest.identity.region
        path = "/instances/detail"
        try:
            pages = self.rest.pages(path, "instances", "instances", cancel)
            first = next(pages)
        except NotFound:
            pages = self.rest.pages("/instances", "instances", "instances", cancel)
            first = next(pages)
        yield [read_instance(one, flavors, region) for one in first]
        for page in ahead(pages, cancel):
            yield [read_instance(one, flavors, region) for one in page]

    def flavors(self, datastore: str = "", version_id: str = "") -> list[dict[str, Any]]:
        """The flavors, or those that a datastore's version may have where the service tells."""
        if version_id:
            path = path_of("datastores", datastore, "versions", version_id, "flavors")
            with suppress(Refused):
                return items(self.rest.get(path, "flavors"), "flavors", "flavors")
        return items(self.rest.get("/flavors", "flavors"), "flavors", "flavors")

    def _known_flavors(self) -> Mapping[str, dict[str, Any]]:
        """Flavors by id, asked once; none where the service does not tell."""
        with self._lock:
            if self._flavors is None:
                try:
                    self._flavors = {flavor_id(one): one for one in self.flavors()}
                except Refused:
                    self._flavors = {}
            return self._flavors

    def flavor_names(self) -> Mapping[str, str]:
        """Names of flavors by id."""
        return {identifier: str(one.get("name", "")) for identifier, one in self._known_flavors().items()}

    def flavor_ram(self, identifier: str) -> float:
        """The MB of a flavor, which count against a quota; 0 where nobody knows."""
        return float(self._known_flavors().get(identifier, {}).get("ram") or 0)

    def datastores(self) -> list[dict[str, Any]]:
        """The datastores with their versions."""
        return self.rest.every("/datastores", "datastores", "datastores")

    def version_id(self, datastore: str, version: str) -> str:
        """The id of a datastore's version, which is named by it or by its name.

        Raises:
            NotFound: there is none.
        """
        for one in self.datastores():
            if datastore in (one.get("name"), one.get("id")):
                for known in one.get("versions") or ():
                    if version in (known.get("name"), known.get("id")):
                        return str(known.get("id"))
        raise NotFound(f"{datastore}/{version}: no such version of a datastore", hint="List the datastores' versions.")

    def volume_types(self, datastore: str, version_id: str) -> list[dict[str, Any]]:
        """The types of volume that a datastore's version may have; none where the service does not tell."""
        path = path_of("datastores", datastore, "versions", version_id, "volume-types")
        try:
            return items(self.rest.get(path, "volume types"), "volume_types", "volume types")
        except Refused:
            return []

    def parameters(self, datastore: str, version_id: str) -> list[dict[str, Any]]:
        """What a configuration group of a datastore's version may set."""
        path = path_of("datastores", datastore, "versions", version_id, "parameters")
        what = f"parameters of {datastore}"
        return items(self.rest.get(path, what), "configuration-parameters", what)

    def quotas(self) -> list[Quota]:
        """What the project uses and may use; without use where only the limits are told."""
        project = self.rest.identity.project_id
        try:
            found = items(self.rest.get(path_of("mgmt", "quotas", project), "quotas"), "quotas", "quotas")
        except (Refused, SignInFailed):
            return self._limits()
        return [
            Quota(
                str(one.get("resource", "")),
                float(one.get("in_use") or 0) + float(one.get("reserved") or 0),
                _limit(one.get("limit")),
                UNITS.get(str(one.get("resource", "")), ""),
            )
            for one in found
        ]

    def _limits(self) -> list[Quota]:
        first = next(iter(self.limits()), {})
        return [
            Quota(name, 0, _limit(first[key]), UNITS.get(name, "")) for key, name in ABSOLUTE.items() if key in first
        ]

    def limits(self) -> list[dict[str, Any]]:
        """The absolute limits, then the rate limits."""
        return items(self.rest.get("/limits", "limits"), "limits", "limits")

    def backups(self, instance_id: str = "") -> list[dict[str, Any]]:
        """All backups of the project, or those of an instance."""
        if instance_id:
            path = path_of("instances", instance_id, "backups")
            return self.rest.every(path, "backups", f"backups of {instance_id}")
        return self.rest.every("/backups", "backups", "backups")

    def backup(self, identifier: str) -> dict[str, Any]:
        """The backup with that id or, failing that, that name.

        Raises:
            NotFound: there is none, or several have the name.
        """
        what = f"backup {identifier}"
        if not UUID.fullmatch(identifier):
            return _only([one for one in self.backups() if one.get("name") == identifier], what)
        return item(self.rest.get(path_of("backups", identifier), what), "backup", what)

    def backup_id(self, identifier: str) -> str:
        """The id of the backup with that id or name."""
        return identifier if UUID.fullmatch(identifier) else str(self.backup(identifier)["id"])

    def configuration_id(self, identifier: str) -> str:
        """The id of the configuration group with that id or name."""
        if UUID.fullmatch(identifier):
            return identifier
        named = [one for one in self.configurations() if one.get("name") == identifier]
        return str(_only(named, f"configuration group {identifier}")["id"])

    def configurations(self) -> list[dict[str, Any]]:
        """The configuration groups, without their values."""
        return self.rest.every("/configurations", "configurations", "configurations")


def flavor_id(flavor: Mapping[str, Any]) -> str:
    """The id of a flavor; `id` is null where it is no number."""
    return str(flavor.get("str_id") or flavor.get("id") or "")


def _only(found: list[dict[str, Any]], what: str) -> dict[str, Any]:
    """The only one of that name.

    Raises:
        NotFound: there is none, or several have the name.
    """
    if not found:
        raise NotFound(f"{what}: there is none of that id or name", hint="List them to see them all.")
    if len(found) > 1:
        ids = ", ".join(str(one.get("id", "")) for one in found)
        raise NotFound(f"{what}: {len(found)} have that name", hint=f"Name it by its id: {ids}.")
    return found[0]


def _limit(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and value >= 0 else None
