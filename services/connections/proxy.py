"""The console's side of a session: `Session` and `Result` as `api` states them, answered by the session's process.

Everything runs on the event loop that the session was opened on. Imported before the first frame, so nothing heavy is
imported here. To open a session over the in-memory store in a test, take the fixture `open_memory` of
`tests/support/memory_session.py` (in a conftest: `pytest_plugins = ["memory_session"]`):

    async def test_something(open_memory):
        session = await open_memory(rows="1000")
        result = await session.open_rows(("main", "people"), RowQuery())
        window = await result.window(0, 20, range(len(result.state.columns)))
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from typing import Any, TypeVar

from services.connections.channel import GRACE_SECONDS, Channel
from services.connections.managed_proxy import Instances, Jobs
from services.connections.opening import Opened, Opening
from services.connections.process import HostProcess
from services.connections.result_proxy import Result
from services.connections.wire import SESSION, ResultOpened, StateNotice
from services.errors import SessionLost, StoredeckError
from services.events import CallFinished, Event
from services.queries.masking import masked
from services.stores.altering import Alteration
from services.stores.cell_versions import CellVersion
from services.stores.changes import Call, Change, Outcome, Path
from services.stores.features import Feature, Guarantee
from services.stores.limits import Limits
from services.stores.types import CheckStep, Children, Description, RowQuery, Statement
from services.text import one_line
from services.values import Key, Typed

Publish = Callable[[Event], None]
T = TypeVar("T")


class Session:
    """See `SessionApi`.

    Attributes:
        dialect: of the store's SQL, for splitting and telling reads from writes; empty where it runs none.

    A notice may be read in the same breath as the answer that opens its result, before the one who asked goes on: it
    waits for the result then.
    """

    def __init__(
        self, process: HostProcess, opening: Opening, publish: Publish, grace_seconds: float = GRACE_SECONDS
    ) -> None:
        self._name = opening.profile.name
        self._opening = opening
        self._publish = publish
        self._channel = Channel(process, self._noticed, self._process_lost, grace_seconds)
        self._results: dict[int, Result] = {}
        self._early: dict[int, StateNotice] = {}
        self._opened = Opened(frozenset(), Limits())
        self.on_lost: Callable[[SessionLost], None] = lambda error: None
        self.instances = Instances(self._channel, self._call, self._keep)
        self.jobs = Jobs(self._call, self._keep)

    async def open(self) -> None:
        """Connect and sign in.

        Raises:
            SecretNeeded, ConnectError, TimedOut: the session is of no use then and has to be closed.
        """
        self._opened = await self._channel.call(SESSION, "open", self._opening)

    @property
    def profile_name(self) -> str:
        """See `SessionApi.profile_name`."""
        return self._name

    @property
    def features(self) -> frozenset[Feature]:
        """See `SessionApi.features`."""
        return self._opened.features

    @property
    def limits(self) -> Limits:
        """See `SessionApi.limits`."""
        return self._opened.limits

    @property
    def dialect(self) -> str:
        """The sqlglot dialect nearest to the store's SQL, or empty."""
        return self._opened.dialect

    @property
    def pid(self) -> int:
        """Process id of the session's process."""
        return self._channel.process.pid

    @property
    def is_lost(self) -> bool:
        """Whether its process is gone."""
        return self._channel.is_lost

    def _noticed(self, notice: StateNotice) -> None:
        result = self._results.get(notice.target)
        if result is not None:
            result.hear(notice.stamp, notice.state)
        else:
            self._early[notice.target] = notice

    def _process_lost(self, error: SessionLost) -> None:
        for result in self._results.values():
            result.lose(error)
        self.on_lost(error)

    async def _call(
        self, what: str, on: str, method: str, *args: Any, told: Callable[[str], None] | None = None
    ) -> Any:
        with self._told(what, on):
            return await self._channel.call(SESSION, method, *args, told=told)

    @contextmanager
    def _told(self, what: str, on: str) -> Iterator[None]:
        """Publish how a call went and how long it took."""
        started = time.monotonic()
        result, hint, request_id, is_error = "ok", "", "", False
        try:
            yield
        except StoredeckError as error:
            result, hint, request_id, is_error = error.message, error.hint, error.request_id, True
            raise
        except (asyncio.CancelledError, GeneratorExit):
            result = "stopped"
            raise
        finally:
            self._publish(
                CallFinished(
                    profile=self._name,
                    what=what,
                    on=one_line(on),
                    result=one_line(result),
                    is_error=is_error,
                    seconds=time.monotonic() - started,
                    hint=hint,
                    request_id=request_id,
                )
            )

    async def list_children(self, path: Path, page_token: str | None = None) -> Children:
        """See `SessionApi.list_children`."""
        children: Children = await self._call("list", _shown(path), "list_children", path, page_token)
        return children

    async def describe(self, path: Path) -> Description:
        """See `SessionApi.describe`."""
        description: Description = await self._call("describe", _shown(path), "describe", path)
        return description

    async def format_address(self, path: Path) -> str:
        """See `SessionApi.format_address`."""
        text: str = await self._channel.call(SESSION, "format_address", path)
        return text

    async def open_rows(self, path: Path, query: RowQuery, told: Callable[[str], None] | None = None) -> Result:
        """See `SessionApi.open_rows`."""
        return self._keep(await self._call("read", _shown(path), "open_rows", path, query, told=told))

    async def open_sql(self, statement: Statement, told: Callable[[str], None] | None = None) -> Result:
        """See `SessionApi.open_sql`."""
        return self._keep(await self._call("run", masked(statement.text)[:200], "open_sql", statement, told=told))

    async def open_cluster(self, view: str) -> Result:
        """See `SessionApi.open_cluster`."""
        return self._keep(await self._call("show", view, "open_cluster", view))

    def _keep(self, opened: ResultOpened) -> Result:
        result = self._results[opened.target] = Result(self._channel, opened, self._forget)
        early = self._early.pop(opened.target, None)
        if early is not None:
            result.hear(early.stamp, early.state)
        return result

    def _forget(self, target: int) -> None:
        self._results.pop(target, None)
        self._early.pop(target, None)

    async def kill(self, what: str, identifier: str) -> str:
        """See `SessionApi.kill`."""
        words: str = await self._call("kill", f"{what} {identifier}", "kill", what, identifier)
        return words

    async def read_keys(self, path: Path, keys: Sequence[Key]) -> list[Mapping[str, Typed] | None]:
        """See `SessionApi.read_keys`."""
        rows: list[Mapping[str, Typed] | None] = await self._call("get", _shown(path), "read_keys", path, list(keys))
        return rows

    async def guarantee(self, path: Path) -> Guarantee:
        """See `SessionApi.guarantee`."""
        guarantee: Guarantee = await self._channel.call(SESSION, "guarantee", path)
        return guarantee

    async def plan(self, changes: Sequence[Change]) -> list[Call]:
        """See `SessionApi.plan`."""
        planned: list[Call] = await self._channel.call(SESSION, "plan", list(changes))
        return planned

    async def apply(self, changes: Sequence[Change]) -> AsyncGenerator[Outcome, None]:
        """See `SessionApi.apply`."""
        async with aclosing(self._sent("apply", changes)) as outcomes:
            async for outcome in outcomes:
                yield outcome

    async def _sent(self, method: str, changes: Sequence[Change]) -> AsyncGenerator[Outcome, None]:
        path = changes[0].path if changes else ()
        with self._told("commit", f"{_shown(path)} ({len(changes):,} changes)"):
            async with aclosing(self._channel.stream(method, list(changes))) as outcomes:
                async for outcome in outcomes:
                    yield outcome

    async def plan_together(self, changes: Sequence[Change]) -> list[Call]:
        """See `SessionApi.plan_together`."""
        planned: list[Call] = await self._channel.call(SESSION, "plan_together", list(changes))
        return planned

    async def apply_together(self, changes: Sequence[Change]) -> AsyncGenerator[Outcome, None]:
        """See `SessionApi.apply_together`."""
        async with aclosing(self._sent("apply_together", changes)) as outcomes:
            async for outcome in outcomes:
                yield outcome

    async def read_versions(self, path: Path, key: Key) -> Mapping[str, tuple[CellVersion, ...]]:
        """See `SessionApi.read_versions`."""
        found: Mapping[str, tuple[CellVersion, ...]]
        found = await self._call("get versions", _shown(path), "read_versions", path, dict(key))
        return found

    async def alterable(self, path: Path) -> Mapping[str, Any]:
        """See `SessionApi.alterable`."""
        options: Mapping[str, Any] = await self._call("describe", _shown(path), "alterable", path)
        return options

    async def plan_alter(self, path: Path, definition: Mapping[str, Any]) -> Alteration:
        """See `SessionApi.plan_alter`."""
        planned: Alteration = await self._channel.call(SESSION, "plan_alter", path, dict(definition))
        return planned

    async def alter(self, path: Path, definition: Mapping[str, Any]) -> Alteration:
        """See `SessionApi.alter`."""
        changed: Alteration = await self._call("alter", _shown(path), "alter", path, dict(definition))
        return changed

    async def create(self, path: Path, definition: Mapping[str, Any]) -> None:
        """Create a container; see `ManagesContainers.create`."""
        await self._call("create", _shown(path), "create", path, dict(definition))

    async def drop(self, path: Path) -> None:
        """Drop a container; see `ManagesContainers.drop`."""
        await self._call("drop", _shown(path), "drop", path)

    async def truncate(self, path: Path) -> None:
        """See `SessionApi.truncate`."""
        await self._call("empty", _shown(path), "truncate", path)

    async def save_file(self, path: Path, target: str) -> int:
        """See `SessionApi.save_file`."""
        size: int = await self._call("save", _shown(path), "save_file", path, target)
        return size

    async def type_words(self, path: Path, column: str) -> tuple[str, ...]:
        """See `SessionApi.type_words`."""
        words: tuple[str, ...] = await self._channel.call(SESSION, "type_words", path, column)
        return words

    async def parse(self, path: Path, column: str, text: str, type_word: str = "") -> Typed:
        """See `SessionApi.parse`."""
        value: Typed = await self._channel.call(SESSION, "parse", path, column, text, type_word)
        return value

    async def from_json(self, path: Path, column: str, data: Any) -> Typed:
        """The exact value of JSON data; see `WritesRows.from_json`."""
        value: Typed = await self._channel.call(SESSION, "from_json", path, column, data)
        return value

    async def check(self) -> AsyncGenerator[CheckStep, None]:
        """See `SessionApi.check`."""
        async with aclosing(self._channel.stream("check")) as steps:
            async for step in steps:
                yield step

    async def check_alone(self) -> AsyncGenerator[CheckStep, None]:
        """Check a profile in a process that was not told to open it."""
        async with aclosing(self._channel.stream("check", self._opening)) as steps:
            async for step in steps:
                yield step

    async def close(self) -> None:
        """See `SessionApi.close`."""
        await self._channel.close()


def _shown(path: Path) -> str:
    return " › ".join(path)
