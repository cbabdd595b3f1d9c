"""Databases and users of an instance: what its guest would take, and whether it can be asked."""

from __future__ import annotations

from typing import Any

from services.sandbox.trove import checks
from services.sandbox.trove.calls import Call
from services.sandbox.trove.errors import bad_request, not_ready
from services.sandbox.trove.lifecycle import service_word
from services.sandbox.trove.model import DatabaseUser, Instance

RESERVED_USERS = frozenset({"os_admin", "root", "postgres"})
RESERVED_DATABASES = frozenset({"mysql", "information_schema", "performance_schema", "sys", "postgres", "os_admin"})
CHARSETS = frozenset({"utf8", "utf8mb4", "utf8mb3", "latin1", "latin2", "ascii", "binary", "ucs2", "UTF8", "SQL_ASCII"})
NAME_LENGTH = 64


def running(call: Call) -> Instance:
    """The instance of the path, whose database answers."""
    instance = call.instance()
    if not instance.is_running:
        raise not_ready(instance.id, service_word(instance))
    return instance


def checked_databases(given: Any, where: str) -> list[str]:
    """The names of databases to create, once none is reserved or there twice.

    One with a character set that the database does not know is accepted and never comes into being.
    """
    names: list[str] = []
    for row in checks.rows(given, where):
        name = database_name(row.get("name"), where)
        if name in names:
            raise bad_request("Two or more databases share the same name in the initial databases list.")
        if (row.get("character_set") or "utf8") in CHARSETS:
            names.append(name)
    return names


def database_name(given: Any, where: str) -> str:
    name = checks.name(given, where)
    if len(name) > NAME_LENGTH or set(name) & set("/\\\0"):
        raise bad_request(f"Database name '{name}' is too long or has characters that names cannot have.")
    if name in RESERVED_DATABASES:
        raise bad_request(f'Database name "{name}" is on the reserved list.')
    return name


def checked_users(given: Any, where: str, databases: list[str] | None = None) -> list[DatabaseUser]:
    """Users to create; with `databases`, those that they may be granted."""
    users: list[DatabaseUser] = []
    for row in checks.rows(given, where):
        name = user_name(row.get("name"), where)
        if "password" not in row:
            raise checks.invalid(where, "'password' is a required property")
        password = checks.name(row["password"], f"{where}['password']")
        user = DatabaseUser(name, checks.host(row.get("host", "%"), f"{where}['host']"), password)
        user.databases = [checks.name(one.get("name"), where) for one in checks.rows(row.get("databases", []), where)]
        missing = [one for one in user.databases if databases is not None and one not in databases]
        if missing:
            raise bad_request(f"User {name} should have access to database {missing[0]}, which is not in the list.")
        if any(one.key == user.key for one in users):
            raise bad_request("Two or more users share the same name and host in the initial users list.")
        users.append(user)
    return users


def user_name(given: Any, where: str) -> str:
    name = checks.name(given, where)
    if name in RESERVED_USERS:
        raise bad_request(f'User name "{name}" is on the reserved list.')
    return name
