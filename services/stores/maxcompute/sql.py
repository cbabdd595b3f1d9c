"""Statements as jobs: settings before them, progress while they run, pages of their rows after."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace

from services.cancel import NEVER, CancelToken
from services.errors import UnsupportedOperation
from services.stores.maxcompute import hints
from services.stores.maxcompute.jobs import Jobs
from services.stores.maxcompute.link import Link
from services.stores.maxcompute.metadata import Metadata
from services.stores.maxcompute.results import Results, text_batch
from services.stores.maxcompute.running import Waiting
from services.stores.types import Count, SqlPage, Statement


class SqlRunner:
    """Runs statements; what `SET name=value` sets alone stays for the session."""

    def __init__(self, link: Link, metadata: Metadata, jobs: Jobs, results: Results) -> None:
        self._link = link
        self._metadata = metadata
        self._jobs = jobs
        self._results = results
        self._lock = threading.Lock()
        self._kept: dict[str, str] = {}

    def run(self, statement: Statement, cancel: CancelToken) -> Iterator[SqlPage]:
        """Pages of the answer.

        Raises:
            StatementRefused, TimedOut, Cancelled.
        """
        if statement.arguments:
            hint = "Write the values into the statement."
            raise UnsupportedOperation("statement: MaxCompute's SQL takes no arguments", hint=hint)
        given = hints.prepared(statement.text)
        if not given.text:
            yield self._set(given)
            return
        identifier = self.submit(given, statement.schema, cancel)
        self.wait(identifier, cancel, statement.timeout_seconds)
        for page in self._results.pages(identifier, given, statement.limit, statement.page_rows, cancel):
            yield replace(page, note=f"job {identifier}")

    def submit(self, given: hints.Prepared, schema: str, cancel: CancelToken, *, is_cost: bool = False) -> str:
        """Start a job; its id, also told at once."""
        identifier = self._jobs.submit(given.text, self.settings(given, schema), cancel, is_cost=is_cost)
        cancel.tell(f"job {identifier}: submitted")
        return identifier

    def wait(self, identifier: str, cancel: CancelToken, seconds: float | None = None) -> None:
        """Come back when a job succeeded; see `Waiting.wait`."""
        Waiting(self._jobs, identifier, cancel, seconds).wait()

    def settings(self, given: hints.Prepared, schema: str = "") -> dict[str, str]:
        """Everything that is set for a statement."""
        own: dict[str, str] = {}
        if self._link.options.quota:
            own[hints.QUOTA] = self._link.options.quota
        if self._metadata.has_schemas:
            own |= {
                "odps.sql.allow.namespace.schema": "true",
                "odps.namespace.schema": "true",
                hints.SCHEMA: self._metadata.schema_of(schema),
            }
        with self._lock:
            return {**own, **self._kept, **given.settings}

    def _set(self, given: hints.Prepared) -> SqlPage:
        """Keep settings for the statements to come, or show them."""
        hints.priority_of(given.settings)
        with self._lock:
            self._kept.update(given.settings)
            shown: Mapping[str, str] = dict(self._kept) if given.is_show else given.settings
        batch = text_batch({"setting": list(shown), "value": list(shown.values())})
        return SqlPage(batch, Count.exact(len(shown)))

    def watch(self, identifier: str, cancel: CancelToken) -> None:
        """Come back when a job of anybody succeeded; giving up leaves it running."""
        Waiting(self._jobs, identifier, cancel, None, is_ours=False).wait()

    def execute(self, text: str, schema: str = "", cancel: CancelToken = NEVER) -> None:
        """Run a statement that has no rows to its end."""
        self.wait(self.submit(hints.Prepared(text, hints.ONE_STATEMENT), schema, cancel), cancel)
