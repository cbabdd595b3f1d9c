"""Calls to a session's process over its socket, on the event loop: no threads, nothing blocks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from typing import Any, Final

from services.connections.process import HostProcess
from services.connections.waiters import ManyItems, Nobody, OneAnswer, Waiter
from services.connections.wire import (
    SESSION,
    Answer,
    Ask,
    Failure,
    Frames,
    Item,
    Message,
    StateNotice,
    Stop,
    decode,
    encode,
)
from services.errors import SessionLost, StoredeckError

GRACE_SECONDS: Final = 3.0
"""Time for a stopped call to end before its process is ended."""

ENDING_SECONDS: Final = 1.0
_POLL_SECONDS: Final = 0.01
_RECEIVE_BYTES: Final = 1 << 18
STREAM_GRACES: Final = 10
"""So many times longer for calls that yield values: a change that was sent should tell what became of it."""

_HINT: Final = "Open the profile again to go on; staged changes are kept."


class Channel:
    """One socket. Belongs to the event loop it was made on.

    Args:
        noticed: called with every notice.
        lost: called once, when the process is gone for whatever reason, with the reason.
    """

    def __init__(
        self,
        process: HostProcess,
        noticed: Callable[[StateNotice], None],
        lost: Callable[[SessionLost], None],
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:
        self.process = process
        self.grace_seconds = grace_seconds
        self._loop = asyncio.get_running_loop()
        self._noticed = noticed
        self._lost = lost
        self._frames = Frames()
        self._waiters: dict[int, Waiter] = {}
        self._overdue: dict[int, asyncio.TimerHandle] = {}
        self._unsent = bytearray()
        self._last_id = 0
        self._end: SessionLost | None = None
        self._is_closing = False
        self._loop.add_reader(process.connection, self._readable)

    @property
    def is_lost(self) -> bool:
        """Whether the process is gone."""
        return self._end is not None

    async def call(self, target: int, method: str, *args: Any, told: Callable[[str], None] | None = None) -> Any:
        """Call and wait for the answer; cancelling the awaiting task stops the call.

        Args:
            told: called with displayable words on how the call stands, where it says so.
        Raises:
            StoredeckError: what the session's process raised; SessionLost when it is gone.
        """
        waiter = OneAnswer(self._loop.create_future(), told)
        call_id = self._ask(target, method, args, waiter)
        try:
            return await waiter.future
        except asyncio.CancelledError:
            self._stop(call_id)
            raise

    async def stream(self, method: str, *args: Any) -> AsyncGenerator[Any, None]:
        """Call and yield the values as they come; leaving early stops the call."""
        waiter = ManyItems()
        call_id = self._ask(SESSION, method, args, waiter)
        try:
            while True:
                is_end, value, error = await waiter.queue.get()
                if error is not None:
                    raise error
                if is_end:
                    return
                yield value
        finally:
            self._stop(call_id, self.grace_seconds * STREAM_GRACES)

    def tell(self, target: int, method: str, *args: Any) -> None:
        """Call without waiting for the answer."""
        if self._end is None:
            self._ask(target, method, args, Nobody(self._close_result))

    def _close_result(self, target: int) -> None:
        self.tell(target, "close")

    def _ask(self, target: int, method: str, args: tuple[Any, ...], waiter: Waiter) -> int:
        if self._end is not None:
            raise self._end
        self._last_id += 1
        self._waiters[self._last_id] = waiter
        self._send(Ask(self._last_id, target, method, args))
        return self._last_id

    def _stop(self, call_id: int, grace_seconds: float | None = None) -> None:
        """Ask a call to stop, if it is not over, and give it a time for that."""
        if call_id not in self._waiters or self._end is not None:
            return
        self._waiters[call_id] = Nobody(self._close_result)
        self._send(Stop(call_id))
        grace = self.grace_seconds if grace_seconds is None else grace_seconds
        self._overdue[call_id] = self._loop.call_later(grace, self.process.kill)

    def _send(self, message: Message) -> None:
        data = encode(message)
        if self._unsent:
            self._unsent += data
            return
        sent = 0
        with suppress(BlockingIOError, OSError):
            sent = self.process.connection.send(data)
        if sent < len(data):
            self._unsent += data[sent:]
            self._loop.add_writer(self.process.connection, self._writable)

    def _writable(self) -> None:
        try:
            sent = self.process.connection.send(self._unsent)
        except BlockingIOError:
            return
        except OSError:
            sent = len(self._unsent)
        del self._unsent[:sent]
        if not self._unsent:
            self._loop.remove_writer(self.process.connection)

    def _readable(self) -> None:
        try:
            data = self.process.connection.recv(_RECEIVE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._ended()
            return
        try:
            for body in self._frames.feed(data):
                self._take(decode(body))
        except StoredeckError as error:
            self.process.kill()
            self._finish(SessionLost(error.message, hint=_HINT))

    def _take(self, message: Any) -> None:
        match message:
            case StateNotice():
                self._noticed(message)
            case Item():
                waiter = self._waiters.get(message.id)
                if waiter is not None:
                    waiter.item(message.value)
            case Answer():
                self._over(message.id, message.value, None)
            case Failure():
                self._over(message.id, None, message.error)

    def _over(self, call_id: int, value: Any, error: StoredeckError | None) -> None:
        timer = self._overdue.pop(call_id, None)
        if timer is not None:
            timer.cancel()
        waiter = self._waiters.pop(call_id, None)
        if waiter is not None:
            waiter.end(value, error)

    def _ended(self, waited: float = 0.0) -> None:
        """The socket ended: find out how the process did, then tell everyone who waits."""
        self._loop.remove_reader(self.process.connection)
        how = self.process.ending()
        if not how and waited < ENDING_SECONDS:
            self._loop.call_later(_POLL_SECONDS, self._ended, waited + _POLL_SECONDS)
            return
        self._finish(SessionLost(f"session process: {how or 'it closed its socket'}", hint=_HINT))

    def _finish(self, end: SessionLost) -> None:
        if self._end is not None:
            return
        self._end = end
        self._loop.remove_reader(self.process.connection)
        self._loop.remove_writer(self.process.connection)
        self.process.close()
        for timer in self._overdue.values():
            timer.cancel()
        self._overdue.clear()
        waiters, self._waiters = list(self._waiters.values()), {}
        for waiter in waiters:
            waiter.end(None, end)
        if not self._is_closing:
            self._lost(end)

    async def close(self) -> None:
        """End the process: by closing the socket, and by force if it takes too long."""
        self._is_closing = True
        self._finish(SessionLost("session: it was closed", hint=_HINT))
        await self.process.end(self.grace_seconds)
