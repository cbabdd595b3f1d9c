"""A Glance in memory: one image that guests boot from."""

from types import SimpleNamespace
from typing import Any

from glanceclient import exc

IMAGE = "1ae00000-0000-4000-8000-000000000001"
IMAGES = {IMAGE: SimpleNamespace(id=IMAGE, name="trove-guest", status="active", checksum="0" * 32, min_disk=3)}


class Images:
    """The images."""

    def get(self, image: str) -> SimpleNamespace:
        """Return one by its id."""
        if image not in IMAGES:
            raise exc.HTTPNotFound
        return IMAGES[image]

    def list(self, **_: Any) -> list[dict[str, Any]]:
        """Return all; as a real client's they are read by key."""
        return [vars(image) for image in IMAGES.values()]


def client(*_: Any, **__: Any) -> SimpleNamespace:
    """Return the client, whoever asks."""
    return SimpleNamespace(images=Images())
