"""The service's XML, read down to texts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from services.errors import ProtocolError


def root_of(answer: Any) -> Element:
    """The root of an answer's XML.

    Raises:
        ProtocolError: it is none.
    """
    from odps.compat import ElementTree

    try:
        root: Element = ElementTree.fromstring(answer.content)
    except ParseError as error:
        hint = "Check that the endpoint is MaxCompute's, with /api at its end."
        raise ProtocolError(f"the service's answer is no XML: {error}", hint=hint) from error
    return root


def text(element: Element | None, path: str) -> str:
    """The text at a path, empty where there is none."""
    found = None if element is None else element.find(path)
    return (found.text or "").strip() if found is not None else ""


def each(root: Element, path: str) -> Iterator[Element]:
    """The elements at a path."""
    yield from root.findall(path)


def json_at(element: Element, path: str) -> dict[str, Any]:
    """The JSON object that stands as text at a path; empty where there is none.

    Raises:
        ProtocolError: the text is no JSON object.
    """
    content = text(element, path)
    if not content:
        return {}
    try:
        data = json.loads(content)
    except ValueError as error:
        raise ProtocolError(f"the service's {path} is no JSON: {error}") from error
    if not isinstance(data, dict):
        raise ProtocolError(f"the service's {path} is no JSON object")
    return data
