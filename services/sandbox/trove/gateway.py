"""One request from its first byte to its answer: identity, objects, or the database service's API."""

from __future__ import annotations

import json
import uuid
from typing import Any
from urllib.parse import parse_qsl, unquote

from services.sandbox.faults import HANDSHAKE, Fault
from services.sandbox.http import Answer, HttpRequest
from services.sandbox.trove import object_store
from services.sandbox.trove.api import ROUTER
from services.sandbox.trove.calls import ABSENT, BrokenBody, Call, Reply
from services.sandbox.trove.cloud import Cloud
from services.sandbox.trove.errors import JSON_HEADERS, AuthRefusal, Refusal, page, unauthenticated
from services.sandbox.trove.identity import Identity, is_sign_in
from services.sandbox.trove.tokens import Directory, Token

API = "v1.0"
RETRY_SECONDS = 2


def operation(request: HttpRequest) -> int | str:
    """The name by which faults know a request; signing in is the handshake."""
    if is_sign_in(request):
        return HANDSHAKE
    words = _words(request)
    if words[0] == API and len(words) > 2:
        found = ROUTER.find(request.method, words[2:])
        return found[0].operation if found else "Unknown"
    return {"": "ListVersions", "healthcheck": "HealthCheck", "identity": "Identity"}.get(words[0], "Object")


def _words(request: HttpRequest) -> list[str]:
    return request.path.partition("?")[0].strip("/").split("/")


class Gateway:
    """Checks who asks, runs the operation, and dresses what comes of it."""

    def __init__(self, directory: Directory, cloud: Cloud, base: str, regions: tuple[str, ...]) -> None:
        self._directory = directory
        self._cloud = cloud
        self._base = base
        self._identity = Identity(directory, base, regions)

    def answer(self, request: HttpRequest, faults: list[Fault]) -> Answer:
        """The answer to a request and the faults it meets; whatever else goes wrong is a 500 with an id."""
        words = _words(request)
        if words[0] == "identity":
            return _faulty(faults, is_identity=True) or self._identity.answer(request)
        if words == [""]:
            return _faulty(faults) or self._versions(request)
        if words == ["healthcheck"]:
            return Answer(200, {"Content-Type": "text/plain; charset=UTF-8"}, b"OK")
        try:
            token = self._token(request, faults)
        except AuthRefusal as refusal:
            answer = refusal.answer()
            return Answer(
                401, answer.headers | {"Www-Authenticate": f'Keystone uri="{self._base}/identity"'}, answer.body
            )
        if words[0] == "object-store":
            return _faulty(faults) or object_store.answer(self._cloud, token, request, words[1:])
        answer = _faulty(faults) or self._api_answer(request, token, words)
        headers = {"X-Openstack-Request-Id": f"req-{uuid.uuid4()}"}
        return Answer(answer.status, answer.headers | headers, answer.body)

    def _token(self, request: HttpRequest, faults: list[Fault]) -> Token:
        name = request.headers.get("x-auth-token", "")
        if any(fault.action == "expired" for fault in faults):
            self._directory.revoke(name)
        token = self._directory.token(name)
        if token is None:
            raise unauthenticated()
        return token

    def _versions(self, request: HttpRequest) -> Answer:
        scheme = self._base.partition(":")[0]
        href = f"{scheme}://{request.headers.get('host', '')}/{API}/"
        version = {"id": API, "status": "CURRENT", "updated": "2012-08-01T00:00:00Z"}
        links = [{"rel": "self", "href": href}]
        return Answer(200, dict(JSON_HEADERS), json.dumps({"versions": [version | {"links": links}]}).encode())

    def _api_answer(self, request: HttpRequest, token: Token, words: list[str]) -> Answer:
        if words[0] != API:
            return Refusal(404, "The resource could not be found.").answer()
        project = token.project.id if token.project is not None else None
        if len(words) < 2 or words[1] != project:
            return page(403, "Forbidden", f"User with tenant id {project} cannot access this resource.")
        try:
            body: Any = json.loads(request.body) if request.body else ABSENT
        except ValueError:
            return page(400, "Bad Request", "The server could not comply with the request: its body is no JSON.")
        try:
            return _dressed(self._run(request, token, words, body))
        except Refusal as refusal:
            return refusal.answer()
        except Exception:
            # Requests that the real service stumbles over end here too, and a defect of ours must not end the server.
            text = (
                f"Internal Server Error. Please keep this ID to help us figure out what went wrong: ({uuid.uuid4()})."
            )
            return Refusal(500, text).answer()

    def _run(self, request: HttpRequest, token: Token, words: list[str], body: Any) -> Reply:
        found = ROUTER.find(request.method, words[2:])
        if found is None:
            raise Refusal(404, "The resource could not be found.")
        if request.method in ("PUT", "PATCH") and body is ABSENT:
            raise BrokenBody("no body")
        route, names = found
        path, _, query = request.path.partition("?")
        names = {name: unquote(word) for name, word in names.items()}
        host = request.headers.get("host", "")
        arguments = dict(parse_qsl(query, keep_blank_values=True))
        with self._cloud.lock:
            self._cloud.timeline.run()
            return route.handler(Call(self._cloud, token, words[1], host, path, arguments, body, names))


def _dressed(reply: Reply) -> Answer:
    if reply.body is None:
        return Answer(reply.status, dict(JSON_HEADERS), b"")
    return Answer(reply.status, dict(JSON_HEADERS), json.dumps(reply.body).encode())


def _faulty(faults: list[Fault], *, is_identity: bool = False) -> Answer | None:
    """What a fault answers instead of the operation; a 413 asks to wait."""
    for fault in faults:
        if fault.action == "error":
            status = 503 if fault.status == 1 else fault.status
            if is_identity:
                return AuthRefusal(status, fault.text).answer()
            return Refusal(status, fault.text, RETRY_SECONDS if status == 413 else None).answer()
    return None
