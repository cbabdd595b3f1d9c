"""The console's side of stores that manage instances or keep jobs: `session.instances` and `session.jobs`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from services.connections.channel import Channel
from services.connections.result_proxy import Result
from services.connections.wire import SESSION, ResultOpened
from services.queries.masking import masked
from services.stores.instances import Action, ActionField, ActionResult, Instance, InstanceDetail, LogTail, Plan
from services.stores.types import Description, Statement

Ask = Callable[..., Awaitable[Any]]
"""`Session._call`: (what, on what, method, *args), told as an event."""

Keep = Callable[[ResultOpened], Result]


class Instances:
    """See `InstancesApi`."""

    def __init__(self, channel: Channel, ask: Ask, keep: Keep) -> None:
        self._channel = channel
        self._ask = ask
        self._keep = keep

    async def list(self) -> AsyncGenerator[Sequence[Instance], None]:
        """See `InstancesApi.list`."""
        async with aclosing(self._channel.stream("list_instances")) as pages:
            async for page in pages:
                yield page

    async def show(self, identifier: str) -> InstanceDetail:
        """See `InstancesApi.show`."""
        detail: InstanceDetail = await self._channel.call(SESSION, "show_instance", identifier)
        return detail

    async def actions(self, identifier: str = "") -> Sequence[Action]:
        """See `InstancesApi.actions`."""
        actions: Sequence[Action] = await self._channel.call(SESSION, "actions", identifier)
        return actions

    async def fields(
        self, action: str, identifier: str = "", given: Mapping[str, Any] | None = None
    ) -> Sequence[ActionField]:
        """See `InstancesApi.fields`."""
        fields: Sequence[ActionField] = await self._channel.call(
            SESSION, "action_fields", action, identifier, dict(given or {})
        )
        return fields

    async def plan(self, action: str, identifier: str, arguments: Mapping[str, Any]) -> Plan:
        """See `InstancesApi.plan`."""
        plan: Plan = await self._channel.call(SESSION, "plan_action", action, identifier, dict(arguments))
        return plan

    async def act(self, action: str, identifier: str, arguments: Mapping[str, Any]) -> ActionResult:
        """See `InstancesApi.act`."""
        result: ActionResult = await self._ask(action, identifier, "act", action, identifier, dict(arguments))
        return result

    async def is_reached(self, result: ActionResult) -> bool:
        """See `InstancesApi.is_reached`."""
        is_reached: bool = await self._channel.call(SESSION, "is_reached", result)
        return is_reached

    async def open_listing(self, view: str, identifier: str = "") -> Result:
        """See `InstancesApi.open_listing`."""
        return self._keep(await self._ask("list", f"{view} {identifier}".strip(), "open_listing", view, identifier))

    async def read_log(self, identifier: str, log: str, token: str = "", line_count: int = 200) -> LogTail:
        """See `InstancesApi.read_log`."""
        tail: LogTail = await self._channel.call(SESSION, "read_log", identifier, log, token, line_count)
        return tail


class Jobs:
    """See `JobsApi`."""

    def __init__(self, ask: Ask, keep: Keep) -> None:
        self._ask = ask
        self._keep = keep

    async def open_list(self, limit: int = 200, status: str = "") -> Result:
        """See `JobsApi.open_list`."""
        return self._keep(await self._ask("list", "jobs", "open_jobs", limit, status))

    async def show(self, identifier: str) -> Description:
        """See `JobsApi.show`."""
        description: Description = await self._ask("describe", f"job {identifier}", "show_job", identifier)
        return description

    async def open_result(
        self, identifier: str, limit: int | None = None, told: Callable[[str], None] | None = None
    ) -> Result:
        """See `JobsApi.open_result`."""
        opened = await self._ask("read", f"job {identifier}", "open_job_result", identifier, limit, told=told)
        return self._keep(opened)

    async def estimate(self, statement: Statement) -> Description:
        """See `JobsApi.estimate`."""
        description: Description = await self._ask("estimate", masked(statement.text)[:200], "estimate", statement)
        return description
