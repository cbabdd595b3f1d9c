"""Users, roles and security of a project: one owner, one analyst, the roles that every project has."""

from __future__ import annotations

import json
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from services.sandbox.http import Answer
from services.sandbox.maxcompute.documents import document, node, nodes, read_document, text_of
from services.sandbox.maxcompute.errors import no_such
from services.sandbox.maxcompute.objects import OWNER
from services.sandbox.maxcompute.routes import Call, Route
from services.sandbox.maxcompute.warehouse import Project

ANALYST = "RAM$owner@sandbox:analyst"


@dataclass(frozen=True)
class User:
    """A user; `roles` are the names of those granted."""

    id: str
    name: str
    roles: tuple[str, ...] = ()


USERS = (User("1001", OWNER, ("admin",)), User("1002", ANALYST, ("reader",)))
ROLES = {
    "admin": "May do all but transfer the project",
    "super_administrator": "May do all",
    "reader": "May read tables",
}
_POLICY = {"Statement": [{"Action": ["odps:*"], "Effect": "Allow", "Resource": "acs:odps:*:*"}], "Version": "1"}


def _user_element(user: User) -> ET.Element:
    return node("User", *nodes(ID=user.id, DisplayName=user.name, Comment=""))


def _role_element(name: str) -> ET.Element:
    return node("Role", *nodes(Name=name, Comment=ROLES[name]))


def _users(call: Call) -> Answer:
    call.sandbox.warehouse.project(call.values["project"])
    return document(node("Users", *map(_user_element, USERS)))


def _user(call: Call) -> Answer:
    name = call.values["user"]
    for user in USERS:
        if name in (user.id, user.name):
            if "roles" in call.query:
                return document(node("Roles", *map(_role_element, user.roles)))
            return document(_user_element(user))
    raise no_such("User", name)


def _roles(call: Call) -> Answer:
    return document(node("Roles", *map(_role_element, ROLES)))


def _role(call: Call) -> Answer:
    name = call.values["role"]
    if name not in ROLES:
        raise no_such("Role", name)
    if "users" in call.query:
        return document(node("Users", *(_user_element(user) for user in USERS if name in user.roles)))
    if "policy" in call.query:
        return Answer(200, {"Content-Type": "application/json"}, json.dumps(_POLICY).encode())
    return document(_role_element(name))


def _policy(call: Call) -> Answer:
    return Answer(200, {"Content-Type": "application/json"}, json.dumps(_POLICY).encode())


def _security(call: Call) -> Answer:
    switches = {
        "CheckPermissionUsingAcl": True,
        "CheckPermissionUsingPolicy": True,
        "LabelSecurity": False,
        "ObjectCreatorHasAccessPermission": True,
        "ObjectCreatorHasGrantPermission": True,
        "SupportACL": True,
        "SupportPolicy": True,
        "SupportPackage": True,
    }
    protection = node("ProjectProtection", Protected="false")
    return document(node("SecurityConfiguration", *nodes(**switches), protection))


def _authorize(call: Call) -> Answer:
    """Answers a security statement, or signs a token for the logview."""
    if "sign_bearer_token" in call.query:
        return document(node("Authorization", *nodes(Result=call.sandbox.access.bearer_token)))
    query = " ".join(text_of(read_document(call), "Query").lower().rstrip("; ").split())
    return document(node("Authorization", *nodes(Result=json.dumps(_security_result(query, call.project)))))


def _security_result(query: str, project: Project) -> dict[str, object]:
    if query == "whoami":
        return {"DisplayName": OWNER, "ID": USERS[0].id, "End_Point": "", "Project": project.name}
    if query == "list users":
        return {"users": [{"ID": user.id, "DisplayName": user.name} for user in USERS]}
    if query == "list roles":
        return {"roles": [{"Name": name} for name in ROLES]}
    if query.startswith("show grants"):
        return {"Roles": ["admin"], "ACL": {}}
    return {"message": "OK"}


ROUTES = (
    Route("ListUsers", "GET", "/projects/{project}/users", _users),
    Route("GetUser", "GET", "/projects/{project}/users/{user}", _user),
    Route("ListRoles", "GET", "/projects/{project}/roles", _roles),
    Route("GetRole", "GET", "/projects/{project}/roles/{role}", _role),
    Route("GetPolicy", "GET", "/projects/{project}", _policy, ("policy",)),
    Route("GetSecurity", "GET", "/projects/{project}", _security, ("security_configuration",)),
    Route("Authorize", "POST", "/projects/{project}/authorization", _authorize),
)
