"""A Swift in memory: each project's objects in containers, for Trove and, over HTTP, for clients that read logs."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import webob
import webob.dec
from oslo_utils import timeutils
from swiftclient import ClientException


@dataclass(frozen=True)
class Object:
    """What a project stored under one name."""

    content: bytes
    headers: dict[str, str] = field(default_factory=dict)
    modified: str = field(default_factory=lambda: timeutils.utcnow().isoformat(timespec="microseconds"))

    @property
    def checksum(self) -> str:
        """The MD5 of the content, as Swift's ETag has it."""
        return hashlib.md5(self.content, usedforsecurity=False).hexdigest()

    def row(self, name: str) -> dict[str, Any]:
        """Return the object as a listing shows it."""
        return {"name": name, "bytes": len(self.content), "hash": self.checksum, "last_modified": self.modified}


class Account:
    """The containers of one project."""

    def __init__(self) -> None:
        self.containers: dict[str, dict[str, Object]] = {}

    def put(self, container: str, name: str, stored: Object) -> None:
        """Store an object; the container is made where it is missing."""
        self.containers.setdefault(container, {})[name] = stored

    def find(self, container: str, name: str) -> Object | None:
        """Return an object, or nothing."""
        return self.containers.get(container, {}).get(name)

    def remove(self, container: str, prefix: str) -> None:
        """Take away all objects whose names begin so."""
        objects = self.containers.get(container, {})
        for name in [name for name in objects if name.startswith(prefix)]:
            del objects[name]


ACCOUNTS: defaultdict[str, Account] = defaultdict(Account)


class Swift:
    """What Trove calls of a Swift connection."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def get_account(self, **_: Any) -> tuple[dict[str, str], list[dict[str, Any]]]:
        """Return the containers: the token is good."""
        return {}, [{"name": name, "count": len(objects)} for name, objects in self._account.containers.items()]

    def head_object(self, container: str, name: str, **_: Any) -> dict[str, str]:
        """Return the headers of an object."""
        stored = self._account.find(container, name)
        if stored is None:
            raise ClientException("Object HEAD failed", http_status=404, http_reason="Not Found")
        return {"etag": f'"{stored.checksum}"', "content-length": str(len(stored.content)), **stored.headers}

    def delete_object(self, container: str, name: str, **_: Any) -> None:
        """Take an object away."""
        self.head_object(container, name)
        del self._account.containers[container][name]


def client(context: Any, *_: Any, **__: Any) -> Swift:
    """Return the client of the project that a request comes from."""
    return Swift(ACCOUNTS[context.project_id])


@webob.dec.wsgify
def application(request: webob.Request) -> webob.Response:
    """Answer reads of `/v1/AUTH_{project}/{container}/{object}`; any token will do."""
    words = request.path_info.split("/", 4)[2:]
    if not request.headers.get("X-Auth-Token"):
        return webob.Response(status=401, text="This server could not verify that you may see it.")
    account = ACCOUNTS[words[0].removeprefix("AUTH_")]
    if len(words) == 3:
        return _one(account, words[1], words[2])
    objects = account.containers.get(words[1], {}) if len(words) == 2 else None
    if objects is None:
        return _listing([{"name": name, "count": len(held)} for name, held in account.containers.items()])
    asked = request.params
    found = [
        name for name in sorted(objects) if name.startswith(asked.get("prefix", "")) and name > asked.get("marker", "")
    ]
    return _listing([objects[name].row(name) for name in found])


def _one(account: Account, container: str, name: str) -> webob.Response:
    stored = account.find(container, name)
    if stored is None:
        return webob.Response(status=404, text="The resource could not be found.")
    answer = webob.Response(body=stored.content, content_type="text/plain", charset="utf-8", etag=stored.checksum)
    answer.headers.update(stored.headers)
    return answer


def _listing(rows: list[dict[str, Any]]) -> webob.Response:
    return webob.Response(text=json.dumps(rows), content_type="application/json", charset="utf-8")
