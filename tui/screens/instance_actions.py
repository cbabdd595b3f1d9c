"""What can be done to instances: the menu, the form, the confirmation, one-time secrets, and the wait for the end."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from services.errors import StoredeckError
from services.events import Event
from services.instances.waiting import Waited, await_result
from services.stores.instances import Action, ActionResult
from services.text import displayable
from tui.instance_words import plan_lines
from tui.modals.menu import MenuEntry, MenuModal
from tui.opening import failure
from tui.screens.base import DeckScreen
from tui.working import start_work

if TYPE_CHECKING:
    from services.connections.api import InstancesApi

SERVICE, INSTANCE = "service", "instance"
READ_ONLY: Final = "the profile is read-only"


class ActsOnInstances(DeckScreen):
    """A screen that lets actions be chosen and sees them through; subclasses say on what, and hear what changed."""

    def instances_api(self) -> InstancesApi | None:
        """The service, None while there is no session."""
        return None

    def began(self, result: ActionResult) -> None:
        """An action was just taken by the service: what it makes may be gone to."""

    def acted(self, result: ActionResult) -> None:
        """An action was taken by the service, or has come about: ask anew for what it changed."""

    async def choose_action(
        self, identifier: str, name: str, scope: str = INSTANCE, row: Mapping[str, Any] | None = None
    ) -> None:
        """Show the actions of a scope, and do the one chosen.

        Args:
            identifier: of the instance, empty for the service.
            name: of what is acted on, in words.
            row: the key columns of the row that is acted on.
        """
        api = self.instances_api()
        if api is None:
            return
        try:
            actions = [action for action in self._offered(await api.actions(identifier)) if action.scope == scope]
        except StoredeckError as error:
            self.deck.report(error, "actions")
            return
        chosen = await self.deck.push_screen_wait(MenuModal(f"Actions: {displayable(name)}", entries(actions)))
        action = next((action for action in actions if action.name == chosen), None)
        if action is not None:
            await self.begin(action, identifier, name, row or {})

    def _offered(self, actions: Sequence[Action]) -> Sequence[Action]:
        """The actions with the reasons against them; a read-only profile is one against all."""
        if not self.place.is_read_only:
            return actions
        return [replace(action, reason=READ_ONLY) for action in actions]

    async def begin_named(
        self, action_name: str, identifier: str, name: str, row: Mapping[str, Any] | None = None
    ) -> None:
        """Do one action by its name; where it is not possible now, say why."""
        api = self.instances_api()
        if api is None:
            return
        try:
            actions = self._offered(await api.actions(identifier))
        except StoredeckError as error:
            self.deck.report(error, action_name)
            return
        action = next((action for action in actions if action.name == action_name), None)
        if action is None or action.reason:
            reason = action.reason if action is not None else "this service does not offer it"
            self.notify(displayable(f"{action_name}: {reason}"), severity="warning", markup=False)
            return
        await self.begin(action, identifier, name, {})

    async def begin(self, action: Action, identifier: str, name: str, row: Mapping[str, Any]) -> None:
        """Ask what has to be asked, send, and see to what follows."""
        api = self.instances_api()
        if api is None:
            return
        try:
            fields = await api.fields(action.name, identifier, row) if action.has_fields else ()
            if all(field.name in row for field in fields):
                if await self._is_confirmed(api, action, identifier, name, row):
                    start_work(self, "send", self._send, api, action, identifier, name, row, is_exclusive=False)
                return
        except StoredeckError as error:
            self._refused(error, f"{action.title}: {name}", identifier)
            return
        from tui.modals.action_form import ActionForm

        form = ActionForm(api, action, identifier, fields, row, name)
        result = await self.deck.push_screen_wait(form)
        if result is not None:
            start_work(self, "send", self._sent, api, action, name or form.named, result, is_exclusive=False)

    async def _is_confirmed(
        self, api: InstancesApi, action: Action, identifier: str, name: str, row: Mapping[str, Any]
    ) -> bool:
        """Whether the user said yes to what will be sent."""
        from tui.modals.confirm import ConfirmModal

        plan = await api.plan(action.name, identifier, row)
        lines = ["".join(piece.text for piece in line.pieces) for line in plan_lines(plan)]
        environment = self.place.environment
        lines.append(f"in {self.place.profile}" + (f", {environment.upper()}" if environment else ""))
        typed = name if action.asks_name else ""
        question = ConfirmModal(f"{action.title}: {name}?", lines, yes=action.title.lower(), type_name=typed)
        answer = await self.deck.push_screen_wait(question)
        return answer is True

    async def _send(
        self, api: InstancesApi, action: Action, identifier: str, name: str, row: Mapping[str, Any]
    ) -> None:
        """Send it, apart from what else is asked meanwhile: its answer may hold a secret that is told once."""
        try:
            result = await api.act(action.name, identifier, row)
        except StoredeckError as error:
            self._refused(error, f"{action.title}: {name}", identifier)
            return
        await self._sent(api, action, name, result)

    def _refused(self, error: StoredeckError, what: str, identifier: str) -> None:
        """Say why, and look at the instance anew: somebody else may have changed it."""
        self.deck.report(error, what)
        if identifier:
            self.acted(ActionResult("", identifier))

    async def _sent(self, api: InstancesApi, action: Action, name: str, result: ActionResult) -> None:
        self.began(result)
        if result.secrets:
            from tui.modals.secret_reveal import SecretReveal

            await self.deck.push_screen_wait(SecretReveal(f"{action.title}: {name}", result.secrets))
        self.acted(result)
        if result.is_asynchronous:
            start_work(self, f"wait-{action.name}-{result.instance_id}", self._wait, api, action, name, result)
        else:
            self.notify(displayable(result.message or f"{action.title}: {name}: done"), markup=False)

    async def _wait(self, api: InstancesApi, action: Action, name: str, result: ActionResult) -> None:
        """See an action through to its end, and tell it wherever the user is then."""
        what = f"{action.title}: {name}"
        self.notify(displayable(f"{what}: accepted, waits until it is {result.wait_for}"), markup=False)
        try:
            waited = await await_result(api, result, tell=self._told)
        except StoredeckError as error:
            self.deck.report(error, what)
            self.acted(result)
            return
        except asyncio.CancelledError:
            self.deck.services.events.publish(failure(StoredeckError("no longer watched"), what))
            raise
        words = f"{what}: {result.wait_for} after {waited.elapsed_seconds:.0f} s"
        self.deck.services.events.publish(
            Event(what=action.name, on=name, seconds=waited.elapsed_seconds, request_id=result.request_id)
        )
        self.deck.notify(displayable(words), markup=False)
        self.deck.bell()
        self.acted(result)

    def _told(self, waited: Waited) -> None:
        """A question was answered: show the instance as it is."""
        if waited.result.instance_id:
            self.acted(waited.result)


def entries(actions: Sequence[Action]) -> list[MenuEntry]:
    """Actions as the lines of a menu, those not possible now with their reason."""
    return [MenuEntry(action.name, action.title, note=action.help, why_off=action.reason) for action in actions]
