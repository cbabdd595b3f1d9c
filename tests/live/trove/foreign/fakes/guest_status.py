"""What guests tell Trove of themselves: the state of their database, and that they are alive."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

import eventlet
from trove.common.exception import ModelNotFoundError
from trove.db import get_db_api
from trove.instance.models import InstanceServiceStatus
from trove.instance.service_status import ServiceStatus, ServiceStatuses

BEAT_SECONDS = 20.0  # Trove takes a guest for dead after 90 s
WAKE_SECONDS = 0.4
SILENT_FOR = datetime.timedelta(hours=1)


def report(instance_id: str, status: ServiceStatus) -> None:
    """Write the state of the database of an instance, unless the instance is gone."""
    try:
        row = InstanceServiceStatus.find_by(instance_id=instance_id)
    except ModelNotFoundError:
        return
    if row.status != ServiceStatuses.DELETED:
        row.set_status(status)
        row.save()


def fall_silent(instance_id: str) -> None:
    """Make the last sign of life of a guest an old one."""
    row = InstanceServiceStatus.find_by(instance_id=instance_id)
    row.updated_at = row.updated_at - SILENT_FOR
    get_db_api().save(row)


def beat(instance_ids: Iterable[str]) -> None:
    """Let each guest say that it is alive, with its database as it was."""
    for instance_id in instance_ids:
        try:
            InstanceServiceStatus.find_by(instance_id=instance_id).save()
        except ModelNotFoundError:
            continue
        eventlet.sleep(0)


def paused(instance_ids: Iterable[str]) -> list[str]:
    """Return those that Trove has set to PAUSED, which it does after a move to learn whether the guest awakes."""
    code = ServiceStatuses.PAUSED.code
    rows = InstanceServiceStatus.find_all(status_id=code).all()
    return sorted({row.instance_id for row in rows} & set(instance_ids))
