"""Stream sessions: batches of records that show at once, at least once, and are never taken back."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.cancel import NEVER, CancelToken
from services.errors import NotFound, ProtocolError, SessionExpired, StoredeckError
from services.stores.maxcompute.link import Link
from services.stores.maxcompute.transport import Watch
from services.stores.maxcompute.tunnel.upload import CHUNKED, EMPTY, Target
from services.stores.maxcompute.tunnel.upsert import ROUTED

SLOT_COUNT: Final = "odps-tunnel-slot-num"
PIECE_BYTES: Final = 1 << 20
_FIRST_DELAY_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class StreamState:
    """A session as the server tells it.

    Attributes:
        slots: id and `host:port` of each place that takes batches.
        version: of the table's columns.
    """

    id: str
    slots: tuple[tuple[str, str], ...]
    version: str


@dataclass(frozen=True, slots=True)
class StreamWish:
    """How a stream is to be.

    Attributes:
        is_dynamic: each record names its partition, which is made where it is absent.
        zorder: columns that the service sorts by, with commas.
        creates: the partition is made if it is absent.
    """

    slots: int = 1
    is_dynamic: bool = False
    zorder: str = ""
    creates: bool = False

    @property
    def params(self) -> dict[str, str]:
        """What every request carries."""
        found = {"check_latest_schema": "false"}
        found |= {"dynamic_partition": "true"} if self.is_dynamic else {}
        return found | ({"zorder_columns": self.zorder} if self.zorder else {})


def open_stream(link: Link, target: Target, wish: StreamWish, cancel: CancelToken = NEVER) -> StreamState:
    """Begin a session."""
    params = target.params | wish.params | ({"create_partition": ""} if wish.creates else {})
    headers = target.headers(EMPTY) | {"odps-slot-num": str(wish.slots)}
    answer = link.call(
        lambda: link.tunnel.post(_url(link, target), b"", params=params, headers=headers).json(),
        what=target.name,
        cancel=cancel,
        is_repeatable=True,
    )
    return _state(answer, target)


def stream_state(link: Link, target: Target, stream_id: str, cancel: CancelToken = NEVER) -> StreamState:
    """Where a session takes batches now.

    Raises:
        SessionExpired: it is over; what it wrote stays.
    """
    params = target.params | {"uploadid": stream_id}
    try:
        answer = link.call(
            lambda: link.tunnel.get(_url(link, target), params=params, headers=target.headers(EMPTY)).json(),
            what=f"{target.name}: stream {stream_id}",
            cancel=cancel,
        )
    except (NotFound, SessionExpired) as error:
        hint = "What it wrote stays; start the transfer again for what is missing."
        raise SessionExpired(error.message, hint=hint, request_id=error.request_id) from error
    return _state(answer, target)


def _url(link: Link, target: Target) -> str:
    return f"{link.tunnel_project_url}/{target.path}/streams"


def _state(answer: Any, target: Target) -> StreamState:
    try:
        slots = tuple((str(slot), str(server)) for slot, server in answer["slots"])
        return StreamState(str(answer["session_name"]), slots, str(answer.get("schema_version", "")))
    except (KeyError, TypeError, ValueError) as error:
        hint = "Check the tunnel endpoint."
        raise ProtocolError(f"{target.name}: the tunnel's answer is no stream: {error!r}", hint=hint) from error


def put_batch(
    link: Link,
    target: Target,
    stream_id: str,
    wish: StreamWish,
    turn: int,
    data: bytes,
    encoding: str,
    cancel: CancelToken,
) -> None:
    """Send one batch to a slot; where it cannot be told whether it arrived, it goes again and may be doubled.

    Args:
        turn: slots take turns by it.
    """
    deadline, delay = 0.0, _FIRST_DELAY_SECONDS
    while True:
        state = stream_state(link, target, stream_id, cancel)
        if not state.slots:
            raise ProtocolError(f"{target.name}: the stream has no slot", hint="Start the transfer again.")
        try:
            _put_once(link, target, state, wish, turn, data, encoding, cancel)
            return
        except StoredeckError as error:
            deadline = deadline or time.monotonic() + link.options.retry_seconds
            if not error.retryable or time.monotonic() + delay > deadline:
                raise
            cancel.tell(f"{error.message}; sent again in {delay:.1f} s, as a stream counts at least once")
        cancel.wait(delay)
        cancel.check()
        delay = min(2 * delay, 1.0)


def _put_once(
    link: Link,
    target: Target,
    state: StreamState,
    wish: StreamWish,
    turn: int,
    data: bytes,
    encoding: str,
    cancel: CancelToken,
) -> None:
    slot, server = state.slots[turn % len(state.slots)]
    params = target.params | wish.params | {"uploadid": state.id, "slotid": slot}
    params |= {"schema_version": state.version} if state.version else {}
    headers = target.headers(CHUNKED) | {ROUTED: server, SLOT_COUNT: str(len(state.slots))}
    headers |= {"Content-Encoding": encoding} if encoding else {}
    watch = Watch()
    with cancel.on_cancel(watch.cut):
        link.call_here(
            lambda: link.tunnel.put(_url(link, target), data=_pieces(data), params=params, headers=headers),
            watch,
            what=f"{target.name}: stream",
            cancel=cancel,
            is_tried_again=False,
        )


def _pieces(data: bytes) -> Any:
    return (data[first : first + PIECE_BYTES] for first in range(0, len(data), PIECE_BYTES))


def abort_stream(link: Link, target: Target, stream_id: str) -> None:
    """End a stream; what it wrote stays."""
    params = target.params | {"uploadid": stream_id}
    try:
        state = stream_state(link, target, stream_id)
        headers: Mapping[str, str] = target.headers(EMPTY) | ({ROUTED: state.slots[0][1]} if state.slots else {})
        link.call(
            lambda: link.tunnel.post(_url(link, target), b"", params=params, headers=dict(headers)),
            what=f"{target.name}: stream",
        )
    except (NotFound, SessionExpired):
        return
