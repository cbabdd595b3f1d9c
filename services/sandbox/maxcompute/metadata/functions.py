"""Functions of the users' own."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from services.sandbox.http import Answer
from services.sandbox.maxcompute.documents import document, node, nodes, page_answer, read_document, rfc822, text_of
from services.sandbox.maxcompute.objects import Function
from services.sandbox.maxcompute.routes import Call, Route

_PATH = "/projects/{project}/registration/functions"


def _element(function: Function) -> ET.Element:
    return node(
        "Function",
        *nodes(
            Alias=function.name,
            Owner=function.owner,
            CreationTime=rfc822(function.created),
            ClassType=function.class_type,
        ),
        node("Resources", *(node("ResourceName", name) for name in function.resources)),
    )


def _list(call: Call) -> Answer:
    prefix, owner = call.query.get("name", ""), call.query.get("owner")
    functions = [
        function
        for function in call.project.functions.all(call.schema)
        if function.name.startswith(prefix) and owner in (None, function.owner)
    ]
    return page_answer(call, "Functions", functions, _element)


def _get(call: Call) -> Answer:
    return document(_element(call.project.functions.get(call.schema, call.values["function"])))


def _read(call: Call) -> Function:
    root = read_document(call)
    names = [found.text or "" for found in root.findall("Resources/ResourceName")]
    for name in names:
        call.project.resources.get(call.schema, name.rpartition("/")[2])
    return Function(text_of(root, "Alias"), text_of(root, "ClassType"), names)


def _create(call: Call) -> Answer:
    call.project.functions.add(call.schema, _read(call))
    return Answer(201, {}, b"")


def _update(call: Call) -> Answer:
    call.project.functions.get(call.schema, call.values["function"])
    call.project.functions.replace(call.schema, _read(call))
    return Answer(200, {}, b"")


def _change_owner(call: Call) -> Answer:
    call.project.functions.get(call.schema, call.values["function"]).owner = call.headers.get("x-odps-owner", "")
    return Answer(200, {}, b"")


def _drop(call: Call) -> Answer:
    call.project.functions.drop(call.schema, call.values["function"])
    return Answer(204, {}, b"")


ROUTES = (
    Route("ListFunctions", "GET", _PATH, _list),
    Route("CreateFunction", "POST", _PATH, _create),
    Route("GetFunction", "GET", _PATH + "/{function}", _get),
    Route("UpdateFunction", "PUT", _PATH + "/{function}", _update),
    Route("ChangeFunctionOwner", "PUT", _PATH + "/{function}", _change_owner, ("updateowner",)),
    Route("DropFunction", "DELETE", _PATH + "/{function}", _drop),
)
