"""CREATE, ALTER and DROP USER."""

from __future__ import annotations

from services.sandbox.ignite.cluster import Cluster
from services.sandbox.ignite.errors import SqlRefused
from services.sandbox.ignite.sql.text import TokenReader

FIRST_USER = "ignite"


class Users:
    """The users of a cluster with authentication; only the first user may change them."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def _known(self, current: str) -> dict[str, str]:
        users = self._cluster.users
        if users is None:
            raise SqlRefused("50000", "Operation cannot be performed: Ignite security disabled.")
        if current != next(iter(users), FIRST_USER):
            raise SqlRefused("50000", f"User management operations are not allowed for user [curUser={current}]")
        return users

    def create(self, reader: TokenReader, current: str) -> None:
        users = self._known(current)
        name = reader.identifier()
        reader.expect("WITH", "PASSWORD")
        password = reader.string()
        reader.end()
        if name in users:
            raise SqlRefused("50000", f"User already exists [login={name}]")
        users[name] = password

    def alter(self, reader: TokenReader, current: str) -> None:
        users = self._known(current)
        name = reader.identifier()
        reader.expect("WITH", "PASSWORD")
        password = reader.string()
        reader.end()
        self._check(users, name)
        users[name] = password

    def drop(self, reader: TokenReader, current: str) -> None:
        users = self._known(current)
        name = reader.identifier()
        reader.end()
        self._check(users, name)
        if name == current:
            raise SqlRefused("50000", f"Default user cannot be removed [login={name}]")
        del users[name]

    def _check(self, users: dict[str, str], name: str) -> None:
        if name not in users:
            raise SqlRefused("50000", f"User doesn't exist [userName={name}]")
