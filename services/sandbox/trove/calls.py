"""One request to the database service, and the tables that lead it to its handler."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from services.sandbox.trove.cloud import Cloud
from services.sandbox.trove.errors import Refusal, not_found, not_ready
from services.sandbox.trove.model import Instance
from services.sandbox.trove.tokens import Token

ABSENT: Final = object()
"""Stands for a body that was not sent."""


@dataclass
class Call:
    """A request whose token is known.

    Args:
        host: as the client names this server, for links.
        path: without the query.
        names: what stood in the path where the route has a name.
        body: from JSON, or ABSENT.
    """

    cloud: Cloud
    token: Token
    project: str
    host: str
    path: str
    query: dict[str, str]
    body: Any
    names: dict[str, str] = field(default_factory=dict)

    @property
    def is_admin(self) -> bool:
        return self.token.is_admin

    def require_admin(self) -> None:
        """Administrators' calls answer 401, not 403, to others."""
        if not self.is_admin:
            raise Refusal(401, "User does not have admin privileges.")

    def require_policy(self, action: str) -> None:
        """What a rule of the policy keeps for administrators."""
        if not self.is_admin:
            raise Refusal(403, f"Policy doesn't allow {action} to be performed.")

    def instance(self, *, needs_server: bool = True) -> Instance:
        """The instance of the path; another project's is not found."""
        return self.find_instance(self.names["id"], needs_server=needs_server)

    def find_instance(self, instance_id: str, *, needs_server: bool = True) -> Instance:
        found = self.cloud.instances.get(instance_id)
        if found is None or found.deleted_at or not (self.is_admin or found.project_id == self.project):
            raise not_found(instance_id)
        if needs_server and found.server_id is None:
            raise not_ready(instance_id)
        return found

    def part(self, name: str) -> Any:
        """What the body holds under a name; the service stumbles over a body without it."""
        if not isinstance(self.body, dict) or name not in self.body:
            raise BrokenBody(name)
        return self.body[name]

    def links(self, resource: str, name: str) -> list[dict[str, str]]:
        """Links are https, whatever is spoken here."""
        path = f"{resource}/{name}"
        return [
            {"href": f"https://{self.host}/v1.0/{self.project}/{path}", "rel": "self"},
            {"href": f"https://{self.host}/{path}", "rel": "bookmark"},
        ]


class BrokenBody(Exception):
    """A body that the service stumbles over instead of refusing it: answered with 500."""


@dataclass(frozen=True)
class Reply:
    """A status and what is sent as JSON; None is no body."""

    status: int
    body: Any = None


Handler = Callable[[Call], Reply]


@dataclass(frozen=True)
class Route:
    """A pattern's words in braces are names; `operation` is what faults call it."""

    method: str
    pattern: str
    operation: str
    handler: Handler


class Router:
    """Finds routes by method and path; where several match, the first of the table wins."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes: dict[tuple[str, int], list[tuple[list[str], Route]]] = {}
        for route in routes:
            words = route.pattern.split("/")
            self._routes.setdefault((route.method, len(words)), []).append((words, route))

    def find(self, method: str, words: list[str]) -> tuple[Route, dict[str, str]] | None:
        """The route and the names in the path."""
        for pattern, route in self._routes.get((method, len(words)), ()):
            names: dict[str, str] = {}
            for expected, word in zip(pattern, words, strict=True):
                if expected.startswith("{"):
                    names[expected[1:-1]] = word
                elif expected != word:
                    break
            else:
                return route, names
        return None
