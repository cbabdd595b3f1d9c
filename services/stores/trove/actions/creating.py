"""New instances: empty, from a backup, or as replicas of another one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from services.errors import ValueRefused
from services.logs import remember_secret
from services.secrets import Secret
from services.stores.instances import ActionField, ActionResult, Choice
from services.stores.trove.actions.accounts import secret_request, split_user
from services.stores.trove.actions.deed import INSTANCE, SERVICE, Deed, Sending, Work
from services.stores.trove.actions.lifecycle import flavor_choices
from services.stores.trove.actions.origins import origin
from services.stores.trove.actions.passwords import new_password
from services.stores.trove.actions.states import may_be_primary
from services.stores.trove.rest import Answer, item

MAX_REPLICAS: Final = 3
OF_PRIMARY: Final = (
    "flavor",
    "size",
    "volume_type",
    "datastore",
    "datastore_version",
    "ip_address",
    "from_backup",
    "locality",
)
"""What is not asked for replicas."""

LOCALITIES: Final = (Choice("affinity", "on the same host"), Choice("anti-affinity", "on different hosts"))


def fields(work: Work) -> Sequence[ActionField]:
    """The form of a new instance; versions depend on the datastore, flavors on the version."""
    datastores = [one for one in work.service.datastores() if one.get("versions")]
    is_replica = bool(work.text("replica_of"))
    wanted = _wanted(work)
    datastore = _chosen(wanted["type"], datastores)
    version = _chosen(wanted["version"], list(datastore.get("versions") or ()), datastore)
    return (
        ActionField("name", "Name", "Need not be unique; an id is given by the service.", is_required=True),
        *_datastore_fields(datastores, datastore, version, is_replica=is_replica),
        ActionField(
            "flavor",
            "Flavor",
            "CPUs and memory.",
            kind="choice",
            is_required=not is_replica,
            choices=flavor_choices(work.service, str(datastore.get("name", "")), str(version.get("id", ""))),
            depends_on="datastore_version",
        ),
        ActionField("size", "Size in GB", "Of the volume.", kind="number", is_required=not is_replica),
        *_more_fields(work, str(datastore.get("name", "")), version),
    )


def _wanted(work: Work) -> dict[str, str]:
    """Datastore and version as given, else those of the backup that is restored."""
    given = {"type": work.text("datastore"), "version": work.text("datastore_version")}
    if any(given.values()) or not work.text("from_backup"):
        return given
    of_backup = work.service.backup(work.text("from_backup")).get("datastore") or {}
    return {key: str(of_backup.get(key) or "") for key in given}


def _chosen(text: str, among: list[dict[str, Any]], owner: dict[str, Any] | None = None) -> dict[str, Any]:
    """The one of that name or id, else the default, else the only one."""
    by_default = str((owner or {}).get("default_version", ""))
    for wanted in (text, by_default) if not text else (text,):
        found = [one for one in among if wanted and wanted in (one.get("name"), one.get("id"))]
        if found:
            return found[0]
    return among[0] if len(among) == 1 and not text else {}


def _datastore_fields(
    datastores: list[dict[str, Any]], datastore: dict[str, Any], version: dict[str, Any], *, is_replica: bool
) -> tuple[ActionField, ...]:
    names = tuple(Choice(str(one.get("name", ""))) for one in datastores)
    versions = tuple(Choice(str(one.get("name", ""))) for one in datastore.get("versions") or ())
    return (
        ActionField(
            "datastore",
            "Datastore",
            "Which database; a replica and a restored backup have that of their source.",
            kind="choice",
            default="" if is_replica else str(datastore.get("name", "")),
            is_required=not is_replica,
            choices=names,
        ),
        ActionField(
            "datastore_version",
            "Version",
            kind="choice",
            default="" if is_replica else str(version.get("name", "")),
            is_required=not is_replica,
            choices=versions,
            depends_on="datastore",
        ),
    )


def _more_fields(work: Work, datastore: str, version: dict[str, Any]) -> tuple[ActionField, ...]:
    types = work.service.volume_types(datastore, str(version["id"])) if version else []
    groups = [
        one for one in work.service.configurations() if not version or one.get("datastore_version_id") == version["id"]
    ]
    backups = [one for one in work.service.backups() if one.get("status") == "COMPLETED"]
    return (
        ActionField(
            "volume_type",
            "Volume type",
            "Empty for the service's own.",
            kind="choice",
            choices=tuple(Choice(str(one.get("name", ""))) for one in types),
            depends_on="datastore_version",
        ),
        ActionField("databases", "Databases", "Created with it; names with commas.", kind="list"),
        ActionField("users", "Users", "NAME or NAME@HOST with commas; they may use those databases.", kind="list"),
        ActionField("password", "Password", "Of those users; empty makes one each, shown once.", kind="secret"),
        ActionField("network", "Network", "The id of the network it joins; empty for the service's own."),
        ActionField("subnet", "Subnet", "The id of the subnet, where the network has several."),
        ActionField("ip_address", "Address", "A fixed address in it."),
        ActionField(
            "from_backup",
            "Restore from",
            "A backup whose data it starts with.",
            kind="choice",
            choices=tuple(Choice(str(one.get("id", "")), _backup_label(one)) for one in backups),
        ),
        ActionField("replica_of", "Replica of", "The id or name of the instance that it follows."),
        ActionField(
            "replica_count", "Replicas", f"How many at once, up to {MAX_REPLICAS}.", kind="number", default="1"
        ),
        ActionField(
            "configuration",
            "Configuration group",
            kind="choice",
            choices=tuple(Choice(str(one.get("id", "")), str(one.get("name", ""))) for one in groups),
            depends_on="datastore_version",
        ),
        ActionField("availability_zone", "Availability zone", "Empty for any."),
        ActionField("locality", "Locality", "Of replicas among each other.", kind="choice", choices=LOCALITIES),
        ActionField(
            "is_public", "Public address", "Reachable from outside of the cloud.", kind="flag", default="false"
        ),
        ActionField(
            "allowed_cidrs", "Allowed networks", "Such as 10.0.0.0/8, with commas; empty for all.", kind="list"
        ),
        ActionField("modules", "Modules", "Ids of modules that are applied to it.", kind="list"),
    )


def _backup_label(backup: dict[str, Any]) -> str:
    return f"{backup.get('name', '')} · {backup.get('created', '')} · {backup.get('size') or '?'} GB"


def make(work: Work) -> Sending:
    """The request of a new instance."""
    body: dict[str, Any] = {"name": work.text("name")}
    if work.text("replica_of"):
        _as_replica(work, body)
    else:
        _as_new(work, body)
    told = _accounts(work, body)
    _surroundings(work, body)
    request = secret_request("POST", "/instances", {"instance": body})
    return Sending(request, told, notes=origin(work), asked=_asked(work, body))


def _asked(work: Work, body: dict[str, Any]) -> dict[str, float]:
    """What it adds to the use of each quota; replicas have volume and flavor of their primary."""
    count = float(body.get("replica_count", 1))
    of = work.service.instance_data(body["replica_of"]) if "replica_of" in body else body
    flavor = str((of.get("flavor") or {}).get("id", "") or body.get("flavorRef", ""))
    size = float((of.get("volume") or {}).get("size") or 0)
    return {"instances": count, "volumes": size * count, "ram": work.service.flavor_ram(flavor) * count}


def _as_new(work: Work, body: dict[str, Any]) -> None:
    size = work.arguments.get("size")
    if not isinstance(size, int) or size < 1:
        raise ValueRefused(f"create: size: {size} GB is no size of a volume", hint="Give whole GB, 1 or more.")
    body |= {"flavorRef": work.text("flavor"), "volume": {"size": size}}
    if work.text("volume_type"):
        body["volume"]["type"] = work.text("volume_type")
    datastore = _wanted(work)
    if any(datastore.values()):
        body["datastore"] = {key: value for key, value in datastore.items() if value}
    if work.text("from_backup"):
        body["restorePoint"] = {"backupRef": work.text("from_backup")}


def _as_replica(work: Work, body: dict[str, Any]) -> None:
    """A replica takes flavor, volume and datastore from its primary; the service refuses them beside it."""
    count = work.arguments.get("replica_count", 1)
    if not isinstance(count, int) or not 1 <= count <= MAX_REPLICAS:
        raise ValueRefused(f"create: replica_count: {count} is not possible", hint=f"Give 1 to {MAX_REPLICAS}.")
    for name in OF_PRIMARY:
        if work.arguments.get(name):
            hint = "A replica has that of its primary: leave it out."
            raise ValueRefused(f"create: {name}: not possible for a replica", hint=hint)
    body |= {"replica_of": work.service.instance_id(work.text("replica_of")), "replica_count": count}


def _accounts(work: Work, body: dict[str, Any]) -> tuple[tuple[str, Secret], ...]:
    """Databases and users; the passwords that were made for them."""
    databases: list[str] = work.arguments.get("databases", [])
    if databases:
        body["databases"] = [{"name": name} for name in databases]
    told: list[tuple[str, Secret]] = []
    for text in work.arguments.get("users", []):
        given: Secret | None = work.arguments.get("password")
        password = given or new_password()
        user: dict[str, Any] = split_user(text) | {"password": password.reveal()}
        if databases:
            user["databases"] = [{"name": name} for name in databases]
        body.setdefault("users", []).append(user)
        if not given:
            told.append((f"password of {text}", password))
    return tuple(told)


def _surroundings(work: Work, body: dict[str, Any]) -> None:
    nic = {
        key: work.text(name)
        for key, name in (("net-id", "network"), ("subnet_id", "subnet"), ("ip_address", "ip_address"))
        if work.text(name)
    }
    if nic:
        body["nics"] = [nic]
    for key in ("configuration", "availability_zone", "locality"):
        if work.text(key):
            body[key] = work.text(key)
    access = {key: work.arguments[key] for key in ("is_public", "allowed_cidrs") if work.arguments.get(key)}
    if access:
        body["access"] = access
    if work.arguments.get("modules"):
        body["modules"] = [{"id": one} for one in work.arguments["modules"]]


def created(work: Work, sending: Sending, answer: Answer) -> ActionResult:
    """The new instance; of several replicas the service names one."""
    new = item(answer.data, "instance", f"create {work.text('name')}")
    told = sending.secrets
    if new.get("password"):
        told = (*told, ("password of root", remember_secret(Secret(str(new["password"])))))
    return ActionResult(
        "; ".join((f"{new.get('name', '')}: is being built", *sending.notes)),
        str(new.get("id", "")),
        request_id=answer.request_id,
        secrets=told,
    )


def _replica_fields(work: Work) -> Sequence[ActionField]:
    return (
        ActionField("name", "Name", is_required=True, default=f"{work.instance.name}-replica"),
        ActionField(
            "replica_count", "Replicas", f"How many at once, up to {MAX_REPLICAS}.", kind="number", default="1"
        ),
        ActionField("network", "Network", "The id of the network it joins; empty for the service's own."),
    )


def _add_replica(work: Work) -> Sending:
    return make(Work(work.service, {**work.arguments, "replica_of": work.instance.id}, work.target))


DEEDS: Final = (
    Deed(
        "create",
        "Create",
        SERVICE,
        make,
        "A new instance: empty, from a backup, or as a replica.",
        fields,
        wait_for="ACTIVE",
        result=created,
    ),
    Deed(
        "add-replica",
        "Add replica",
        INSTANCE,
        _add_replica,
        "A new instance that follows this one.",
        _replica_fields,
        may_be_primary,
        "ACTIVE",
        result=created,
    ),
)
