"""The Store contract: seven required methods, and one-purpose powers named by their verb.

Methods are plain blocking functions that may run in any thread; a store guards its own connection. Every error that
leaves a store is one of `services.errors`. A power a store lacks raises `UnsupportedOperation`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from services.cancel import NEVER, CancelToken
from services.stores.changes import Call, Change, Condition, Outcome, Path
from services.stores.features import Feature, Guarantee
from services.stores.limits import Limits
from services.stores.types import CheckStep, Children, Description, Page, RowQuery, SqlPage, Statement
from services.values import Key, Row, Typed


class Store(ABC):
    """One connected system. Constructing it is free; `connect` does the work."""

    kind: ClassVar[str]
    features: frozenset[Feature] = frozenset()
    limits: Limits = Limits()

    @abstractmethod
    def connect(self, cancel: CancelToken = NEVER) -> None:
        """Connect and sign in; afterwards `features` and `limits` hold.

        Raises:
            ConnectError, TimedOut: with advice for the user.
        """

    @abstractmethod
    def check(self, cancel: CancelToken = NEVER) -> Iterator[CheckStep]:
        """Try resolve, connect, TLS, sign in and list on connections of its own, yielding each step when done.

        A failed step is yielded, not raised, and ends the check.
        """

    @abstractmethod
    def list_children(self, path: Path, page_token: str | None = None) -> Children:
        """The children of a node, a page at a time; the root is `()`."""

    @abstractmethod
    def describe(self, path: Path) -> Description:
        """All facts about a container, asked anew from the server."""

    @abstractmethod
    def parse_address(self, text: str) -> Path:
        """The path that the part after `PROFILE:` of an address names. Pure text, asks nothing of the server."""

    @abstractmethod
    def format_address(self, path: Path) -> str:
        """The text that `parse_address` reads as this path; empty for the root. Asks nothing of the server.

        Raises:
            UsageError: nothing but a listing leads there, such as to a group.
        """

    @abstractmethod
    def close(self) -> None:
        """End all connections and cursors; safe to call twice and from any thread."""


class ReadsRows(ABC):
    """Reads the rows of a container in order."""

    @abstractmethod
    def read_rows(self, path: Path, query: RowQuery, cancel: CancelToken = NEVER) -> Iterator[Page]:
        """Pages of rows; at least one page, maybe empty. Closing the iterator frees the server's cursor."""


class ReadsKeys(ABC):
    """Reads rows by their full key."""

    @abstractmethod
    def read_keys(self, path: Path, keys: Sequence[Key]) -> list[Mapping[str, Typed] | None]:
        """The row of each key in order, None where there is none; absent columns are left out."""


class WritesRows(ABC):
    """Changes rows by their full key, never without a condition unless the guarantee says so."""

    @abstractmethod
    def guarantee(self, path: Path) -> Guarantee:
        """What a write to this container promises."""

    @abstractmethod
    def plan(self, changes: Sequence[Change]) -> list[Call]:
        """The exact calls that `apply` would send, one a change, in order; sends nothing."""

    @abstractmethod
    def apply(self, changes: Sequence[Change], cancel: CancelToken = NEVER) -> Iterator[Outcome]:
        """Send the changes in order, yielding one outcome each; a conflict or refusal does not end it."""

    @abstractmethod
    def type_words(self, path: Path, column: str) -> tuple[str, ...]:
        """The types a cell of this column can take, the declared or usual one first."""

    @abstractmethod
    def parse(self, path: Path, column: str, text: str, type_word: str = "") -> Typed:
        """The exact value that a user's text stands for.

        Raises:
            ValueRefused: the text does not fit the type.
        """

    @abstractmethod
    def from_json(self, path: Path, column: str, data: Any) -> Typed:
        """The exact value that JSON data stands for (`{"$type": "Int", "value": 1}` names the type).

        Raises:
            ValueRefused: the data does not fit the type.
        """


class PutsRows(ABC):
    """Puts and removes single whole rows, with or without a condition."""

    @abstractmethod
    def put(self, path: Path, row: Row, condition: Condition = None) -> Outcome:
        """Write one row, there or not; columns left out get the store's default, or stay where it updates in place.

        Args:
            row: all key columns among them.
            condition: checked and obeyed by the server in one act; when it does not hold, the outcome is a conflict
                and nothing changed.
        """

    @abstractmethod
    def remove(self, path: Path, key: Key, condition: Condition = None) -> Outcome:
        """Remove one row. Without a condition a missing row is no error; `EXISTS` makes it a conflict."""


class RunsSql(ABC):
    """Runs statements in the store's own SQL."""

    dialect: ClassVar[str]
    """The sqlglot dialect that comes nearest, for splitting and for telling reads from writes."""

    @abstractmethod
    def run_sql(self, statement: Statement, cancel: CancelToken = NEVER) -> Iterator[SqlPage]:
        """Pages of the answer, at least one. Cancelling stops the statement on the server too.

        Raises:
            StatementRefused, TimedOut, Cancelled.
        """


class CancelsQueries(ABC):
    """Ends work that runs on the server, also that of others."""

    @abstractmethod
    def kill(self, what: str, identifier: str) -> str:
        """End a `query`, `transaction` or `job` by the identifier its listing shows; what happened, in words."""


class ManagesContainers(ABC):
    """Creates and drops containers."""

    @abstractmethod
    def create(self, path: Path, definition: Mapping[str, Any]) -> None:
        """Create from the same shape that `describe` gives: `columns` and `options`."""

    @abstractmethod
    def drop(self, path: Path) -> None:
        """Drop the container and all its rows."""


class EmptiesContainers(ABC):
    """Removes all rows of a container at once; the container stays."""

    @abstractmethod
    def truncate(self, path: Path) -> None:
        """Remove all rows.

        Raises:
            UnsupportedOperation: it has no rows of its own.
        """


class ShowsCluster(ABC):
    """Shows the servers behind the store and what they do."""

    @abstractmethod
    def cluster(self, view: str) -> Page:
        """One live table: `nodes`, `caches`, `queries` or `transactions`; every node is asked."""


class KeepsJobs(ABC):
    """Runs statements as jobs that live on at the server, beyond the connection."""

    @abstractmethod
    def list_jobs(self, limit: int = 200, status: str = "") -> Page:
        """Running and past jobs, newest first: columns `id`, `status`, `statement`, `started` and more."""

    @abstractmethod
    def show_job(self, identifier: str) -> Description:
        """Everything about one job: progress by stage, cost, link, error."""

    @abstractmethod
    def job_result(self, identifier: str, limit: int | None = None, cancel: CancelToken = NEVER) -> Iterator[SqlPage]:
        """The result of a finished job, without running it again; waits for one that still runs."""

    @abstractmethod
    def estimate(self, statement: Statement, cancel: CancelToken = NEVER) -> Description:
        """What running a statement would cost; runs nothing.

        Raises:
            StatementRefused: the server does not understand it.
        """
