"""The calls to a guest that concern databases, users and root."""

from __future__ import annotations

import copy
import uuid

import eventlet
from fakes.guest_contents import ANY_HOST, Contents, Row, page

CAST_SECONDS = 0.05


class DatabaseCalls:
    """Answers them from contents; what a real agent does later, without an answer, happens later here too."""

    def __init__(self) -> None:
        self.contents = Contents()

    def create_database(self, databases: list[Row]) -> None:
        """Create databases, later."""
        eventlet.spawn_after(CAST_SECONDS, self.contents.add_databases, copy.deepcopy(databases))

    def delete_database(self, database: Row) -> None:
        """Drop a database, later."""
        eventlet.spawn_after(CAST_SECONDS, self.contents.drop_database, database["_name"])

    def list_databases(
        self, limit: int | None = None, marker: str | None = None, include_marker: bool = False
    ) -> tuple[list[Row], str | None]:
        """Return a page of databases."""
        return page(self.contents.databases, limit, marker, include_marker)

    def create_user(self, users: list[Row]) -> None:
        """Create users, later."""
        eventlet.spawn_after(CAST_SECONDS, self.contents.add_users, copy.deepcopy(users))

    def delete_user(self, user: Row) -> None:
        """Drop a user, later."""
        eventlet.spawn_after(CAST_SECONDS, self.contents.drop_user, user["_name"], user.get("_host"))

    def list_users(
        self, limit: int | None = None, marker: str | None = None, include_marker: bool = False
    ) -> tuple[list[Row], str | None]:
        """Return a page of users, in the order of name@host."""
        named = {f"{name}@{host}": row for (name, host), row in self.contents.users.items()}
        return page(named, limit, marker, include_marker)

    def get_user(self, username: str, hostname: str | None) -> Row | None:
        """Return a user, or nothing."""
        return self.contents.user(username, hostname)

    def change_passwords(self, users: list[Row]) -> None:
        """Give users new passwords."""
        for user in users:
            self.contents.change_user(user["name"], user.get("host"), {"password": user["password"]})

    def update_attributes(self, username: str, hostname: str | None, user_attrs: Row) -> None:
        """Change name, host or password of a user."""
        self.contents.change_user(username, hostname, user_attrs)

    def list_access(self, username: str, hostname: str | None) -> list[Row]:
        """Return the databases a user may use."""
        return self.contents.grants(username, hostname)

    def grant_access(self, username: str, hostname: str | None, databases: list[str]) -> None:
        """Let a user into databases."""
        self.contents.grant(username, hostname, databases)

    def revoke_access(self, username: str, hostname: str | None, database: str) -> None:
        """Take the access to a database from a user."""
        self.contents.revoke(username, hostname, database)

    def enable_root(self) -> Row:
        """Make root usable from anywhere, with a new password."""
        return self.enable_root_with_password(uuid.uuid4().hex)

    def enable_root_with_password(self, root_password: str | None = None) -> Row:
        """Make root usable from anywhere, with this password."""
        password = root_password or uuid.uuid4().hex
        self.contents.add_users([{"_name": "root", "_host": ANY_HOST, "_password": password, "_databases": []}])
        return {"_name": "root", "_host": ANY_HOST, "_password": password, "_databases": []}

    def disable_root(self) -> None:
        """Take root away."""
        self.contents.drop_user("root", ANY_HOST)
