"""What a rows pane shows: which rows of which container, through which session."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from services.connections.api import ResultApi, SessionApi
from services.editing.encoding import key_from_json
from services.editing.staged import Staged
from services.editing.targets import RowTarget
from services.editing.wording import key_words
from services.results.types import ResultColumn
from services.stores.changes import Path
from services.stores.features import Feature
from services.stores.types import Description, RowQuery


@dataclass(frozen=True, slots=True)
class Shown:
    """The rows on show.

    Attributes:
        view: the live table of the cluster, or empty.
        query: the store's part of filter and order.
        contains: the filter of the loaded rows.
    """

    profile: str
    path: Path
    session: SessionApi
    description: Description | None = None
    view: str = ""
    query: RowQuery = field(default_factory=RowQuery)
    contains: str = ""

    @property
    def name(self) -> str:
        """The container's name."""
        return self.view or (self.path[-1] if self.path else self.profile)

    @property
    def sorts_at_server(self) -> bool:
        """Whether the store sorts: it reaches these rows by SQL."""
        sql = self.description.sql if self.description else ""
        return bool(sql) and Feature.RUNS_SQL in self.session.features

    @property
    def filter_place(self) -> str:
        """Where the store filters these rows by a condition, in words; empty where it cannot."""
        own = self.description.filter_place if self.description else ""
        return own or ("at the server" if self.sorts_at_server else "")

    @property
    def kill_word(self) -> str:
        """What a row of this live table can be ended as, or empty."""
        word = {"queries": "query", "transactions": "transaction"}.get(self.view, "")
        return word if Feature.CANCELS_QUERIES in self.session.features else ""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the cursor stood when a key was pressed; it may move on before the work is done.

    Attributes:
        row: the result's row, None on a new row or without rows.
        staged: the staged change of that row.
    """

    shown: Shown
    result: ResultApi
    row: int | None
    column: ResultColumn | None
    staged: Staged | None

    async def target(self) -> RowTarget | None:
        """The row, with what is staged for it; None where there is none."""
        if self.staged is not None:
            return RowTarget.of_staged(self.staged)
        if self.row is None:
            return None
        return RowTarget.of_record(self.shown.path, await self.result.row(self.row), None)


def token_words(token: str) -> str:
    """The key of a row in words, from its canonical text."""
    if not token:
        return ""
    try:
        return key_words(key_from_json(json.loads(token)))
    except (ValueError, TypeError, KeyError):
        return ""
