"""Which handler answers which request, and what a handler gets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from services.sandbox.faults import Fault
from services.sandbox.http import Answer
from services.sandbox.http_streaming import Body, StreamedAnswer
from services.sandbox.maxcompute.errors import OdpsError
from services.sandbox.maxcompute.model import DEFAULT_SCHEMA, Table
from services.sandbox.maxcompute.warehouse import Project

if TYPE_CHECKING:
    from services.sandbox.maxcompute.server import MaxComputeSandbox

Reply = Answer | StreamedAnswer


@dataclass
class Target:
    """A request's path without the endpoint's own and without `/schemas/S`, and its query.

    Args:
        schema: from the path or `curr_schema`; empty when the request names none.
    """

    segments: tuple[str, ...]
    query: dict[str, str]
    schema: str = ""


def read_target(target: str) -> Target:
    """Takes a request's path and query apart. `/projects/P/schemas/S/tables/T` is table T of schema S."""
    parts = urlsplit(target)
    # pyodps sends the resource `registration/functions` as one segment.
    path = parts.path.replace("registration%2Ffunctions", "registration/functions")
    segments = [unquote(segment) for segment in path.split("/") if segment]
    if segments[:1] == ["api"]:
        segments = segments[1:]
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    schema = query.get("curr_schema", "")
    if len(segments) > 4 and segments[0] == "projects" and segments[2] == "schemas":
        schema = segments[3]
        del segments[2:4]
    return Target(tuple(segments), query, schema)


@dataclass
class Call:
    """A request on its way to a handler. `values` are the parts of the path that the route names."""

    method: str
    target: Target
    headers: dict[str, str]
    body: Body
    sandbox: MaxComputeSandbox
    request_id: str
    faults: list[Fault] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)

    @property
    def query(self) -> dict[str, str]:
        return self.target.query

    @property
    def schema(self) -> str:
        return self.target.schema or DEFAULT_SCHEMA

    @cached_property
    def content(self) -> bytes:
        """The whole body; a large one is better read with `body.pieces()`."""
        return self.body.read()

    @property
    def project(self) -> Project:
        """The project of the path; OdpsError when it is not there."""
        return self.sandbox.warehouse.project(self.values["project"])

    @property
    def table(self) -> Table:
        """The table of the path; OdpsError when it is not there."""
        return self.project.table(self.values["table"], self.schema)


@dataclass(frozen=True)
class Route:
    """One kind of request.

    Args:
        operation: its name in faults (`op=UploadBlock`) and counters.
        path: segments, of which those in braces are named, as in `/projects/{project}/tables/{table}`.
        keys: that the query has to have; of several routes that fit, the one with the most keys answers.
        is_tunnel: errors are JSON instead of XML.
        is_open: no signature is needed.
        header: that the request has to have, in lower case; it counts like a key.
    """

    operation: str
    method: str
    path: str
    handler: Callable[[Call], Reply]
    keys: tuple[str, ...] = ()
    is_tunnel: bool = False
    is_open: bool = False
    header: str = ""

    @cached_property
    def segments(self) -> tuple[str, ...]:
        return tuple(segment for segment in self.path.split("/") if segment)

    def match(self, method: str, target: Target, headers: Mapping[str, str]) -> dict[str, str] | None:
        """The named segments' values; None when the request is of another kind."""
        if self.header and self.header not in headers:
            return None
        if method != self.method or len(target.segments) != len(self.segments):
            return None
        if any(key not in target.query for key in self.keys):
            return None
        values = {}
        for pattern, segment in zip(self.segments, target.segments, strict=True):
            if pattern.startswith("{"):
                values[pattern[1:-1]] = segment
            elif pattern != segment:
                return None
        return values


class Routes:
    """The table of all routes."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = sorted(routes, key=lambda route: -len(route.keys) - bool(route.header))

    def find(self, method: str, target: Target, headers: Mapping[str, str]) -> tuple[Route, dict[str, str]]:
        """The route of a request and the values of its path.

        Raises:
            OdpsError: MethodNotAllowed.
        """
        for route in self._routes:
            values = route.match(method, target, headers)
            if values is not None:
                return route, values
        path = "/" + "/".join(target.segments)
        raise OdpsError(405, "MethodNotAllowed", f"{method} {path} with {sorted(target.query)} is not served here.")


def xml(body: bytes, **headers: str) -> Answer:
    """An answer in XML; underscores in header names stand for dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(200, {"Content-Type": "application/xml", **named}, body)


def text(body: str) -> Answer:
    """An answer in plain text."""
    return Answer(200, {"Content-Type": "text/plain; charset=utf-8"}, body.encode())
