"""Resources: files for functions, whole or merged from parts."""

from __future__ import annotations

import base64
import hashlib
from xml.etree import ElementTree as ET

from services.sandbox.http import Answer
from services.sandbox.maxcompute.documents import node, nodes, page_answer, rfc822
from services.sandbox.maxcompute.errors import invalid
from services.sandbox.maxcompute.objects import Resource
from services.sandbox.maxcompute.routes import Call, Route

_PATH = "/projects/{project}/resources"


def _element(resource: Resource) -> ET.Element:
    return node(
        "Resource",
        *nodes(
            Name=resource.name,
            Owner=resource.owner,
            Comment=resource.comment,
            ResourceType=resource.type,
            CreationTime=rfc822(resource.created),
            LastModifiedTime=rfc822(resource.modified),
            LastUpdator=resource.owner,
            ResourceSize=len(resource.content),
        ),
    )


def _list(call: Call) -> Answer:
    prefix, owner = call.query.get("name", ""), call.query.get("owner")
    resources = [
        resource
        for resource in call.project.resources.all(call.schema)
        if resource.name.startswith(prefix) and owner in (None, resource.owner)
    ]
    return page_answer(call, "Resources", resources, _element)


def _found(call: Call) -> Resource:
    return call.project.resources.get(call.schema, call.values["resource"])


def _headers(resource: Resource) -> dict[str, str]:
    md5 = hashlib.md5(resource.content, usedforsecurity=False).digest()
    return {
        "x-odps-owner": resource.owner,
        "x-odps-resource-type": resource.type,
        "x-odps-resource-name": resource.name,
        "x-odps-comment": resource.comment,
        "x-odps-updator": resource.owner,
        "x-odps-resource-size": str(len(resource.content)),
        "x-odps-creation-time": rfc822(resource.created),
        "Last-Modified": rfc822(resource.modified),
        "Content-MD5": base64.b64encode(md5).decode(),
    }


def _meta(call: Call) -> Answer:
    return Answer(200, _headers(_found(call)), b"")


def _read(call: Call) -> Answer:
    """The content from `rOffset` on, `rSize` bytes of it; a header tells whether more is left."""
    resource = _found(call)
    offset, size = call.query.get("rOffset", "0"), call.query.get("rSize", "")
    if not offset.isdecimal() or not (size.isdecimal() or not size):
        raise invalid(f"Invalid range of resource {resource.name}: {offset}, {size}")
    end = int(offset) + int(size) if size else len(resource.content)
    headers = {**_headers(resource), "Content-Type": "application/octet-stream"}
    headers["x-odps-resource-has-remaining"] = str(end < len(resource.content)).lower()
    return Answer(200, headers, resource.content[int(offset) : end])


def _sent(call: Call, name: str) -> Resource:
    """The resource that a request holds; with `rOpMerge` its body names the parts and the whole's MD5."""
    content = call.content
    if "rOpMerge" in call.query:
        digest, _, names = content.decode().partition("|")
        shelf = call.project.resources
        parts = [part for part in names.split(",") if part]
        content = b"".join(shelf.get(call.schema, part).content for part in parts)
        if hashlib.md5(content, usedforsecurity=False).hexdigest() != digest.lower():
            raise invalid(f"The parts of resource {name} do not have the MD5 {digest}.")
        for part in parts:
            shelf.drop(call.schema, part)
    return Resource(
        name, call.headers.get("x-odps-resource-type", "file"), content, call.headers.get("x-odps-comment", "")
    )


def _create(call: Call) -> Answer:
    name = call.headers.get("x-odps-resource-name", "")
    if not name:
        raise invalid("The header x-odps-resource-name is missing.")
    call.project.resources.add(call.schema, _sent(call, name))
    return Answer(201, {"Location": f"{call.sandbox.endpoint}/projects/{call.project.name}/resources/{name}"}, b"")


def _update(call: Call) -> Answer:
    there = _found(call)
    sent = _sent(call, there.name)
    sent.created = there.created
    call.project.resources.replace(call.schema, sent)
    return Answer(200, {}, b"")


def _drop(call: Call) -> Answer:
    call.project.resources.drop(call.schema, call.values["resource"])
    return Answer(204, {}, b"")


ROUTES = (
    Route("ListResources", "GET", _PATH, _list),
    Route("CreateResource", "POST", _PATH, _create),
    Route("GetResource", "GET", _PATH + "/{resource}", _meta, ("meta",)),
    Route("HeadResource", "HEAD", _PATH + "/{resource}", _meta),
    Route("ReadResource", "GET", _PATH + "/{resource}", _read),
    Route("UpdateResource", "PUT", _PATH + "/{resource}", _update),
    Route("DropResource", "DELETE", _PATH + "/{resource}", _drop),
)
