"""Upsert sessions: changes by key, sent to the buckets that the keys belong to, and carried out by the commit."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final

from services.cancel import NEVER, CancelToken
from services.errors import NotFound, ProtocolError, Refused, SessionExpired, StoredeckError, TimedOut
from services.stores.maxcompute.link import Link
from services.stores.maxcompute.transport import Watch
from services.stores.maxcompute.tunnel.asking import asked, made
from services.stores.maxcompute.tunnel.upload import EMPTY, HEADERS, Target

ROUTED: Final = "odps-tunnel-routed-server"
COMMIT_SECONDS: Final = 120.0
FIRST_DELAY_SECONDS: Final = 0.2
LONGEST_DELAY_SECONDS: Final = 8.0
_ENDED: Final = frozenset({"expired", "critical", "aborted"})


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where the changes of some keys go.

    Attributes:
        server: `host:port` of the worker that takes them.
    """

    slot: str
    server: str


@dataclass(frozen=True, slots=True)
class UpsertState:
    """A session as the server tells it.

    Attributes:
        status: in small letters: normal, committing, committed, aborted, expired.
        buckets: by their number from 0.
    """

    id: str
    status: str
    hash_keys: tuple[str, ...]
    hasher: str
    buckets: tuple[Bucket, ...]


def open_upsert(link: Link, target: Target, slots: int, hours: int, cancel: CancelToken = NEVER) -> UpsertState:
    """Begin a session; one that nobody uses ends by itself."""
    params = target.params | {"slotnum": str(slots), "lifecycle": str(hours)}
    answer = made(link, _url(link, target), params, target.headers(EMPTY), target.name, cancel)
    return _state(answer, target)


def upsert_state(link: Link, target: Target, upsert_id: str, cancel: CancelToken = NEVER) -> UpsertState:
    """How a session stands; asking keeps it alive."""
    params = target.params | {"upsertid": upsert_id}
    answer = asked(
        link, _url(link, target), params, target.headers(EMPTY), f"{target.name}: upsert {upsert_id}", cancel
    )
    return _state(answer, target)


def _url(link: Link, target: Target) -> str:
    return f"{link.tunnel_project_url}/{target.path}/upserts"


def _state(answer: Any, target: Target) -> UpsertState:
    try:
        found = {int(bucket): slot for slot in answer["slots"] for bucket in slot["buckets"]}
        buckets = tuple(
            Bucket(str(found[place]["slot_id"]), str(found[place]["worker_addr"])) for place in range(len(found))
        )
        keys = tuple(str(name) for name in answer["hash_key"])
        return UpsertState(str(answer["id"]), str(answer["status"]).lower(), keys, str(answer["hasher"]), buckets)
    except (KeyError, TypeError, ValueError) as error:
        hint = "Check the tunnel endpoint."
        raise ProtocolError(f"{target.name}: the tunnel's answer is no upsert session: {error!r}", hint=hint) from error


def check_alive(state: UpsertState, target: Target) -> None:
    """Refuse a session that is over.

    Raises:
        SessionExpired: it ended uncommitted.
    """
    if state.status in _ENDED:
        raise SessionExpired(
            f"{target.name}: upsert {state.id} is {state.status}; nothing of it was committed",
            hint="Start the transfer again; rows that are upserted twice stay what they are.",
        )


def put_bucket(
    link: Link,
    target: Target,
    state: UpsertState,
    bucket: int,
    count: int,
    data: bytes,
    encoding: str,
    cancel: CancelToken,
) -> None:
    """Send changes of one bucket; where it moved to another worker or the service is busy, again."""
    deadline, delay = 0.0, FIRST_DELAY_SECONDS
    while True:
        try:
            _put_once(link, target, state, bucket, count, data, encoding, cancel)
            return
        except StoredeckError as error:
            deadline = deadline or time.monotonic() + link.options.retry_seconds
            if not error.retryable or time.monotonic() + delay > deadline:
                raise
            cancel.tell(f"{error.message}; tried again in {delay:.1f} s")
        cancel.wait(delay)
        cancel.check()
        delay = min(2 * delay, 1.0)
        state = upsert_state(link, target, state.id, cancel)
        check_alive(state, target)


def _put_once(
    link: Link,
    target: Target,
    state: UpsertState,
    bucket: int,
    count: int,
    data: bytes,
    encoding: str,
    cancel: CancelToken,
) -> None:
    place, watch = state.buckets[bucket], Watch()
    params = target.params | {
        "upsertid": state.id,
        "bucketid": str(bucket),
        "slotid": place.slot,
        "record_count": str(count),
    }
    headers = target.headers(HEADERS) | {ROUTED: place.server, "Content-Length": str(len(data))}
    headers |= {"Content-Encoding": encoding} if encoding else {}
    with cancel.on_cancel(watch.cut):
        link.call_here(
            lambda: link.tunnel.put(_url(link, target), data=data, params=params, headers=headers),
            watch,
            what=f"{target.name}: bucket {bucket}",
            cancel=cancel,
            is_tried_again=False,
        )


def commit_upsert(link: Link, target: Target, upsert_id: str, cancel: CancelToken = NEVER) -> str:
    """Carry all changes out; the request id.

    Raises:
        SessionExpired: the session is gone, so whether it was committed cannot be told; upserts can be sent again.
    """
    state = upsert_state(link, target, upsert_id, cancel)
    deadline, delay, was_answered, request_id = time.monotonic() + COMMIT_SECONDS, FIRST_DELAY_SECONDS, False, ""
    while state.status != "committed":
        check_alive(state, target)
        if time.monotonic() > deadline:
            hint = "Commit again; what was committed is not done twice."
            raise TimedOut(f"{target.name}: the commit takes more than {COMMIT_SECONDS:g} s", hint=hint)
        try:
            request_id = _commit_once(link, target, state, cancel)
            was_answered = True
            state = upsert_state(link, target, upsert_id, cancel)
        except (NotFound, SessionExpired) as error:
            # The service forgets a session once it is committed.
            if was_answered:
                return request_id
            raise SessionExpired(error.message, hint=_UNSURE, request_id=error.request_id) from error
        except StoredeckError as error:
            if not error.retryable:
                raise
            cancel.tell(f"{error.message}; asked again in {delay:.1f} s")
        if state.status != "committed":
            cancel.wait(delay)
            cancel.check()
            delay = min(2 * delay, LONGEST_DELAY_SECONDS)
    return request_id


_UNSURE: Final = (
    "Whether it was committed is not known; run the transfer again: rows upserted twice stay what they are."
)


def _commit_once(link: Link, target: Target, state: UpsertState, cancel: CancelToken) -> str:
    answer = link.call(
        lambda: link.tunnel.post(
            _url(link, target),
            b"",
            params=target.params | {"upsertid": state.id},
            headers=target.headers(EMPTY) | _routed(state),
        ),
        what=f"{target.name}: commit",
        cancel=cancel,
        is_repeatable=True,
    )
    return str(answer.headers.get("x-odps-request-id", ""))


def _routed(state: UpsertState) -> dict[str, str]:
    return {ROUTED: state.buckets[0].server} if state.buckets else {}


def abort_upsert(link: Link, target: Target, upsert_id: str) -> None:
    """Drop the changes; one that is committed or gone is left alone."""
    try:
        state = upsert_state(link, target, upsert_id)
        if state.status != "normal":
            return
        link.call(
            lambda: link.tunnel.delete(
                _url(link, target),
                params=target.params | {"upsertid": upsert_id},
                headers=target.headers(EMPTY) | _routed(state),
            ),
            what=f"{target.name}: abort",
        )
    except (NotFound, SessionExpired):
        return
    except Refused:
        if upsert_state(link, target, upsert_id).status == "normal":
            raise
