"""Backups as guests take them: the row of the backup, an object in Swift, and the contents to restore."""

from __future__ import annotations

import json
from typing import Any

import eventlet
from fakes import swift
from fakes.guest_contents import Contents
from trove.backup.models import DBBackup
from trove.backup.state import BackupState

WORK_SECONDS = 0.8
CONTAINER = "database_backups"
SIZE_GB = 0.12
TAKEN: dict[str, Contents] = {}


def take(backup_id: str, contents: Contents, info: dict[str, Any]) -> None:
    """Back contents up, which takes a moment."""
    row = DBBackup.find_by(id=backup_id)
    row.state = BackupState.BUILDING
    row.save()
    eventlet.spawn_after(WORK_SECONDS, finish, backup_id, contents.copy(), info)


def finish(backup_id: str, contents: Contents, info: dict[str, Any]) -> None:
    """Store the object and close the row of the backup."""
    row = DBBackup.find_by(id=backup_id)
    if row.deleted:
        return
    if row.name.endswith("BACKUP_ERROR"):
        row.state = BackupState.FAILED
        row.save()
        return
    container = info.get("swift_container") or CONTAINER
    name = f"{backup_id}.xbstream.gz"
    content = json.dumps({"databases": sorted(contents.databases), "users": sorted(contents.users)}).encode()
    stored = swift.Object(content)
    swift.ACCOUNTS[row.tenant_id].put(container, name, stored)
    row.checksum = stored.checksum
    row.location = f"{info['swift_url']}/{container}/{name}"
    row.size = SIZE_GB
    row.state = BackupState.COMPLETED
    TAKEN[backup_id] = contents
    row.save()
