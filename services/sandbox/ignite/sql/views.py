"""Views: planned once when made, kept in SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.sandbox.ignite.errors import SqlRefused
from services.sandbox.ignite.sql import types
from services.sandbox.ignite.sql.plan_text import quote
from services.sandbox.ignite.sql.schema import Column, Table, View
from services.sandbox.ignite.sql.text import Token

if TYPE_CHECKING:
    from services.sandbox.ignite.sql.engine import Engine


class Views:
    """Creates and drops views; the cluster's lock is held by the caller."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(self, schema: str, name: str, query: str, tokens: list[Token], known: Table | View | None) -> None:
        plan = self._engine.plan_text(query, tokens, schema)
        if plan.sys_views or not plan.outputs:
            raise SqlRefused("0A000", f"Unsupported view: {query}")
        columns = [Column(output.name, output.kind or types.OTHER) for output in plan.outputs]
        if isinstance(known, View):
            self.drop(known)
        view = View(schema, name, query, columns)
        names = ", ".join(quote(column.name) for column in columns)
        self._engine.direct.execute(f"CREATE VIEW {quote(view.storage)} ({names}) AS {plan.sql}")
        self._engine.catalog.add(view)

    def drop(self, view: View) -> None:
        self._engine.direct.execute(f"DROP VIEW {quote(view.storage)}")
        self._engine.catalog.remove(view)
