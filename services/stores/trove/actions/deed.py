"""What every action is made of: its words, when it is possible, what it asks for, what it sends, what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.secrets import Secret
from services.stores.instances import Action, ActionField, ActionResult, Instance
from services.stores.trove.rest import Answer, Request
from services.stores.trove.service import Service

Arguments = Mapping[str, Any]

SERVICE = "service"
INSTANCE = "instance"


@dataclass(frozen=True, slots=True)
class Target:
    """The instance that is acted on, as it was just now.

    Attributes:
        data: as the service told it.
        is_admin: whether an administrator's actions are worth trying.
    """

    instance: Instance
    data: Mapping[str, Any]
    is_admin: bool = False


@dataclass(frozen=True, slots=True)
class Work:
    """One action being asked for.

    Attributes:
        target: None for an action of the service.
        arguments: as given; checked and typed once the request is made.
    """

    service: Service
    arguments: Arguments
    target: Target | None = None

    @property
    def instance(self) -> Instance:
        """The instance that is acted on."""
        assert self.target is not None
        return self.target.instance

    def text(self, name: str) -> str:
        """A text argument, empty where it was left out."""
        return str(self.arguments.get(name) or "")


@dataclass(frozen=True, slots=True)
class Sending:
    """A request made of arguments, and what it will have told once it is answered.

    Attributes:
        before: sent first; the request itself follows only where it was taken.
        secrets: passwords that it sets, to be told once.
        subject: what else than the instance it is about.
        notes: words of warning for the plan.
        asked: what it adds to the use of each quota.
    """

    request: Request
    secrets: tuple[tuple[str, Secret], ...] = ()
    subject: str = ""
    notes: tuple[str, ...] = ()
    asked: Mapping[str, float] = field(default_factory=dict)
    before: Request | None = None


def always(target: Target) -> str:
    """Possible in every state."""
    return ""


def no_fields(work: Work) -> Sequence[ActionField]:
    """An action without arguments."""
    return ()


def plain_result(work: Work, sending: Sending, answer: Answer) -> ActionResult:
    """The answer tells nothing but that it was taken."""
    identifier = work.instance.id if work.target is not None else ""
    return ActionResult(
        "", instance_id=identifier, subject=sending.subject, request_id=answer.request_id, secrets=sending.secrets
    )


@dataclass(frozen=True, slots=True)
class Deed:
    """One action.

    Attributes:
        make: the request of checked arguments; it may read from the service, and raises what refuses an argument.
        reason: why it is not possible now, empty when it is.
        wait_for: see `ActionResult`.
        result: reads the answer.
    """

    name: str
    title: str
    scope: str
    make: Callable[[Work], Sending]
    help: str = ""
    fields: Callable[[Work], Sequence[ActionField]] = no_fields
    reason: Callable[[Target], str] = always
    wait_for: str = ""
    asks_name: bool = False
    is_admin: bool = False
    result: Callable[[Work, Sending, Answer], ActionResult] = plain_result

    def shown(self, target: Target | None, *, is_admin: bool) -> Action:
        """As the console shows it, with the reason why it is not possible now."""
        reason = "only an administrator may" if self.is_admin and not is_admin else ""
        if not reason and target is not None:
            reason = self.reason(target)
        return Action(
            self.name,
            self.title,
            self.scope,
            self.help,
            has_fields=self.fields is not no_fields,
            asks_name=self.asks_name,
            reason=reason,
        )
