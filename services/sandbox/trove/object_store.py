"""As much of the object store as logs and backups need: accounts, containers, objects."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, unquote

from services.sandbox.http import Answer, HttpRequest
from services.sandbox.trove.cloud import Cloud
from services.sandbox.trove.errors import page
from services.sandbox.trove.model import StoredObject
from services.sandbox.trove.tokens import Token

LISTING = 10_000


def answer(cloud: Cloud, token: Token, request: HttpRequest, words: list[str]) -> Answer:
    """The answer to `v1/AUTH_project[/container[/object]]`; another project's account is forbidden."""
    project = token.project.id if token.project is not None else ""
    if words[:2] != ["v1", f"AUTH_{project}"]:
        return page(403, "Forbidden", "Access was denied to this resource.")
    container, name = (unquote("/".join(part)) for part in (words[2:3], words[3:]))
    query = dict(parse_qsl(request.path.partition("?")[2], keep_blank_values=True))
    with cloud.lock:
        cloud.timeline.run()
        account = cloud.objects.setdefault(project, {})
        if not container:
            rows = [{"name": one, "count": len(objects), "bytes": _size(objects)} for one, objects in account.items()]
            return _listing(rows, query, {"X-Account-Container-Count": str(len(account))})
        if not name:
            return _container(account, request.method, container, query)
        return _object(cloud, project, request, container, name)


def _size(objects: dict[str, StoredObject]) -> int:
    return sum(len(one.body) for one in objects.values())


def _missing() -> Answer:
    return page(404, "Not Found", "The resource could not be found.")


def _container(
    account: dict[str, dict[str, StoredObject]], method: str, container: str, query: dict[str, str]
) -> Answer:
    if method == "PUT":
        is_new = container not in account
        account.setdefault(container, {})
        return Answer(201 if is_new else 202, {}, b"")
    if container not in account:
        return _missing()
    objects = account[container]
    if method == "DELETE":
        if objects:
            return page(409, "Conflict", "There was a conflict when trying to complete your request.")
        del account[container]
        return Answer(204, {}, b"")
    if method not in ("GET", "HEAD"):
        return page(405, "Method Not Allowed", "The method is not allowed for this resource.")
    names = sorted(one for one in objects if one.startswith(query.get("prefix", "")) and one > query.get("marker", ""))
    rows = [
        {
            "name": one,
            "bytes": len(objects[one].body),
            "hash": objects[one].etag,
            "content_type": "application/octet-stream",
            "last_modified": objects[one].modified.isoformat(timespec="microseconds"),
        }
        for one in names
    ]
    counts = {"X-Container-Object-Count": str(len(objects)), "X-Container-Bytes-Used": str(_size(objects))}
    return _listing(rows, query, counts)


def _listing(rows: list[dict[str, object]], query: dict[str, str], headers: dict[str, str]) -> Answer:
    """In JSON where that is asked for, else a name a line."""
    limit = query.get("limit", "")
    rows = rows[: min(int(limit), LISTING) if limit.isdecimal() else LISTING]
    if query.get("format") == "json":
        return Answer(200, {"Content-Type": "application/json; charset=utf-8", **headers}, json.dumps(rows).encode())
    text = "".join(f"{row['name']}\n" for row in rows).encode()
    return Answer(200 if rows else 204, {"Content-Type": "text/plain; charset=utf-8", **headers}, text)


def _object(cloud: Cloud, project: str, request: HttpRequest, container: str, name: str) -> Answer:
    objects = cloud.objects[project].get(container)
    if objects is None:
        return _missing()
    if request.method == "PUT":
        headers = {key.title(): word for key, word in request.headers.items() if key.startswith("x-object-meta-")}
        stored = cloud.put_object(project, container, name, request.body, headers)
        return Answer(201, {"Etag": stored.etag}, b"")
    if name not in objects:
        return _missing()
    if request.method == "DELETE":
        del objects[name]
        return Answer(204, {}, b"")
    stored = objects[name]
    modified = stored.modified.strftime("%a, %d %b %Y %H:%M:%S GMT")
    headers = {"Etag": stored.etag, "Last-Modified": modified, "Content-Type": "application/octet-stream"}
    return Answer(200, headers | stored.headers, stored.body)
