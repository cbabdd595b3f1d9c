"""Databases, users, grants and root of an instance. What comes and goes does so a moment after the answer."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import unquote

from services.sandbox.trove import checks
from services.sandbox.trove.calls import ABSENT, Call, Reply, Route
from services.sandbox.trove.errors import Refusal, bad_request
from services.sandbox.trove.guest import checked_databases, checked_users, database_name, running, user_name
from services.sandbox.trove.lifecycle import in_guest
from services.sandbox.trove.model import DatabaseUser, Instance
from services.sandbox.trove.paging import cut, paged


def list_databases(call: Call) -> Reply:
    found, marker = cut(call, running(call).databases, str)
    return Reply(200, paged(call, "databases", [{"name": name} for name in found], marker))


def create_databases(call: Call) -> Reply:
    instance = running(call)
    given = call.part("databases")
    with call.cloud.recorded(instance):
        wanted = checked_databases(given, "databases")
        for row in given:
            if row["name"] in instance.databases:
                raise bad_request(f'A database with the name "{row["name"]}" already exists.')
    in_guest(call.cloud, lambda: instance.databases.extend(one for one in wanted if one not in instance.databases))
    return Reply(202)


def delete_database(call: Call) -> Reply:
    instance = running(call)
    with call.cloud.recorded(instance):
        name = database_name(call.names["name"], "name")
        if name not in instance.databases:
            raise Refusal(404, f"Database {name} cannot be found on the instance.")

    def drop() -> None:
        instance.databases = [one for one in instance.databases if one != name]
        for user in instance.users:
            user.databases = [one for one in user.databases if one != name]

    in_guest(call.cloud, drop)
    return Reply(202)


def show_database(call: Call) -> Reply:
    running(call)
    raise Refusal(501, "The server has either erred or is incapable of performing the requested operation.")


def _user_view(user: DatabaseUser) -> dict[str, Any]:
    return {"name": user.name, "host": user.host, "databases": [{"name": name} for name in user.databases]}


def list_users(call: Call) -> Reply:
    found, marker = cut(call, running(call).users, lambda one: one.key)
    return Reply(200, paged(call, "users", [_user_view(one) for one in found], marker))


def create_users(call: Call) -> Reply:
    instance = running(call)
    given = call.part("users")
    with call.cloud.recorded(instance):
        wanted = checked_users(given, "users")
        for user in wanted:
            if any(one.key == user.key for one in instance.users):
                raise bad_request(f'A user with the name "{user.name}" already exists.')
    in_guest(call.cloud, lambda: instance.users.extend(wanted))
    return Reply(202)


def _find(instance: Instance, given: str) -> DatabaseUser:
    """By `name` or `name@host`; without a host it is the one that may come from anywhere."""
    name, at, host = given.rpartition("@")
    name, host = (name, host or "%") if at else (given, "%")
    user_name(name, "user")
    for one in instance.users:
        if (one.name, one.host) == (name, host):
            return one
    raise Refusal(404, f"User {given} cannot be found on the instance.")


def _addressed(call: Call) -> str:
    """The user that the path names: trove unquotes it once more than it should."""
    return unquote(call.names["user"])


def show_user(call: Call) -> Reply:
    return Reply(200, {"user": _user_view(_find(running(call), _addressed(call)))})


def update_user(call: Call) -> Reply:
    """Another name, host or password."""
    instance = running(call)
    wanted = checks.mapping(call.part("user"), "user")
    with call.cloud.recorded(instance):
        user = _find(instance, _addressed(call))
        name = user_name(wanted["name"], "user['name']") if "name" in wanted else user.name
        host = checks.host(wanted["host"], "user['host']") if "host" in wanted else user.host
        password = checks.name(wanted["password"], "user['password']") if "password" in wanted else user.password
        if any(one is not user and (one.name, one.host) == (name, host) for one in instance.users):
            raise bad_request(f'A user with the name "{name}" already exists.')
    user.name, user.host, user.password = name, host, password
    return Reply(202)


def change_passwords(call: Call) -> Reply:
    instance = running(call)
    given = call.part("users")
    with call.cloud.recorded(instance):
        wanted = checked_users(given, "users")
        found = [(_find(instance, one.key), one.password) for one in wanted]
    for user, password in found:
        user.password = password
    return Reply(202)


def delete_user(call: Call) -> Reply:
    instance = running(call)
    with call.cloud.recorded(instance):
        user = _find(instance, _addressed(call))

    def drop() -> None:
        instance.users = [one for one in instance.users if one is not user]

    in_guest(call.cloud, drop)
    return Reply(202)


def list_grants(call: Call) -> Reply:
    user = _find(running(call), _addressed(call))
    return Reply(200, {"databases": [{"name": name} for name in user.databases]})


def grant(call: Call) -> Reply:
    """Access to databases; one that does not exist is not refused."""
    user = _find(running(call), _addressed(call))
    names = [checks.name(one.get("name"), "databases") for one in checks.rows(call.part("databases"), "databases")]
    user.databases.extend(one for one in names if one not in user.databases)
    return Reply(202)


def revoke(call: Call) -> Reply:
    instance, name = running(call), call.names["name"]
    user = _find(instance, _addressed(call))
    with call.cloud.recorded(instance):
        if name not in user.databases:
            raise Refusal(404, f"Database {name} cannot be found on the instance.")
    user.databases.remove(name)
    return Reply(202)


def show_root(call: Call) -> Reply:
    return Reply(200, {"rootEnabled": running(call).is_root_enabled})


def enable_root(call: Call) -> Reply:
    """The password is told this once."""
    instance = running(call)
    given = call.body.get("password") if call.body is not ABSENT and call.body else None
    if not instance.is_root_enabled:
        instance.is_root_enabled, instance.root_enabled_at = True, call.cloud.now()
        instance.root_enabled_by = call.token.user.id
    return Reply(200, {"user": {"name": "root", "password": given or secrets.token_urlsafe(18)}})


def disable_root(call: Call) -> Reply:
    instance = running(call)
    if not instance.is_root_enabled:
        raise Refusal(404, "Root user has never been enabled on the instance.")
    instance.is_root_enabled = False
    return Reply(204)


_USER = "instances/{id}/users/{user}"
ROUTES = (
    Route("GET", "instances/{id}/databases", "ListDatabases", list_databases),
    Route("POST", "instances/{id}/databases", "CreateDatabases", create_databases),
    Route("GET", "instances/{id}/databases/{name}", "ShowDatabase", show_database),
    Route("DELETE", "instances/{id}/databases/{name}", "DeleteDatabase", delete_database),
    Route("GET", "instances/{id}/users", "ListUsers", list_users),
    Route("POST", "instances/{id}/users", "CreateUsers", create_users),
    Route("PUT", "instances/{id}/users", "ChangePasswords", change_passwords),
    Route("GET", _USER, "ShowUser", show_user),
    Route("PUT", _USER, "UpdateUser", update_user),
    Route("DELETE", _USER, "DeleteUser", delete_user),
    Route("GET", f"{_USER}/databases", "ListGrants", list_grants),
    Route("PUT", f"{_USER}/databases", "Grant", grant),
    Route("DELETE", _USER + "/databases/{name}", "Revoke", revoke),
    Route("GET", "instances/{id}/root", "ShowRoot", show_root),
    Route("POST", "instances/{id}/root", "EnableRoot", enable_root),
    Route("DELETE", "instances/{id}/root", "DisableRoot", disable_root),
)
