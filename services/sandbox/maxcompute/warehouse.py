"""Projects with their schemas, and the warehouse that holds them."""

from __future__ import annotations

from collections.abc import Iterator
from threading import RLock

from services.sandbox.maxcompute.errors import already_there, invalid, no_permission, no_such, no_such_table
from services.sandbox.maxcompute.model import DEFAULT_SCHEMA, Table
from services.sandbox.maxcompute.objects import OWNER, Function, Resource, Shelf, Volume, now


class Project:
    """Schemas with tables and views by lower-case name; `resources`, `functions` and `volumes` hang beside them.

    Args:
        is_two_level: it has no schemas but `default`, and answers requests that name none.
        is_forbidden: the account has no right in it.
    """

    def __init__(
        self,
        name: str,
        *,
        is_two_level: bool = True,
        owner: str = OWNER,
        comment: str = "",
        is_forbidden: bool = False,
    ) -> None:
        self.name = name
        self.is_two_level = is_two_level
        self.owner = owner
        self.comment = comment
        self.is_forbidden = is_forbidden
        self.created = self.modified = now()
        self.lock = RLock()
        self.resources: Shelf[Resource] = Shelf("Resource")
        self.functions: Shelf[Function] = Shelf("Function")
        self.volumes: Shelf[Volume] = Shelf("Volume")
        self._schemas: dict[str, dict[str, Table]] = {DEFAULT_SCHEMA: {}}

    def schemas(self) -> list[str]:
        with self.lock:
            return sorted(self._schemas)

    def create_schema(self, name: str) -> None:
        with self.lock:
            if name in self._schemas:
                raise already_there("Schema", name)
            self._schemas[name] = {}

    def drop_schema(self, name: str) -> None:
        with self.lock:
            if self._tables(name):
                raise invalid(f"Schema {name} is not empty.")
            del self._schemas[name]

    def _tables(self, schema: str) -> dict[str, Table]:
        if schema not in self._schemas:
            raise no_such("Schema", schema)
        return self._schemas[schema]

    def tables(self, schema: str = DEFAULT_SCHEMA) -> list[Table]:
        """Tables and views in the order of their names."""
        with self.lock:
            return [table for _, table in sorted(self._tables(schema).items())]

    def all_tables(self) -> Iterator[Table]:
        """The tables of every schema."""
        for schema in self.schemas():
            yield from self.tables(schema)

    def table(self, name: str, schema: str = DEFAULT_SCHEMA) -> Table:
        """A table or view by its name in any case.

        Raises:
            OdpsError: NoSuchTable, NoSuchObject for the schema.
        """
        with self.lock:
            found = self._tables(schema).get(name.lower())
        if found is None:
            raise no_such_table(self.name, name)
        return found

    def add_table(self, table: Table) -> Table:
        """Takes a table in.

        Raises:
            OdpsError: ObjectAlreadyExists.
        """
        with self.lock:
            tables = self._tables(table.schema)
            if table.name.lower() in tables:
                raise already_there("Table", f"{self.name}.{table.name}")
            tables[table.name.lower()] = table
            return table

    def drop_table(self, name: str, schema: str = DEFAULT_SCHEMA) -> None:
        """Removes a table with its rows."""
        found = self.table(name, schema)
        with self.lock:
            self._tables(schema).pop(found.name.lower(), None)

    def rename_table(self, name: str, new: str, schema: str = DEFAULT_SCHEMA) -> None:
        """Gives a table another name."""
        found = self.table(name, schema)
        with self.lock:
            tables = self._tables(schema)
            if new.lower() in tables:
                raise already_there("Table", f"{self.name}.{new}")
            tables[new.lower()] = tables.pop(name.lower())
            found.name = new


class Warehouse:
    """The projects of an account."""

    def __init__(self) -> None:
        self.lock = RLock()
        self._projects: dict[str, Project] = {}

    def projects(self) -> list[Project]:
        with self.lock:
            return [project for _, project in sorted(self._projects.items())]

    def add_project(self, project: Project) -> Project:
        with self.lock:
            return self._projects.setdefault(project.name, project)

    def project(self, name: str) -> Project:
        """A project.

        Raises:
            OdpsError: NoSuchProject; NoPermission when it is forbidden.
        """
        with self.lock:
            found = self._projects.get(name)
        if found is None:
            raise no_such("Project", name)
        if found.is_forbidden:
            raise no_permission("odps:Read", f"acs:odps:*:projects/{name}")
        return found
