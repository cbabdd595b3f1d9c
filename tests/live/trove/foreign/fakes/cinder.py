"""A Cinder in memory: volumes that take a moment, and volume types."""

from __future__ import annotations

import uuid
from types import SimpleNamespace
from typing import Any

import eventlet
from cinderclient import exceptions
from oslo_utils import timeutils

MAKE_SECONDS = 0.1
VOLUMES: dict[str, Volume] = {}
TYPES = {
    id_: SimpleNamespace(id=id_, name=name, is_public=True, description=description)
    for id_, name, description in (
        ("type-standard", "standard", "Spinning disks"),
        ("type-fast", "fast", "Solid state"),
    )
}


class Volume:
    """One block device."""

    def __init__(self, size: int, name: str, volume_type: str | None) -> None:
        self.id = str(uuid.uuid4())
        self.size = size
        self.name = name
        self.volume_type = volume_type
        self.status = "creating"
        self.attachments: list[dict[str, str]] = []
        self.availability_zone = "nova"
        self.created_at = timeutils.utcnow().isoformat()
        eventlet.spawn_after(MAKE_SECONDS, self._become, size)

    def extend(self, size: int) -> None:
        """Grow after a moment."""
        self.status = "extending"
        eventlet.spawn_after(MAKE_SECONDS, self._become, size)

    def delete(self) -> None:
        """Go."""
        VOLUMES.pop(self.id, None)

    def _become(self, size: int) -> None:
        self.size = size
        self.status = "available"


class Volumes:
    """The block devices."""

    def create(self, size: int, name: str = "", volume_type: str | None = None, **_: Any) -> Volume:
        """Make one."""
        volume = Volume(size, name, volume_type)
        VOLUMES[volume.id] = volume
        return volume

    def get(self, volume: str) -> Volume:
        """Return one by its id."""
        if volume not in VOLUMES:
            raise exceptions.NotFound(404)
        return VOLUMES[volume]

    def list(self, search_opts: dict[str, str] | None = None, **_: Any) -> list[Volume]:
        """Return those of the name that is asked for: Trove deletes whatever comes back."""
        name = (search_opts or {}).get("name")
        return [volume for volume in VOLUMES.values() if name in (None, volume.name)]

    def extend(self, volume: str, size: int) -> None:
        """Grow one."""
        self.get(volume).extend(size)


class VolumeTypes:
    """The kinds of block devices."""

    def list(self, **_: Any) -> list[SimpleNamespace]:
        """Return all."""
        return list(TYPES.values())

    def get(self, volume_type: str) -> SimpleNamespace:
        """Return one by its id."""
        if volume_type not in TYPES:
            raise exceptions.NotFound(404)
        return TYPES[volume_type]


class Cinder:
    """What Trove calls of a Cinder client."""

    def __init__(self) -> None:
        self.volumes = Volumes()
        self.volume_types = VolumeTypes()


def client(*_: Any, **__: Any) -> Cinder:
    """Return the client, whoever asks."""
    return Cinder()
