"""Signing in as the clouds did before keystone 3: version 2 by password or token, and by API key."""

from __future__ import annotations

from typing import Any

from services.sandbox.trove.errors import AuthRefusal, unauthenticated
from services.sandbox.trove.tokens import Directory, Project, Token, User, is_same

STAMP = "%Y-%m-%dT%H:%M:%SZ"
PASSWORD, API_KEY, TOKEN = "passwordCredentials", "RAX-KSKEY:apiKeyCredentials", "token"


def sign_in(directory: Directory, body: Any) -> Token:
    """The token that a request to `tokens` gets.

    Raises:
        AuthRefusal: 400 for a body that makes no sense, 401 for who is not believed.
    """
    auth = body.get("auth") if isinstance(body, dict) else None
    if not isinstance(auth, dict):
        raise AuthRefusal(400, "Expecting to find auth in request body.")
    method = next((name for name in (PASSWORD, API_KEY, TOKEN) if isinstance(auth.get(name), dict)), None)
    if method is None:
        raise AuthRefusal(400, f"Expecting to find {PASSWORD}, {API_KEY} or {TOKEN} in auth.")
    given = auth[method]
    if method == TOKEN:
        known = directory.token(str(given.get("id", "")))
        if known is None:
            raise unauthenticated()
        return directory.issue(known.user, _project(directory, known.user, auth), ["token"], known.expires)
    user = next((one for one in directory.users if one.name == given.get("username")), None)
    is_key = method == API_KEY
    secret, field = (user.api_key, "apiKey") if user and is_key else (user.password if user else "", "password")
    if user is None or not is_same(given.get(field), secret):
        raise unauthenticated()
    token = directory.issue(user, _project(directory, user, auth | given), ["password"])
    token.is_rax = is_key
    return token


def _project(directory: Directory, user: User, given: dict[str, Any]) -> Project | None:
    wanted = given.get("tenantName") or given.get("tenantId")
    if not wanted:
        return None
    for one in directory.projects:
        if wanted in (one.name, one.id) and one.id in user.roles:
            return one
    raise unauthenticated()


def described(token: Token, catalog: list[dict[str, object]]) -> dict[str, object]:
    """The body of a token."""
    project, user = token.project, token.user
    access: dict[str, object] = {
        "id": token.id,
        "issued_at": token.issued.strftime(STAMP),
        "audit_ids": [token.audit_id],
    }
    access["expires"] = token.expires.strftime(STAMP)
    roles = []
    if project is not None:
        access["tenant"] = {"id": project.id, "name": project.name, "enabled": True, "description": ""}
        roles = [{"name": token.role}]
    described_user = {"id": user.id, "name": user.name, "username": user.name, "roles": roles, "roles_links": []}
    return {
        "access": {
            "token": access,
            "user": described_user,
            "serviceCatalog": catalog if project is not None else [],
            "metadata": {"is_admin": 0, "roles": [token.role] if project else []},
        }
    }
