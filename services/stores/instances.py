"""Servers under management: what is known of one, what can be done to it now, and what became of an action."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from services.cancel import NEVER, CancelToken
from services.secrets import Secret
from services.stores.types import Group, Page


@dataclass(frozen=True, slots=True)
class Instance:
    """One line of the list; texts are raw from the server, times are UTC in ISO 8601, sizes in GB.

    Attributes:
        status: what the server machine does, in the service's own word.
        operating_status: how the database in it does, empty where nobody knows.
        is_changing: the status will change by itself; only such lines are asked for again.
        is_ready: takes every call.
        is_failed: needs a person.
        replica_of, replicas: identifiers.
    """

    id: str
    name: str
    status: str
    operating_status: str = ""
    datastore: str = ""
    datastore_version: str = ""
    flavor: str = ""
    volume_gb: float | None = None
    volume_used_gb: float | None = None
    region: str = ""
    created: str = ""
    updated: str = ""
    addresses: tuple[str, ...] = ()
    replica_of: str = ""
    replicas: tuple[str, ...] = ()
    project: str = ""
    is_changing: bool = False
    is_ready: bool = False
    is_failed: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong last; it may be older than the present, healthy state."""

    message: str
    created: str = ""
    details: str = ""


@dataclass(frozen=True, slots=True)
class InstanceDetail:
    """Everything known of one instance.

    Attributes:
        connections: (what for, text to copy), without a password.
        groups: all other facts for the detail pane.
        views: listings that `listing` answers for this instance, such as `users`.
    """

    instance: Instance
    connections: tuple[tuple[str, str], ...] = ()
    groups: tuple[Group, ...] = ()
    fault: Fault | None = None
    views: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a field, and what it is in words."""

    value: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class ActionField:
    """One argument of an action, as a form asks for it.

    Attributes:
        kind: `text`, `number`, `choice`, `flag`, `secret` or `list` (several texts).
        choices: for `choice`; asked from the server when the form opens.
        depends_on: the field whose value `choices` were made for; when it changes, the fields are asked for again.
    """

    name: str
    label: str
    help: str = ""
    kind: str = "text"
    default: str = ""
    is_required: bool = False
    choices: tuple[Choice, ...] = ()
    depends_on: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """Something that can be done to an instance, to one thing of it, or to the whole service.

    Attributes:
        name: the word on the command line, such as `resize-volume`.
        scope: `service`, `instance`, or the view whose rows it acts on, such as `users`: its arguments then include
            the row's key columns, by their names.
        has_fields: asks for arguments.
        asks_name: destroys something: its name is asked for in every environment.
        reason: why it is not possible now, with what it waits for; empty when it is.
    """

    name: str
    title: str
    scope: str
    help: str = ""
    has_fields: bool = False
    asks_name: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Quota:
    """One bar above a form: used and reserved of a limit, None for no limit; `asked` is what this request adds."""

    resource: str
    used: float
    limit: float | None
    unit: str = ""
    asked: float = 0

    @property
    def is_exceeded(self) -> bool:
        """Whether the request asks for more than is left."""
        return self.limit is not None and self.used + self.asked > self.limit

    @property
    def words(self) -> str:
        """Such as `instances: 5 of 5 used, 1 more asked`."""
        limit = "no limit" if self.limit is None else f"{self.limit:g}"
        unit = f" {self.unit}" if self.unit else ""
        more = f", {self.asked:g} more asked" if self.asked else ""
        return f"{self.resource}: {self.used:g} of {limit}{unit} used{more}"


@dataclass(frozen=True, slots=True)
class ActionResult:
    """What the service answered.

    Attributes:
        instance_id: the instance that changes, also the new one of a creation.
        is_asynchronous: accepted now, done later: `wait_for` says when.
        wait_for: the word for the awaited state, such as `ACTIVE`, `gone` or `COMPLETED`; empty when done.
        subject: the id of what else changes, such as a backup.
        secrets: (label, secret) that the service tells this once.
    """

    message: str
    instance_id: str = ""
    subject: str = ""
    request_id: str = ""
    is_asynchronous: bool = False
    wait_for: str = ""
    secrets: tuple[tuple[str, Secret], ...] = ()


LOG_START: Final = "start"
"""The token that stands before the first line of a log."""


@dataclass(frozen=True, slots=True)
class LogTail:
    """The newest lines of a log, and where the next read goes on."""

    lines: tuple[str, ...]
    token: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an action will do, told before it is sent: the exact request, quotas, and words of warning."""

    call: str
    quotas: tuple[Quota, ...] = ()
    notes: tuple[str, ...] = field(default=())


class ManagesInstances(ABC):
    """Manages database servers."""

    @abstractmethod
    def list_instances(self, cancel: CancelToken = NEVER) -> Iterator[Sequence[Instance]]:
        """All instances, page by page as they arrive."""

    @abstractmethod
    def show_instance(self, identifier: str) -> InstanceDetail:
        """Everything about one, asked anew.

        Raises:
            NotFound: there is none with that id or, failing that, that name; or several have the name.
        """

    @abstractmethod
    def actions(self, identifier: str = "") -> Sequence[Action]:
        """Every action of the service (no identifier) or of one instance; those not possible now have a reason."""

    @abstractmethod
    def action_fields(
        self, action: str, identifier: str = "", given: Mapping[str, Any] | None = None
    ) -> Sequence[ActionField]:
        """The arguments of an action; `given` are those chosen so far, on which later choices may depend."""

    @abstractmethod
    def plan_action(self, action: str, identifier: str, arguments: Mapping[str, Any]) -> Plan:
        """What `act` would send, secrets masked; checks arguments and quotas with reads alone.

        Raises:
            ValueRefused: an argument does not do, named; nothing was sent.
        """

    @abstractmethod
    def act(
        self, action: str, identifier: str, arguments: Mapping[str, Any], cancel: CancelToken = NEVER
    ) -> ActionResult:
        """Send an action once; nothing that is not safe to repeat is repeated."""

    @abstractmethod
    def is_reached(self, result: ActionResult) -> bool:
        """Whether what an asynchronous action promised has come about.

        Raises:
            Refused: it failed, with the fault in words.
        """

    @abstractmethod
    def listing(self, view: str, identifier: str = "") -> Page:
        """A table: users, databases, backups... of an instance; datastores, flavors, quotas... of the service."""

    @abstractmethod
    def read_log(self, identifier: str, log: str, token: str = "", line_count: int = 200) -> LogTail:
        """The newest lines of a log, or those after a token; never more than asked for.

        Args:
            token: of an earlier answer, or `LOG_START` for the oldest lines.
        """
