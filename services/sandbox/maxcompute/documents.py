"""XML documents, times and pages of lists."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TypeVar
from xml.etree import ElementTree as ET

from services.sandbox.http import Answer
from services.sandbox.maxcompute.errors import invalid
from services.sandbox.maxcompute.routes import Call, xml

Item = TypeVar("Item")


def node(name: str, *content: str | ET.Element | None, **attributes: str) -> ET.Element:
    """An element with texts and children; None is left out."""
    made = ET.Element(name, attributes)
    for part in content:
        if isinstance(part, ET.Element):
            made.append(part)
        elif part is not None:
            made.text = (made.text or "") + part
    return made


def nodes(**texts: str | int | bool | None) -> list[ET.Element]:
    """An element for each text; None is left out, truth is `true`."""
    return [
        node(name, str(text).lower() if isinstance(text, bool) else str(text))
        for name, text in texts.items()
        if text is not None
    ]


def document(root: ET.Element, **headers: str) -> Answer:
    """The answer with a document; underscores in header names stand for dashes."""
    return xml(bytes(ET.tostring(root, "utf-8", xml_declaration=True)), **headers)


def read_document(call: Call) -> ET.Element:
    """The document of a request's body.

    Raises:
        OdpsError: it is no XML.
    """
    try:
        return ET.fromstring(call.content)  # noqa: S314 - loopback; expat limits the expansion of entities
    except ET.ParseError as error:
        raise invalid(f"The body is no XML: {error}") from error


def text_of(root: ET.Element, path: str, default: str = "") -> str:
    """The text of an element below."""
    found = root.find(path)
    return default if found is None or found.text is None else found.text


def rfc822(moment: datetime) -> str:
    """A time as headers and documents have it, as in `Sat, 21 Nov 2026 16:45:57 GMT`."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def page_answer(
    call: Call, root: str, items: Sequence[Item], element: Callable[[Item], ET.Element], inside: str = ""
) -> Answer:
    """A page of a list: what comes behind the request's marker, and the marker of the next page, empty at the end.

    Args:
        items: all of them, in the order of the list.
        inside: an element between the root and the items.
    """
    try:
        start = int(base64.b64decode(call.query.get("marker", ""), validate=True) or 0)
    except (binascii.Error, ValueError) as error:
        raise invalid(f"Invalid marker: {call.query['marker']}") from error
    size = min(_number(call.query.get("maxitems", "")) or call.sandbox.page_items, call.sandbox.page_items)
    shown, end = items[start : start + size], start + size
    marker = base64.b64encode(str(end).encode()).decode() if end < len(items) else ""
    elements = list(map(element, shown))
    listed = [node(inside, *elements)] if inside else elements
    return document(node(root, *nodes(Marker=marker, MaxItems=size), *listed))


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0
