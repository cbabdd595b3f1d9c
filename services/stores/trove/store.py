"""The Trove store: the instances of one project, all that can be done to them, and the tables of the service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from services.cancel import NEVER, CancelToken
from services.errors import NotFound, UnsupportedOperation
from services.secrets import Secret
from services.stores.base import ReadsRows, Store
from services.stores.changes import Path
from services.stores.features import Feature
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
from services.stores.limits import Limits
from services.stores.trove import catalog, log_reading, names
from services.stores.trove.acting import Acting
from services.stores.trove.checking import ConnectionCheck
from services.stores.trove.details import detail_of
from services.stores.trove.options import TroveOptions
from services.stores.trove.rest import Rest
from services.stores.trove.service import Service
from services.stores.trove.views import View
from services.stores.types import CheckStep, Children, Count, Description, Group, Page, RowQuery

PAGE_ROWS = 1000
LOCKED = "a listing is changed by actions, not by editing"


class TroveStore(Store, ReadsRows, ManagesInstances):
    """One project of one Trove service."""

    kind: ClassVar[str] = "trove"
    features = frozenset((Feature.MANAGES_INSTANCES, Feature.READS_ROWS))
    limits = Limits(page_rows=PAGE_ROWS)

    def __init__(self, fields: Mapping[str, str], secrets: Mapping[str, Secret]) -> None:
        self._options = TroveOptions.from_profile(fields, secrets)
        self._rest = Rest(self._options)
        self._service = Service(self._rest)
        self._acting = Acting(self._service)

    @property
    def requests(self) -> int:
        """Answers so far."""
        return self._rest.requests

    @property
    def request_ids(self) -> tuple[str, ...]:
        """Of the newest answers."""
        return tuple(self._rest.request_ids)

    def connect(self, cancel: CancelToken = NEVER) -> None:
        """Sign in and find the service."""
        cancel.check()
        _ = self._rest.identity

    def check(self, cancel: CancelToken = NEVER) -> Iterator[CheckStep]:
        """The five steps on connections of their own."""
        return ConnectionCheck(self._options).steps(cancel)

    def list_children(self, path: Path, page_token: str | None = None) -> Children:
        """Tables, instances, and the tables of an instance."""
        return catalog.children(self._service, path, page_token)

    def describe(self, path: Path) -> Description:
        """All about an instance, or the columns of a table."""
        if len(path) == 2 and path[0] == names.INSTANCES:
            return self._describe_instance(path)
        view, _ = catalog.view_at(path)
        groups = (Group("Table", (("holds", view.help),)),) if view.help else ()
        return Description(path, path[-1], "table", view.columns, groups=groups, locked=LOCKED)

    def _describe_instance(self, path: Path) -> Description:
        detail = self.show_instance(path[1])
        groups = list(detail.groups)
        if detail.connections:
            groups.append(Group("Connections", detail.connections))
        if detail.fault is not None:
            fault = detail.fault
            groups.append(Group("Fault", (("message", fault.message), ("created", fault.created))))
        return Description(path, detail.instance.name, "instance", groups=tuple(groups), locked=LOCKED)

    def parse_address(self, text: str) -> Path:
        """An instance's id or name, or a table."""
        return names.parse_address(text)

    def format_address(self, path: Path) -> str:
        """The other way round."""
        return names.format_address(path)

    def read_rows(self, path: Path, query: RowQuery, cancel: CancelToken = NEVER) -> Iterator[Page]:
        """The rows of a table as the service has them; it can neither filter nor sort."""
        if query.where or query.order:
            raise UnsupportedOperation(
                f"{'/'.join(path)}: Trove can neither filter nor sort", hint="Read it whole, and filter what came."
            )
        view, instance = catalog.view_at(path)
        page = self._listed(view, instance)
        yield from _sliced(page, query)

    def listing(self, view: str, identifier: str = "") -> Page:
        """A table: of an instance where it has one of that name and an instance is named, else of the service."""
        return self._listed(*catalog.view_named(view, identifier))

    def _listed(self, view: View, identifier: str) -> Page:
        from services.stores.trove.tables import batch_of

        if view.is_of_instance:
            identifier = self._service.instance_id(identifier)
        batch = batch_of(view.columns, view.rows(self._service, identifier))
        return Page(batch, Count.exact(batch.num_rows))

    def list_instances(self, cancel: CancelToken = NEVER) -> Iterator[Sequence[Instance]]:
        """All instances, page by page as they arrive."""
        return self._service.instances(cancel)

    def show_instance(self, identifier: str) -> InstanceDetail:
        """Everything about one, asked anew."""
        return detail_of(self._acting.target(identifier))

    def actions(self, identifier: str = "") -> Sequence[Action]:
        """Every action, with the reason where it is not possible now."""
        return self._acting.actions(identifier)

    def action_fields(
        self, action: str, identifier: str = "", given: Mapping[str, Any] | None = None
    ) -> Sequence[ActionField]:
        """The arguments of an action."""
        return self._acting.fields(action, identifier, given or {})

    def plan_action(self, action: str, identifier: str, arguments: Mapping[str, Any]) -> Plan:
        """What `act` would send."""
        return self._acting.plan(action, identifier, arguments)

    def act(
        self, action: str, identifier: str, arguments: Mapping[str, Any], cancel: CancelToken = NEVER
    ) -> ActionResult:
        """Send an action once."""
        return self._acting.act(action, identifier, arguments, cancel)

    def is_reached(self, result: ActionResult) -> bool:
        """Whether what an action promised has come about."""
        return self._acting.is_reached(result)

    def read_log(self, identifier: str, log: str, token: str = "", line_count: int = 200) -> LogTail:
        """The newest published lines of a log, or those after a token."""
        return log_reading.read_log(self._rest, self._service.instance_id(identifier), log, token, line_count)

    def close(self) -> None:
        """Close all connections; safe to call twice."""
        self._rest.close()


def _sliced(page: Page, query: RowQuery) -> Iterator[Page]:
    """The columns and rows asked for, in pages of the size asked for; at least one."""
    batch = page.batch
    if query.columns:
        missing = [name for name in query.columns if name not in batch.schema.names]
        if missing:
            raise NotFound(f"{missing[0]}: no column of that name", hint=f"There are {', '.join(batch.schema.names)}.")
        batch = batch.select(list(query.columns))
    if query.limit is not None:
        batch = batch.slice(0, query.limit)
    step = max(query.page_rows or PAGE_ROWS, 1)
    for start in range(0, max(batch.num_rows, 1), step):
        yield Page(batch.slice(start, step), Count.exact(batch.num_rows))
