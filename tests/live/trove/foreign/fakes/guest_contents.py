"""The databases and users inside a guest."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from trove.common import exception

Row = dict[str, Any]
"""A database or a user as Trove sends them to guests: keys start with an underscore."""

ANY_HOST = "%"


class Contents:
    """Databases by name, users by name and host with the databases granted to them."""

    def __init__(self) -> None:
        self.databases: dict[str, Row] = {}
        self.users: dict[tuple[str, str], Row] = {}

    def copy(self) -> Contents:
        """Return the same contents, apart from these."""
        return copy.deepcopy(self)

    def add_databases(self, databases: Iterable[Row]) -> None:
        """Create databases."""
        self.databases.update({row["_name"]: dict(row) for row in databases})

    def drop_database(self, name: str) -> None:
        """Drop a database and what was granted on it."""
        self.databases.pop(name, None)
        for user in self.users.values():
            user["_databases"] = [row for row in user["_databases"] if row["_name"] != name]

    def add_users(self, users: Iterable[Row]) -> None:
        """Create users."""
        for user in users:
            row = {**user, "_host": user.get("_host") or ANY_HOST, "_databases": list(user.get("_databases") or [])}
            self.users[row["_name"], row["_host"]] = row

    def drop_user(self, name: str, host: str | None) -> None:
        """Drop a user."""
        self.users.pop((name, host or ANY_HOST), None)

    def user(self, name: str, host: str | None) -> Row | None:
        """Return a user, or nothing."""
        found = self.users.get((name, host or ANY_HOST))
        return copy.deepcopy(found)

    def change_user(self, name: str, host: str | None, changes: Row) -> None:
        """Give a user another name, host or password."""
        row = self._existing(name, host)
        del self.users[row["_name"], row["_host"]]
        row.update({f"_{key}": value for key, value in changes.items() if value})
        self.users[row["_name"], row["_host"]] = row

    def grant(self, name: str, host: str | None, databases: Iterable[str]) -> None:
        """Let a user into databases, also into such as do not exist."""
        row = self._existing(name, host)
        granted = {database["_name"] for database in row["_databases"]}
        new = [database for database in databases if database not in granted]
        row["_databases"] += [{"_name": database, "_character_set": None, "_collate": None} for database in new]

    def revoke(self, name: str, host: str | None, database: str) -> None:
        """Take the access to a database from a user."""
        row = self._existing(name, host)
        row["_databases"] = [granted for granted in row["_databases"] if granted["_name"] != database]

    def grants(self, name: str, host: str | None) -> list[Row]:
        """Return the databases a user may use."""
        return copy.deepcopy(list(self._existing(name, host)["_databases"]))

    def _existing(self, name: str, host: str | None) -> Row:
        found = self.users.get((name, host or ANY_HOST))
        if found is None:
            raise exception.UserNotFound(uuid=f"{name}@{host or ANY_HOST}")
        return found


def page(
    rows: dict[str, Row], limit: int | None, marker: str | None, include_marker: bool
) -> tuple[list[Row], str | None]:
    """Return the rows from a marker on in the order of their names, and the marker of the next page if there is one."""
    first = marker or ""
    names = sorted(name for name in rows if name > first or (include_marker and name == first))
    shown = names[:limit] if limit else names
    more = shown[-1] if shown and len(shown) < len(names) else None
    return [copy.deepcopy(rows[name]) for name in shown], more
