"""A Swift in memory: objects in containers, with their size and checksum."""

from __future__ import annotations

import hashlib
from typing import Any

from swiftclient import ClientException

CONTAINERS: dict[str, dict[str, bytes]] = {}


def put(container: str, name: str, content: bytes) -> str:
    """Store an object; returns its checksum."""
    CONTAINERS.setdefault(container, {})[name] = content
    return _checksum(content)


def _checksum(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


class Swift:
    """What Trove calls of a Swift connection."""

    def get_account(self, **_: Any) -> tuple[dict[str, str], list[dict[str, Any]]]:
        """Return the containers: the token is good."""
        return {}, [{"name": name, "count": len(objects)} for name, objects in CONTAINERS.items()]

    def head_object(self, container: str, name: str, **_: Any) -> dict[str, str]:
        """Return the headers of an object."""
        content = CONTAINERS.get(container, {}).get(name)
        if content is None:
            raise ClientException("Object HEAD failed", http_status=404, http_reason="Not Found")
        return {"etag": f'"{_checksum(content)}"', "content-length": str(len(content))}

    def delete_object(self, container: str, name: str, **_: Any) -> None:
        """Take an object away."""
        self.head_object(container, name)
        del CONTAINERS[container][name]


def client(*_: Any, **__: Any) -> Swift:
    """Return the client, whoever asks."""
    return Swift()
