"""The console's side of one result: `Result` as `api.ResultApi` states it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from services.connections.channel import Channel
from services.connections.wire import ResultOpened
from services.errors import SessionLost
from services.results.types import Inspection, ResultState, RowRecord, Window


class Result:
    """See `ResultApi`."""

    def __init__(self, channel: Channel, opened: ResultOpened, forget: Callable[[int], None]) -> None:
        self._channel = channel
        self._forget = forget
        self._target = opened.target
        self._stamp = opened.stamp
        self._state = opened.state
        self._watchers: list[asyncio.Future[None]] = []
        self._is_closed = False

    @property
    def state(self) -> ResultState:
        """See `ResultApi.state`."""
        return self._state

    def hear(self, stamp: int, state: ResultState) -> None:
        """Take a newer state; an older one that comes late is dropped."""
        if stamp > self._stamp:
            self._stamp = stamp
            self._set(state)

    def lose(self, error: SessionLost) -> None:
        """The session's process is gone."""
        state = replace(self._state, is_loading=False, error=error.message, hint=error.hint)
        self._stamp += 1
        self._set(state)

    def _set(self, state: ResultState) -> None:
        self._state = state
        watchers, self._watchers = self._watchers, []
        for watcher in watchers:
            if not watcher.done():
                watcher.set_result(None)

    async def window(self, first_row: int, row_count: int, columns: Sequence[int]) -> Window:
        """See `ResultApi.window`."""
        window: Window = await self._channel.call(self._target, "window", first_row, row_count, tuple(columns))
        return window

    async def load_more(self, until_row: int) -> ResultState:
        """See `ResultApi.load_more`."""
        return await self._new_state("load_more", until_row)

    async def _new_state(self, method: str, *args: Any) -> ResultState:
        stamp, state = await self._channel.call(self._target, method, *args)
        self.hear(stamp, state)
        return self._state

    async def changed(self, after_version: ResultState) -> ResultState:
        """See `ResultApi.changed`; returns at once where nothing can change any more."""
        while self._state == after_version and not self._is_closed and not self._channel.is_lost:
            watcher: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._watchers.append(watcher)
            await watcher
        return self._state

    async def row(self, row: int) -> RowRecord:
        """See `ResultApi.row`."""
        record: RowRecord = await self._channel.call(self._target, "row", row)
        return record

    async def inspect(self, row: int, column: int) -> Inspection:
        """See `ResultApi.inspect`."""
        inspection: Inspection = await self._channel.call(self._target, "inspect", row, column)
        return inspection

    async def find(self, text: str, start_row: int, *, is_backward: bool = False) -> int | None:
        """See `ResultApi.find`."""
        row: int | None = await self._channel.call(self._target, "find", text, start_row, is_backward)
        return row

    async def arrange(self, sort: str = "", *, is_descending: bool = False, contains: str = "") -> ResultState:
        """See `ResultApi.arrange`."""
        return await self._new_state("arrange", sort, is_descending, contains)

    async def stop(self) -> None:
        """See `ResultApi.stop`; a session that does not obey in time is ended.

        Raises:
            SessionLost: it did not stop and was ended.
        """
        overdue = asyncio.get_running_loop().call_later(self._channel.grace_seconds, self._channel.process.kill)
        try:
            await self._new_state("stop")
        finally:
            overdue.cancel()

    async def close(self) -> None:
        """See `ResultApi.close`."""
        if self._is_closed:
            return
        self._is_closed = True
        self._forget(self._target)
        self._set(self._state)
        with suppress(SessionLost):
            await self._channel.call(self._target, "close")
