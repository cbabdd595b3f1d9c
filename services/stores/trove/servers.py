"""Instances as the service tells them, read into the contract's records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from services.stores.instances import Fault, Instance

READY_STATUS: Final = "ACTIVE"
HEALTHY: Final = "HEALTHY"
RESTART_REQUIRED: Final = "RESTART_REQUIRED"

CHANGING: Final = frozenset(
    ("NEW", "BUILD", "REBOOT", "RESIZE", "UPGRADE", "BACKUP", "PROMOTE", "EJECT", "DETACH", "SHUTDOWN", "LOGGING")
)
"""Statuses that pass by themselves; SHUTDOWN means that it is being deleted."""

FAILED: Final = frozenset(("ERROR", "FAILED", "BLOCKED"))
FAILED_DATABASE: Final = frozenset(("ERROR", "FAILED", "CRASHED", "BLOCKED", "FAILED_TIMEOUT_GUESTAGENT"))
ABSENT_DATABASE: Final = frozenset(("", "NEW", "BUILDING", "STARTING", "RESTARTING", "PAUSED", "UNKNOWN"))
"""What the database is said to do until its agent reports."""

STUCK_SECONDS: Final = 3600.0
"""A build is given up by the service itself after an hour; one that is older has been forgotten."""


def moment(text: Any) -> str:
    """A time of the service, which is UTC and does not say so, in ISO 8601."""
    shown = str(text or "")
    return f"{shown}Z" if shown and shown[-1] not in "Zz" and "+" not in shown else shown


def age_seconds(text: str, now: datetime | None = None) -> float | None:
    """Seconds since a time, None where it is none."""
    try:
        then = datetime.fromisoformat(text)
    except ValueError:
        return None
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return ((now or datetime.now(UTC)) - then).total_seconds()


def read_instance(data: Mapping[str, Any], flavors: Mapping[str, str], region: str = "") -> Instance:
    """One instance of a list, or of its own page.

    Args:
        flavors: names by id; an id stands for itself where it is not among them.
    """
    status = str(data.get("status", ""))
    operating = data.get("operating_status")
    datastore = _object(data, "datastore")
    volume = _object(data, "volume")
    flavor = str(_object(data, "flavor").get("id", ""))
    return Instance(
        id=str(data.get("id", "")),
        name=str(data.get("name", "")),
        status=status,
        operating_status=str(operating or ""),
        datastore=str(datastore.get("type", "")),
        datastore_version=str(datastore.get("version", "")),
        flavor=flavors.get(flavor, flavor),
        volume_gb=_number(volume.get("size")),
        volume_used_gb=_number(volume.get("used")),
        region=str(data.get("region") or region),
        created=moment(data.get("created")),
        updated=moment(data.get("updated")),
        addresses=_addresses(data),
        replica_of=str(_object(data, "replica_of").get("id", "")),
        replicas=tuple(str(one.get("id", "")) for one in data.get("replicas") or () if isinstance(one, dict)),
        project=str(data.get("tenant_id") or ""),
        is_changing=is_changing(status, operating),
        is_ready=is_ready(status, operating),
        is_failed=status in FAILED or (status == READY_STATUS and operating in FAILED_DATABASE),
    )


def is_ready(status: str, operating: str | None) -> bool:
    """Whether it is ACTIVE and its database HEALTHY; services before 2019 tell nothing of the database."""
    return status == READY_STATUS and operating in (HEALTHY, None)


def is_changing(status: str, operating: str | None) -> bool:
    """Whether it becomes something else by itself."""
    return status in CHANGING or (status == READY_STATUS and operating is not None and operating in ABSENT_DATABASE)


def is_stuck(instance: Instance) -> bool:
    """Whether it has been building for so long that nothing will come of it."""
    age = age_seconds(instance.created)
    return instance.status == "BUILD" and age is not None and age > STUCK_SECONDS


def read_fault(data: Mapping[str, Any]) -> Fault | None:
    """What went wrong last; the service keeps it also for refused calls of a healthy instance."""
    fault = _object(data, "fault")
    if not fault:
        return None
    return Fault(str(fault.get("message", "")), moment(fault.get("created")), str(fault.get("details") or ""))


def _addresses(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Each address once, the public ones last as the service has them."""
    found = [str(one.get("address", "")) for one in data.get("addresses") or () if isinstance(one, dict)]
    found += [str(one) for one in data.get("ip") or ()]
    found += [str(data["hostname"])] if data.get("hostname") else []
    return tuple(dict.fromkeys(address for address in found if address))


def _object(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = data.get(key)
    return found if isinstance(found, dict) else {}


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None
