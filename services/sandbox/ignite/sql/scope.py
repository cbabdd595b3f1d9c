"""What the names of a query stand for while it is being resolved."""

from __future__ import annotations

from dataclasses import dataclass, field

from services.sandbox.ignite.sql.schema import Table
from services.sandbox.ignite.sql.types import SqlType


@dataclass(frozen=True)
class Output:
    """One result column; without a kind its values speak for themselves."""

    name: str
    kind: SqlType | None = None
    is_hidden: bool = False


@dataclass
class Scope:
    """The relations of one SELECT by alias, and the scopes around it."""

    relations: dict[str, list[Output]] = field(default_factory=dict)
    ctes: dict[str, list[Output]] = field(default_factory=dict)
    aliases: dict[str, SqlType | None] = field(default_factory=dict)
    outer: Scope | None = None
    tables: dict[str, Table] = field(default_factory=dict)

    def child(self) -> Scope:
        return Scope(ctes=dict(self.ctes), outer=self)

    def column(self, table: str, name: str) -> Output | None:
        """A column by name, in this scope first; None when no relation has it."""
        for alias, outputs in self.relations.items():
            if table in {"", alias}:
                for output in outputs:
                    if output.name == name:
                        return output
        if not table and name in self.aliases:
            return Output(name, self.aliases[name])
        return self.outer.column(table, name) if self.outer else None

    def table(self, alias: str) -> tuple[str, Table] | None:
        """The SQL table behind an alias (or the only one, without an alias)."""
        for name, table in self.tables.items():
            if alias in {"", name}:
                return name, table
        return self.outer.table(alias) if self.outer else None
