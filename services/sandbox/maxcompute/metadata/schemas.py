"""Schemas of a project."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from services.sandbox.http import Answer
from services.sandbox.maxcompute.documents import document, node, nodes, page_answer, read_document, rfc822, text_of
from services.sandbox.maxcompute.errors import OdpsError, no_such
from services.sandbox.maxcompute.routes import Call, Route
from services.sandbox.maxcompute.warehouse import Project


def _element(project: Project, name: str) -> ET.Element:
    created = rfc822(project.created)
    return node(
        "Schema", *nodes(Name=name, Owner=project.owner, CreateTime=created, ModifyTime=created, Type="MANAGED")
    )


def _three_level(call: Call) -> Project:
    project = call.project
    if project.is_two_level:
        raise OdpsError(405, "MethodNotAllowed", f"Project {project.name} has no schemas: the schema model is off.")
    return project


def _list(call: Call) -> Answer:
    project = _three_level(call)
    prefix = call.query.get("name", "")
    names = [name for name in project.schemas() if name.startswith(prefix)]
    return page_answer(call, "Schemas", names, lambda name: _element(project, name))


def _get(call: Call) -> Answer:
    project, name = _three_level(call), call.values["schema"].lower()
    if name not in project.schemas():
        raise no_such("Schema", name)
    return document(
        _element(project, name),
        x_odps_owner=project.owner,
        x_odps_creation_time=rfc822(project.created),
        Last_Modified=rfc822(project.modified),
    )


def _create(call: Call) -> Answer:
    _three_level(call).create_schema(text_of(read_document(call), "Name").lower())
    return Answer(201, {}, b"")


def _drop(call: Call) -> Answer:
    _three_level(call).drop_schema(call.values["schema"].lower())
    return Answer(204, {}, b"")


ROUTES = (
    Route("ListSchemas", "GET", "/projects/{project}/schemas", _list),
    Route("GetSchema", "GET", "/projects/{project}/schemas/{schema}", _get),
    Route("CreateSchema", "POST", "/projects/{project}/schemas", _create),
    Route("DropSchema", "DELETE", "/projects/{project}/schemas/{schema}", _drop),
)
