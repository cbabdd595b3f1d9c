"""Listing, showing and creating instances."""

from __future__ import annotations

from typing import Any

from services.sandbox.trove import checks, lifecycle, views
from services.sandbox.trove.calls import Call, Reply, Route
from services.sandbox.trove.cloud import new_id
from services.sandbox.trove.errors import Refusal, bad_request, not_found
from services.sandbox.trove.guest import checked_databases, checked_users
from services.sandbox.trove.logs import new_logs
from services.sandbox.trove.model import Backup, Instance, Version
from services.sandbox.trove.paging import cut, paged


def list_instances(call: Call) -> Reply:
    return Reply(200, _page(call, is_detailed=False))


def list_details(call: Call) -> Reply:
    return Reply(200, _page(call, is_detailed=True))


def _page(call: Call, *, is_detailed: bool) -> dict[str, Any]:
    """A page is cut in the order of the ids and shown newest first; its marker is its largest id."""
    found, marker = cut(call, call.cloud.living(call.project), lambda one: one.id)
    view = views.detailed if is_detailed else views.listed
    newest_first = sorted(found, key=lambda one: one.created, reverse=True)
    return paged(call, "instances", [view(call, one) for one in newest_first], marker)


def show(call: Call) -> Reply:
    instance = call.instance(needs_server=False)
    return Reply(200, {"instance": views.detailed(call, instance, asks_guest=True)})


def create(call: Call) -> Reply:
    """An instance, a replica or several, or a restored one; the answer shows one, the last."""
    wanted = checks.mapping(call.part("instance"), "instance")
    name = checks.name(wanted.get("name"), "instance['name']")
    _check_shape(wanted)
    made = _replicas(call, wanted, name) if wanted.get("replica_of") else [_single(call, wanted, name)]
    for instance in made:
        call.cloud.instances[instance.id] = instance
        lifecycle.build(call.cloud, instance)
    view = views.detailed(call, made[-1])
    if len(made) > 1:
        # The service answers with the passwords of root, of which replicas have none.
        view["password"] = [None] * len(made)
    return Reply(200, {"instance": view})


def _check_shape(wanted: dict[str, Any]) -> None:
    if "flavorRef" in wanted:
        checks.flavor(wanted["flavorRef"], "instance['flavorRef']")
    if "volume" in wanted:
        checks.volume(wanted["volume"], "instance['volume']")
    if "access" in wanted:
        checks.access(wanted["access"], "instance['access']")
    checks.nics(wanted.get("nics", []), "instance['nics']")
    checks.mapping(wanted.get("datastore", {}), "instance['datastore']")
    count = wanted.get("replica_count", 1)
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= 3:
        raise checks.invalid("instance['replica_count']", f"{count!r} is not between 1 and 3")
    if wanted.get("locality") not in (None, "affinity", "anti-affinity"):
        raise bad_request(f"Invalid locality '{wanted['locality']}': it is affinity or anti-affinity.")


def _single(call: Call, wanted: dict[str, Any], name: str) -> Instance:
    if wanted.get("replica_count", 1) > 1:
        raise bad_request("Replica count only valid when creating replicas.")
    version = _version(call, wanted.get("datastore", {}))
    databases = checked_databases(wanted.get("databases", []), "instance['databases']")
    users = checked_users(wanted.get("users", []), "instance['users']", databases)
    if "flavorRef" not in wanted:
        raise bad_request("Resource None cannot be found.")
    flavor = call.cloud.find_flavor(checks.flavor(wanted["flavorRef"], "instance['flavorRef']"))
    if "volume" not in wanted:
        raise bad_request("Volume size was not specified.")
    size = checks.volume(wanted["volume"], "instance['volume']")
    check_volume(call, size)
    backup = _backup(call, wanted, version, size)
    configuration_id = _configuration(call, wanted, version)
    call.cloud.reserve(call.project, instances=1, ram=flavor.ram, volumes=size)
    instance = _made(call, name, flavor.id, size, version)
    instance.access, instance.locality = wanted.get("access") or {}, wanted.get("locality")
    instance.region = wanted.get("region_name") or call.cloud.region
    instance.configuration_id = configuration_id
    instance.module_ids = [one["id"] for one in wanted.get("modules") or []]
    instance.databases, instance.users = databases, users
    if backup is not None:
        instance.databases = sorted({*backup.databases, *databases})
        instance.users = [*backup.users, *users]
    return instance


def _version(call: Call, given: dict[str, Any]) -> Version:
    cloud = call.cloud
    datastore = cloud.find_datastore(given.get("type") or next(iter(cloud.datastores)))
    name = given.get("version") or datastore.default_version_id
    if not name:
        raise bad_request(f"Default version for datastore '{datastore.name}' not found.")
    version = cloud.find_version(datastore, name, given.get("version_number"))
    if not version.is_active:
        raise bad_request(f"Datastore version '{version.name}' is not active.")
    return version


def check_volume(call: Call, size: int) -> None:
    """Raises the refusal of a volume larger than the service makes."""
    largest = call.cloud.max_volume_gb
    if size > largest:
        raise Refusal(413, f"Volume 'size' cannot exceed maximum of {largest} GB, {size} cannot be accepted.")


def _configuration(call: Call, wanted: dict[str, Any], version: Version) -> str | None:
    given = wanted.get("configuration")
    if not given:
        return None
    group = call.cloud.configuration(str(given).rsplit("/", 1)[-1])
    if group.version_id != version.id:
        raise bad_request("The datastore version of the configuration does not match the one of the instance.")
    return group.id


def _backup(call: Call, wanted: dict[str, Any], version: Version, size: int) -> Backup | None:
    """The backup to restore, once all that could be wrong with it is not."""
    if "restorePoint" not in wanted:
        return None
    given = checks.mapping(wanted["restorePoint"], "instance['restorePoint']").get("backupRef")
    backup = call.cloud.backups.get(checks.uuid(given, "instance['restorePoint']['backupRef']"))
    if backup is None or not (call.is_admin or backup.project_id == call.project):
        raise not_found(str(given))
    if backup.state not in ("COMPLETED", "RESTORED"):
        raise Refusal(409, f"Backup {backup.id} is not completed. Actual state: {backup.state}.")
    if (backup.size or 0) > size:
        raise Refusal(403, f"Backup is too large: {backup.size} GB. Available size: {size} GB.")
    path = (backup.location or "").partition(f"/AUTH_{backup.project_id}/")[2]
    container, _, name = path.partition("/")
    stored = call.cloud.objects.get(backup.project_id, {}).get(container, {}).get(name)
    if stored is None:
        raise Refusal(404, f"Backup file in {backup.location} was not found in the object storage.")
    if stored.etag != backup.checksum:
        raise Refusal(409, f"Object checksum does not match original checksum for backup {backup.id}.")
    source = call.cloud.versions[backup.version_id]
    if source.datastore_id != version.datastore_id:
        raise bad_request("The datastore of the backup does not match the one of the new instance.")
    return backup


def _replicas(call: Call, wanted: dict[str, Any], name: str) -> list[Instance]:
    source_id = checks.uuid(wanted["replica_of"], "instance['replica_of']")
    for key, word in (("flavorRef", "flavor"), ("datastore", "datastore"), ("volume", "volume"), ("locality",) * 2):
        if wanted.get(key):
            raise bad_request(f"Cannot specify {word} when creating replicas.")
    source = call.find_instance(source_id, needs_server=False)
    if source.replica_of is not None:
        raise Refusal(401, f"Cannot create a replica of a replica {source_id}")
    if wanted.get("databases") or wanted.get("users"):
        raise bad_request("Cannot create a replica with users or databases.")
    lifecycle.require_available(source)
    count = wanted.get("replica_count", 1)
    ram = call.cloud.flavors[source.flavor_id].ram * count
    call.cloud.reserve(call.project, instances=count, ram=ram, volumes=source.volume_size * count)
    made = []
    for number in range(1, count + 1):
        version = call.cloud.version_of(source)
        named = f"{name}-{number}" if count > 1 else name
        instance = _made(call, named, source.flavor_id, source.volume_size, version)
        instance.replica_of, instance.configuration_id = source.id, source.configuration_id
        instance.access = wanted.get("access") or {}
        instance.databases, instance.users = list(source.databases), list(source.users)
        made.append(instance)
    return made


def _made(call: Call, name: str, flavor_id: str, size: int, version: Version) -> Instance:
    now = call.cloud.now()
    return Instance(
        id=new_id(),
        name=name,
        project_id=call.project,
        flavor_id=flavor_id,
        volume_size=size,
        version_id=version.id,
        created=now,
        updated=now,
        service_updated=now,
        region=call.cloud.region,
        logs=new_logs(call.cloud.clock.seconds()),
    )


ROUTES = (
    Route("GET", "instances", "ListInstances", list_instances),
    Route("POST", "instances", "CreateInstance", create),
    Route("GET", "instances/detail", "ListInstanceDetails", list_details),
    Route("GET", "instances/{id}", "ShowInstance", show),
)
