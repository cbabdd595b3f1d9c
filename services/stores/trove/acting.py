"""Actions from their fields to their end: told, planned, sent once, and watched until they came about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from services.cancel import CancelToken
from services.errors import NotFound, Refused, ValueRefused
from services.stores.instances import Action, ActionField, ActionResult, Instance, Plan, Quota
from services.stores.trove.actions.accounts import DATABASES, USERS
from services.stores.trove.actions.arguments import checked
from services.stores.trove.actions.deed import Deed, Sending, Target, Work
from services.stores.trove.actions.deeds import DEEDS, SERVICE_SCOPES, deed_of
from services.stores.trove.deletions import Deletions
from services.stores.trove.rest import path_of
from services.stores.trove.servers import READY_STATUS, read_fault, read_instance
from services.stores.trove.service import Service

GONE: Final = "gone"
SETTLED: Final = "settled"
FAILED_BACKUP: Final = frozenset(("FAILED", "DELETE_FAILED"))


class Acting:
    """The actions of one service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._deletions = Deletions()

    def target(self, identifier: str) -> Target:
        """An instance as it is now."""
        data = self._service.instance_data(identifier)
        identity = self._service.rest.identity
        instance = read_instance(data, self._service.flavor_names(), identity.region)
        return Target(instance, data, identity.is_admin)

    def actions(self, identifier: str) -> Sequence[Action]:
        """Those of the service, or those of an instance with the reasons that stand against some."""
        is_admin = self._service.rest.identity.is_admin
        if not identifier:
            return [deed.shown(None, is_admin=is_admin) for deed in DEEDS.values() if deed.scope in SERVICE_SCOPES]
        target = self.target(identifier)
        return [deed.shown(target, is_admin=is_admin) for deed in DEEDS.values() if deed.scope not in SERVICE_SCOPES]

    def fields(self, action: str, identifier: str, given: Mapping[str, Any]) -> Sequence[ActionField]:
        """The arguments of an action, with what can be chosen now."""
        deed = deed_of(action)
        return deed.fields(self._work(deed, identifier, given))

    def plan(self, action: str, identifier: str, arguments: Mapping[str, Any]) -> Plan:
        """The request, what it does to the quotas, and warnings."""
        deed = deed_of(action)
        work, sending = self._made(deed, identifier, arguments)
        requests = [one.text for one in (sending.before, sending.request) if one is not None]
        quotas = self._quotas(sending) if sending.asked else ()
        notes = [*sending.notes]
        if work.target is not None and (reason := deed.reason(work.target)):
            notes.insert(0, f"not possible now: {reason}")
        notes += [f"over the quota: {quota.words}" for quota in quotas if quota.is_exceeded]
        return Plan("\n".join(requests), tuple(quotas), tuple(notes))

    def _quotas(self, sending: Sending) -> tuple[Quota, ...]:
        return tuple(
            replace(quota, asked=sending.asked[quota.resource])
            for quota in self._service.quotas()
            if quota.resource in sending.asked
        )

    def act(self, action: str, identifier: str, arguments: Mapping[str, Any], cancel: CancelToken) -> ActionResult:
        """Send the request, once.

        Raises:
            Refused: the state of the instance forbids it; nothing was sent.
        """
        deed = deed_of(action)
        work, sending = self._made(deed, identifier, arguments)
        what = f"{deed.title.lower()} {work.instance.name if work.target else work.text('name')}".strip()
        if work.target is not None and (reason := deed.reason(work.target)):
            raise Refused(f"{what}: {reason}", hint="`show` tells the instance's state; try again when it has changed.")
        cancel.check()
        if sending.before is not None:
            self._service.rest.ask(sending.before, what)
        answer = self._service.rest.ask(sending.request, what)
        result = deed.result(work, sending, answer)
        if work.target is not None and deed.wait_for == GONE:
            self._deletions.taken(work.target)
        is_later = bool(deed.wait_for) and answer.status in (200, 202)
        told = result.message or f"{what}: {'accepted' if is_later else 'done'}"
        return replace(result, message=told, is_asynchronous=is_later, wait_for=deed.wait_for if is_later else "")

    def _made(self, deed: Deed, identifier: str, arguments: Mapping[str, Any]) -> tuple[Work, Sending]:
        asked = self._work(deed, identifier, arguments)
        work = replace(asked, arguments=checked(deed.fields(asked), arguments, deed.name))
        return work, deed.make(work)

    def _work(self, deed: Deed, identifier: str, given: Mapping[str, Any]) -> Work:
        if deed.scope in SERVICE_SCOPES:
            return Work(self._service, given)
        if not identifier:
            raise ValueRefused(f"{deed.name}: no instance is named", hint="Name it by its id or name.")
        return Work(self._service, given, self.target(identifier))

    def is_reached(self, result: ActionResult) -> bool:
        """Whether it has come about.

        Raises:
            Refused: it failed, with the fault in words.
        """
        word = result.wait_for
        if not word:
            return True
        kind, _, state = word.partition(" ")
        if kind in ("user", "database"):
            return self._has_account(result, kind) == (state == "exists")
        if word in ("COMPLETED", "backup gone"):
            return self._is_backup(result, word)
        return self._is_instance(result.instance_id, word)

    def _is_instance(self, identifier: str, word: str) -> bool:
        try:
            target = self.target(identifier)
        except NotFound:
            self._deletions.ended(identifier)
            if word == GONE:
                return True
            raise Refused(f"{identifier}: is gone, it will never be {word}", hint="It was deleted meanwhile.") from None
        instance = target.instance
        if word == GONE:
            self._deletions.look(target)
            return False
        if word.upper() in (instance.status, instance.operating_status) and word.upper() != READY_STATUS:
            return True
        if instance.is_failed and instance.status != READY_STATUS:
            raise Refused(failure(target), hint="Its fault says why; an administrator can reset its status.")
        if word == SETTLED:
            return not instance.is_changing
        return word.upper() == READY_STATUS and self._is_ready(instance)

    def _is_ready(self, instance: Instance) -> bool:
        if instance.status == "RESTART_REQUIRED":
            raise Refused(f"{instance.name}: RESTART_REQUIRED", hint="Restart it: some of its values wait for that.")
        return instance.is_ready

    def _has_account(self, result: ActionResult, kind: str) -> bool:
        key = USERS if kind == "user" else DATABASES
        path = path_of("instances", result.instance_id, key)
        found = self._service.rest.every(path, key, f"{key} of {result.instance_id}")
        return result.subject in {account_of(one) for one in found}

    def _is_backup(self, result: ActionResult, word: str) -> bool:
        what = f"backup {result.subject}"
        try:
            backup = self._service.backup(result.subject)
        except NotFound:
            if word == "backup gone":
                return True
            raise Refused(f"{what}: is gone", hint="It was deleted meanwhile.") from None
        status = str(backup.get("status", ""))
        if status in FAILED_BACKUP:
            hint = "The log of the instance's agent says why. Signed in by an application credential, try a password."
            raise Refused(f"{backup.get('name') or what}: {status}", hint=hint)
        return status == word


def account_of(row: Mapping[str, Any]) -> str:
    """A user or a database as results name it: a host is said where it is not everywhere."""
    name, host = str(row.get("name", "")), str(row.get("host") or "%")
    return name if host == "%" else f"{name}@{host}"


def failure(target: Target) -> str:
    """The state of an instance that failed, and its fault."""
    fault = read_fault(target.data)
    words = f": {fault.message}" if fault is not None else ""
    return f"{target.instance.name}: {target.instance.status}{words}"
