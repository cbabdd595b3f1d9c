"""Keystone's side of the server: which version answers what, and where else to ask."""

from __future__ import annotations

import json
from typing import Any

from services.sandbox.http import Answer, HttpRequest
from services.sandbox.trove import identity_v2, identity_v3
from services.sandbox.trove.catalog import catalog_v2, catalog_v3, services
from services.sandbox.trove.errors import JSON_HEADERS, AuthRefusal, unauthenticated
from services.sandbox.trove.tokens import Directory, Token

PREFIX = "/identity"
MOVED = f"{PREFIX}/moved"
V3_TOKENS, V2_TOKENS = "/v3/auth/tokens", "/v2.0/tokens"
SUBJECT = "x-subject-token"


def is_sign_in(request: HttpRequest) -> bool:
    """Whether this asks for a token: the first exchange of a session, which faults know by that."""
    path = request.path.partition("?")[0].rstrip("/")
    return request.method == "POST" and path.startswith(PREFIX) and path.endswith("/tokens")


class Identity:
    """Answers everything below `/identity`.

    Args:
        base: scheme, host and port of this server.
        regions: each has all services in every catalog.
    """

    def __init__(self, directory: Directory, base: str, regions: tuple[str, ...]) -> None:
        self._directory = directory
        self._base = base
        self._regions = regions

    def answer(self, request: HttpRequest) -> Answer:
        """The answer; what asks below `/identity/moved` is sent to `/identity`."""
        path = request.path.partition("?")[0].rstrip("/")
        try:
            if path == MOVED or path.startswith(MOVED + "/"):
                return Answer(305, {"Location": self._base + PREFIX + path.removeprefix(MOVED)}, b"")
            return self._route(request, path.removeprefix(PREFIX))
        except AuthRefusal as refusal:
            return refusal.answer()

    def _route(self, request: HttpRequest, path: str) -> Answer:
        match request.method, path:
            case "GET", "":
                versions = {"versions": {"values": [self._version("v3.14"), self._version("v2.0")]}}
                return _json(300, versions)
            case "GET", "/v3":
                return _json(200, {"version": self._version("v3.14")})
            case "GET", "/v2.0":
                return _json(200, {"version": self._version("v2.0")})
            case "POST", identity_path if identity_path == V3_TOKENS:
                token = identity_v3.sign_in(self._directory, _body(request))
                return self._v3_token(token, 201, has_catalog="nocatalog" not in request.path)
            case "POST", identity_path if identity_path == V2_TOKENS:
                token = identity_v2.sign_in(self._directory, _body(request))
                return _json(200, identity_v2.described(token, catalog_v2(self._services(token), self._regions)))
        return self._route_signed_in(request, path)

    def _route_signed_in(self, request: HttpRequest, path: str) -> Answer:
        """What only who has a token may ask."""
        token = self._directory.token(request.headers.get("x-auth-token", ""))
        if token is None:
            raise unauthenticated()
        match request.method, path:
            case (("GET" | "HEAD" | "DELETE"), identity_path) if identity_path == V3_TOKENS:
                return self._about_token(request)
            case "GET", ("/v3/auth/projects" | "/v3/projects"):
                found = [one for one in self._directory.projects if one.id in token.user.roles]
                rows = [{"id": one.id, "name": one.name, "domain_id": one.domain.id, "enabled": True} for one in found]
                return _json(200, {"projects": rows, "links": {"self": self._base + PREFIX + path}})
            case "GET", "/v3/auth/catalog":
                return _json(200, {"catalog": catalog_v3(self._services(token), self._regions), "links": {}})
        raise AuthRefusal(404, "The resource could not be found.")

    def _about_token(self, request: HttpRequest) -> Answer:
        subject = self._directory.token(request.headers.get(SUBJECT, ""))
        if subject is None:
            raise AuthRefusal(404, "This token is not in force.")
        if request.method == "DELETE":
            self._directory.revoke(subject.id)
            return Answer(204, {}, b"")
        return self._v3_token(subject, 200, has_catalog=True)

    def _v3_token(self, token: Token, status: int, *, has_catalog: bool) -> Answer:
        catalog = catalog_v3(self._services(token), self._regions) if has_catalog else []
        answer = _json(status, identity_v3.described(token, catalog))
        return Answer(status, answer.headers | {"X-Subject-Token": token.id, "Vary": "X-Auth-Token"}, answer.body)

    def _services(self, token: Token) -> list[tuple[str, str, str]]:
        return [] if token.project is None else services(self._base, token.project, is_rax=token.is_rax)

    def _version(self, name: str) -> dict[str, object]:
        is_three = name.startswith("v3")
        short = "v3" if is_three else name
        return {
            "id": name,
            "status": "stable" if is_three else "deprecated",
            "updated": "2020-04-07T00:00:00Z" if is_three else "2016-08-04T00:00:00Z",
            "links": [{"rel": "self", "href": f"{self._base}{PREFIX}/{short}/"}],
            "media-types": [{"base": "application/json", "type": f"application/vnd.openstack.identity-{short}+json"}],
        }


def _body(request: HttpRequest) -> Any:
    try:
        return json.loads(request.body or b"{}")
    except ValueError as error:
        raise AuthRefusal(400, "The request body is no JSON.") from error


def _json(status: int, body: object) -> Answer:
    return Answer(status, dict(JSON_HEADERS), json.dumps(body).encode())
