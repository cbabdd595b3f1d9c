"""What a restored instance starts with, in words: the service keeps no trace of it in the instance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.errors import NotFound
from services.stores.trove.actions.deed import Work


def origin(work: Work) -> tuple[str, ...]:
    """The backup, the one that it adds to, and the instance that both were made of; nothing for a new, empty one."""
    if not work.text("from_backup"):
        return ()
    backup = work.service.backup(work.text("from_backup"))
    names = {str(one.get("id")): str(one.get("name", "")) for one in work.service.backups()}
    parent = str(backup.get("parent_id") or "")
    upon = f", incremental upon {names.get(parent, parent)}" if parent else ""
    return (f"starts with the data of {backup.get('name', '')}{upon}, of {_source(work, backup)}",)


def _source(work: Work, backup: Mapping[str, Any]) -> str:
    """The instance that a backup was made of."""
    identifier = str(backup.get("instance_id") or "")
    try:
        return str(work.service.instance_data(identifier).get("name", identifier))
    except NotFound:
        return f"{identifier or 'an instance'}, which is gone"
