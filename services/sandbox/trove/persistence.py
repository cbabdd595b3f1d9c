"""The cloud on disk, from an orderly end to the next start: one file of JSON whose records name their kind."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from services.sandbox.trove import model
from services.sandbox.trove.cloud import Cloud
from services.sandbox.trove.logs import line_count

STATE_FILE = "cloud.json"
KIND, TIME, BYTES = "$kind", "$time", "$bytes"
_PARTS = (
    "instances",
    "backups",
    "strategies",
    "configurations",
    "datastores",
    "versions",
    "flavors",
    "volume_types",
    "modules",
    "quotas",
    "objects",
)


def save(cloud: Cloud, directory: Path) -> None:
    """Writes aside and renames. What is under way comes to its end first; logs that are on keep their lines."""
    cloud.timeline.finish()
    for instance in cloud.instances.values():
        for log in instance.logs:
            log.lines = line_count(log, cloud.clock.seconds())
            log.since = None if log.since is None else 0.0
    directory.mkdir(parents=True, exist_ok=True)
    state = {"url": cloud.url} | {name: getattr(cloud, name) for name in _PARTS}
    aside = directory / f"{STATE_FILE}.new"
    aside.write_text(json.dumps(state, default=_plain))
    os.replace(aside, directory / STATE_FILE)


def load(cloud: Cloud, directory: Path) -> bool:
    """Takes up what was saved; says whether there was anything."""
    path = directory / STATE_FILE
    if not path.exists():
        return False
    state = json.loads(path.read_text(), object_hook=_record)
    for name in _PARTS:
        setattr(cloud, name, state[name])
    for backup in cloud.backups.values():
        if backup.location is not None:
            backup.location = backup.location.replace(state["url"], cloud.url)
    return True


def _plain(value: object) -> dict[str, Any]:
    if isinstance(value, datetime):
        return {TIME: value.isoformat()}
    if isinstance(value, bytes):
        return {BYTES: base64.b64encode(value).decode()}
    if is_dataclass(value):
        return {KIND: type(value).__name__, **vars(value)}
    raise TypeError(f"{type(value).__name__} is no part of a cloud")


def _record(found: dict[str, Any]) -> Any:
    if TIME in found:
        return datetime.fromisoformat(found[TIME])
    if BYTES in found:
        return base64.b64decode(found[BYTES])
    if KIND in found:
        return getattr(model, found.pop(KIND))(**found)
    return found
