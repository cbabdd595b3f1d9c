"""Signing in by keystone's version 3: password, token, application credential."""

from __future__ import annotations

from typing import Any

from services.sandbox.trove.errors import AuthRefusal, unauthenticated
from services.sandbox.trove.tokens import ApplicationCredential, Directory, Domain, Project, Token, User, is_same

STAMP = "%Y-%m-%dT%H:%M:%S.000000Z"
METHODS = ("password", "token", "application_credential")


def sign_in(directory: Directory, body: Any) -> Token:
    """The token that a request to `auth/tokens` gets.

    Raises:
        AuthRefusal: 400 for a body that makes no sense, 401 for who is not believed.
    """
    auth = _part(body, "auth")
    identity = _part(auth, "identity")
    methods = identity.get("methods")
    if not isinstance(methods, list) or not methods or any(name not in METHODS for name in methods):
        raise AuthRefusal(400, "Expecting to find methods in identity: password, token or application_credential.")
    scope = auth.get("scope")
    method = methods[0]
    if method == "application_credential":
        return _by_credential(directory, _part(identity, method), scope)
    if method == "token":
        given = directory.token(str(_part(identity, method).get("id", "")))
        if given is None:
            raise unauthenticated()
        project = _scope(directory, given.user, scope)
        return directory.issue(given.user, project, [*given.methods, "token"], given.expires)
    user = _user(directory, _part(_part(identity, method), "user"))
    return directory.issue(user, _scope(directory, user, scope), ["password"])


def _by_credential(directory: Directory, given: dict[str, Any], scope: object) -> Token:
    if scope is not None:
        raise AuthRefusal(401, "Application credentials cannot request a scope.")
    credential = _credential(directory, given)
    if credential is None or not is_same(given.get("secret"), credential.secret):
        raise unauthenticated()
    token = directory.issue(credential.user, credential.project, ["application_credential"])
    token.application_credential = credential
    return token


def _credential(directory: Directory, given: dict[str, Any]) -> ApplicationCredential | None:
    """By id, or by name together with its user."""
    for one in directory.credentials:
        if given.get("id") == one.id:
            return one
        if given.get("name") == one.name and _find_user(directory, given.get("user") or {}) is one.user:
            return one
    return None


def _part(body: Any, name: str) -> dict[str, Any]:
    part = body.get(name) if isinstance(body, dict) else None
    if not isinstance(part, dict):
        raise AuthRefusal(400, f"Expecting to find {name} in request body.")
    return part


def _user(directory: Directory, given: dict[str, Any]) -> User:
    if "id" not in given and "domain" not in given:
        raise AuthRefusal(400, "Expecting to find domain in user.")
    user = _find_user(directory, given)
    if user is None or not is_same(given.get("password"), user.password):
        raise unauthenticated()
    return user


def _find_user(directory: Directory, given: dict[str, Any]) -> User | None:
    for one in directory.users:
        if given.get("id") == one.id or (given.get("name") == one.name and _is_domain(one.domain, given.get("domain"))):
            return one
    return None


def _is_domain(domain: Domain, given: Any) -> bool:
    return isinstance(given, dict) and (given.get("id") == domain.id or given.get("name") == domain.name)


def _scope(directory: Directory, user: User, scope: Any) -> Project | None:
    """The project that is asked for; one in which the user has no role is refused like an unknown one."""
    if not isinstance(scope, dict) or "project" not in scope:
        return None
    wanted = _part(scope, "project")
    for one in directory.projects:
        is_named = wanted.get("name") == one.name and _is_domain(one.domain, wanted.get("domain"))
        if (wanted.get("id") == one.id or is_named) and one.id in user.roles:
            return one
    raise unauthenticated()


def described(token: Token, catalog: list[dict[str, object]]) -> dict[str, object]:
    """The body of a token; one without a project has neither roles nor catalog."""
    user, project = token.user, token.project
    body: dict[str, object] = {
        "methods": token.methods,
        "user": {
            "id": user.id,
            "name": user.name,
            "domain": {"id": user.domain.id, "name": user.domain.name},
            "password_expires_at": None,
        },
        "audit_ids": [token.audit_id],
        "issued_at": token.issued.strftime(STAMP),
        "expires_at": token.expires.strftime(STAMP),
    }
    if project is not None:
        domain = {"id": project.domain.id, "name": project.domain.name}
        body["project"] = {"id": project.id, "name": project.name, "domain": domain}
        body["is_domain"] = False
        body["roles"] = [{"id": token.role, "name": token.role}]
        body["catalog"] = catalog
    credential = token.application_credential
    if credential is not None:
        body["application_credential"] = {"id": credential.id, "name": credential.name, "restricted": True}
    return {"token": body}
