"""Where a statement runs: its project, schema and settings, and what its names mean there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.sandbox.maxcompute.errors import parse_error
from services.sandbox.maxcompute.model import DEFAULT_SCHEMA, Table
from services.sandbox.maxcompute.warehouse import Project, Warehouse

_SCHEMA_HINT = "odps.namespace.schema"


@dataclass(frozen=True)
class Session:
    """A statement's surroundings."""

    warehouse: Warehouse
    project: Project
    schema: str = DEFAULT_SCHEMA
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_schemas(self) -> bool:
        """Whether `a.b` is a schema and a table, not a project and a table."""
        wanted = self.settings.get(_SCHEMA_HINT)
        return wanted.lower() == "true" if wanted is not None else not self.project.is_two_level

    def place(self, name: tuple[str, ...]) -> tuple[Project, str, str]:
        """The project, schema and bare name that a name stands for.

        Raises:
            OdpsError: it has too many parts, or the project is not there.
        """
        if len(name) == 1:
            return self.project, self.schema, name[0]
        if len(name) == 2:
            if self.has_schemas:
                return self.project, name[0].lower(), name[1]
            return self.warehouse.project(name[0]), DEFAULT_SCHEMA, name[1]
        if len(name) != 3:
            raise parse_error(f"'{'.'.join(name)}' is no name of a table")
        return self.warehouse.project(name[0]), name[1].lower(), name[2]

    def table(self, name: tuple[str, ...]) -> Table:
        """The table or view of a name.

        Raises:
            OdpsError: NoSuchTable.
        """
        project, schema, bare = self.place(name)
        return project.table(bare, schema)
