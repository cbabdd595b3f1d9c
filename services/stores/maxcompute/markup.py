"""The service's XML and JSON, read down to texts; what makes no sense is told as such."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError

from services.errors import ProtocolError

STRANGE: Final = "Check the endpoints; a gateway may have answered in the service's place."


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


@contextmanager
def understood(what: str) -> Iterator[None]:
    """Take an answer apart within the block.

    Raises:
        ProtocolError: it lacks what it must have, or has something else in its place.
    """
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        told = f"{what}: the service's answer makes no sense ({type(error).__name__}: {error})"
        raise ProtocolError(
            told, hint="Check the endpoints; a gateway may have answered in the service's place."
        ) from error


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
        raise ProtocolError(f"the service's {path} is no JSON: {error}", hint=STRANGE) from error
    if not isinstance(data, dict):
        raise ProtocolError(f"the service's {path} is no JSON object", hint=STRANGE)
    return data
