"""The calls of a session's process over stores that manage instances or keep jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from services.cancel import CancelToken
from services.connections.guard import Guard
from services.connections.wire import ResultOpened
from services.stores.base import KeepsJobs
from services.stores.instances import (
    Action,
    ActionField,
    ActionResult,
    Instance,
    InstanceDetail,
    LogTail,
    ManagesInstances,
    Plan,
)
from services.stores.types import Description, Page, Statement

NO_EDIT_OF_LISTING: Final = "a listing is changed by its actions, not by editing"
NO_EDIT_OF_JOB: Final = "the result of a job is not edited: open the table"


class ManagedCalls:
    """Mixed into `SessionCalls`, which opens the store and its results."""

    _guard: Guard
    _power: Callable[[Any, str], Any]
    _load_listing: Callable[[Callable[[CancelToken], Any], str, CancelToken], ResultOpened]

    def _managing(self) -> ManagesInstances:
        store: ManagesInstances = self._power(ManagesInstances, "manage instances")
        return store

    def _keeping(self) -> KeepsJobs:
        store: KeepsJobs = self._power(KeepsJobs, "keep jobs")
        return store

    def list_instances(self, cancel: CancelToken) -> Iterator[Sequence[Instance]]:
        """See `ManagesInstances.list_instances`."""
        return self._managing().list_instances(cancel)

    def show_instance(self, cancel: CancelToken, identifier: str) -> InstanceDetail:
        """See `ManagesInstances.show_instance`."""
        return self._managing().show_instance(identifier)

    def actions(self, cancel: CancelToken, identifier: str) -> Sequence[Action]:
        """See `ManagesInstances.actions`."""
        return self._managing().actions(identifier)

    def action_fields(
        self, cancel: CancelToken, action: str, identifier: str, given: Mapping[str, Any]
    ) -> Sequence[ActionField]:
        """See `ManagesInstances.action_fields`."""
        return self._managing().action_fields(action, identifier, given)

    def plan_action(self, cancel: CancelToken, action: str, identifier: str, arguments: Mapping[str, Any]) -> Plan:
        """See `ManagesInstances.plan_action`."""
        return self._managing().plan_action(action, identifier, arguments)

    def act(self, cancel: CancelToken, action: str, identifier: str, arguments: Mapping[str, Any]) -> ActionResult:
        """See `ManagesInstances.act`."""
        self._guard.write(action)
        return self._managing().act(action, identifier, arguments, cancel)

    def is_reached(self, cancel: CancelToken, result: ActionResult) -> bool:
        """See `ManagesInstances.is_reached`."""
        return self._managing().is_reached(result)

    def open_listing(self, cancel: CancelToken, view: str, identifier: str) -> ResultOpened:
        """See `ManagesInstances.listing`."""
        managing = self._managing()

        def pages(token: CancelToken) -> Iterator[Page]:
            yield managing.listing(view, identifier)

        return self._load_listing(pages, NO_EDIT_OF_LISTING, cancel)

    def read_log(self, cancel: CancelToken, identifier: str, log: str, token: str, line_count: int) -> LogTail:
        """See `ManagesInstances.read_log`."""
        return self._managing().read_log(identifier, log, token, line_count)

    def open_jobs(self, cancel: CancelToken, limit: int, status: str) -> ResultOpened:
        """See `KeepsJobs.list_jobs`."""
        keeping = self._keeping()

        def pages(token: CancelToken) -> Iterator[Page]:
            yield keeping.list_jobs(limit, status)

        return self._load_listing(pages, NO_EDIT_OF_LISTING, cancel)

    def show_job(self, cancel: CancelToken, identifier: str) -> Description:
        """See `KeepsJobs.show_job`."""
        return self._keeping().show_job(identifier)

    def open_job_result(self, cancel: CancelToken, identifier: str, limit: int | None) -> ResultOpened:
        """See `KeepsJobs.job_result`."""
        keeping = self._keeping()
        return self._load_listing(lambda token: keeping.job_result(identifier, limit, token), NO_EDIT_OF_JOB, cancel)

    def estimate(self, cancel: CancelToken, statement: Statement) -> Description:
        """See `KeepsJobs.estimate`."""
        return self._keeping().estimate(statement, cancel)


STREAMS: Final = frozenset({"list_instances"})

ABANDONED: Final = frozenset(
    {
        "action_fields",
        "actions",
        "is_reached",
        "open_jobs",
        "open_listing",
        "plan_action",
        "read_log",
        "show_instance",
        "show_job",
    }
)

METHODS: Final = ABANDONED | STREAMS | {"act", "estimate", "open_job_result"}
