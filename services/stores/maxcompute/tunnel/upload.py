"""Upload sessions: blocks that are written freely until the commit, which shows all of them at once."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa

from services.cancel import NEVER, CancelToken
from services.errors import ProtocolError, SessionExpired, StoredeckError
from services.stores.maxcompute.link import TUNNEL_VERSION, Link
from services.stores.maxcompute.transport import Watch
from services.stores.maxcompute.tunnel.asking import asked, made
from services.stores.maxcompute.tunnel.bodies import KeptBody
from services.stores.maxcompute.tunnel.encodings import compressed, for_records
from services.stores.maxcompute.tunnel.frames import Framer
from services.stores.maxcompute.tunnel.records import RecordBody
from services.stores.maxcompute.types import OdpsType

MOST_BLOCKS: Final = 20_000
DAY_SECONDS: Final = 24 * 3600.0
FIRST_DELAY_SECONDS: Final = 0.2
LONGEST_DELAY_SECONDS: Final = 2.0
HEADERS: Final[Mapping[str, str]] = {
    "odps-tunnel-date-transform": "v1",
    "odps-tunnel-sdk-support-schema-evolution": "true",
    "x-odps-tunnel-version": TUNNEL_VERSION,
}
EMPTY: Final[Mapping[str, str]] = {**HEADERS, "Content-Length": "0"}
CHUNKED: Final[Mapping[str, str]] = {
    **HEADERS,
    "Transfer-Encoding": "chunked",
    "Content-Type": "application/octet-stream",
}
_CLOSED: Final = "closed"
_ENDED: Final = frozenset({"expired", "critical", "aborted"})


@dataclass(frozen=True, slots=True)
class Target:
    """What a session writes to.

    Attributes:
        path: below the project at the tunnel, such as `schemas/s/tables/orders`.
        partition: as `pt=1,region=eu`, empty for a table without partitions.
        quota, tags: of the tunnel, as the service's owner named them.
    """

    path: str
    partition: str = ""
    quota: str = ""
    tags: str = ""

    @property
    def name(self) -> str:
        """In words for errors."""
        return self.path.rpartition("/")[2] + (f"/{self.partition.replace(',', '/')}" if self.partition else "")

    @property
    def params(self) -> dict[str, str]:
        """What every request about it carries."""
        found = {"partition": self.partition} if self.partition else {}
        return found | ({"quotaName": self.quota} if self.quota else {})

    def headers(self, usual: Mapping[str, str]) -> dict[str, str]:
        """The usual ones, with the tags."""
        return dict(usual) | ({"odps-tunnel-tags": self.tags} if self.tags else {})


@dataclass(frozen=True, slots=True)
class UploadState:
    """A session as the server tells it.

    Attributes:
        status: in small letters: normal, closed, expired.
        blocks: those that the server holds whole.
        columns: names and type texts.
        most_field_bytes: that one value may have; 0 where the server does not say.
    """

    id: str
    status: str
    blocks: frozenset[int]
    columns: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    most_field_bytes: int = 0

    @property
    def is_closed(self) -> bool:
        """Whether it is committed."""
        return self.status == _CLOSED


def open_upload(
    link: Link, target: Target, *, overwrites: bool, creates: bool, cancel: CancelToken = NEVER
) -> UploadState:
    """Begin a session; one that nobody uses ends by itself within a day.

    Args:
        overwrites: the commit replaces what is there.
        creates: the partition is made if it is absent.
    """
    params = target.params | {"uploads": "1"}
    params |= {"overwrite": "true"} if overwrites else {}
    params |= {"create_partition": "true"} if creates else {}
    answer = made(link, _url(link, target), params, target.headers(EMPTY), target.name, cancel)
    return _state(answer, target)


def upload_state(link: Link, target: Target, upload_id: str, cancel: CancelToken = NEVER) -> UploadState:
    """How a session stands."""
    params = target.params | {"uploadid": upload_id}
    answer = asked(
        link, _url(link, target), params, target.headers(EMPTY), f"{target.name}: upload {upload_id}", cancel
    )
    return _state(answer, target)


def _url(link: Link, target: Target) -> str:
    return f"{link.tunnel_project_url}/{target.path}"


def _state(answer: Any, target: Target) -> UploadState:
    if not isinstance(answer, dict) or "UploadID" not in answer:
        hint = "Check the tunnel endpoint."
        raise ProtocolError(f"{target.name}: the tunnel's answer is no upload session", hint=hint)
    schema = answer.get("Schema") or {}
    return UploadState(
        id=str(answer["UploadID"]),
        status=str(answer.get("Status", "normal")).lower(),
        blocks=frozenset(int(block["BlockID"]) for block in answer.get("UploadedBlockList") or ()),
        columns=tuple((one["name"], one["type"]) for one in schema.get("columns") or ()),
        most_field_bytes=int(answer.get("MaxFieldSize") or 0),
    )


def put_block(
    link: Link,
    target: Target,
    upload_id: str,
    block: int,
    batches: Iterable[pa.RecordBatch],
    *,
    encoding: str = "",
    kinds: Sequence[OdpsType] = (),
    cancel: CancelToken = NEVER,
) -> int:
    """Send a block in this thread; bytes on the wire. The server holds it whole, or nothing of it.

    Args:
        batches: in the tunnel's form, drawn as they are sent.
        kinds: of the columns, for rows that go as records; without them they go as Arrow.
    Raises:
        StoredeckError: whatever went wrong, that of `batches` as it was.
    """
    params = target.params | {"uploadid": upload_id, "blockid": str(block)}
    if kinds:
        made, encoding = RecordBody(kinds).pieces(batches), for_records(encoding)
    else:
        made, params["arrow"] = Framer().pieces(batch.serialize() for batch in batches), ""
    headers = target.headers(CHUNKED) | ({"Content-Encoding": encoding} if encoding else {})
    # Closing ends the thread that packs, however the sending ended.
    with closing(compressed(made, encoding)) as pieces:
        body = KeptBody(pieces, cancel)
        put_body(link, _url(link, target), body, params, headers, f"{target.name}: block {block}", cancel)
    return body.size_bytes


def put_body(
    link: Link,
    url: str,
    body: KeptBody,
    params: Mapping[str, str],
    headers: Mapping[str, str],
    what: str,
    cancel: CancelToken,
    *,
    method: str = "put",
) -> Any:
    """Send a body that is drawn meanwhile, again where the service was busy; cancelling cuts the connection."""
    watch, send = Watch(), getattr(link.tunnel, method)
    try:
        with cancel.on_cancel(watch.cut):
            return link.call_here(
                lambda: send(url, data=body, params=dict(params), headers=dict(headers)),
                watch,
                what=what,
                cancel=cancel,
            )
    except StoredeckError:
        if body.failure is not None:
            raise body.failure from None
        raise


def commit_upload(link: Link, target: Target, upload_id: str, cancel: CancelToken = NEVER) -> str:
    """Make all blocks visible; the request id. A session that is closed already was committed, and its answer lost.

    Raises:
        SessionExpired: it ended uncommitted.
    """
    params = target.params | {"uploadid": upload_id}
    what = f"{target.name}: commit"
    deadline, delay = time.monotonic() + link.options.timeout_seconds, FIRST_DELAY_SECONDS
    while True:
        try:
            answer = link.call(
                lambda: link.tunnel.post(_url(link, target), b"", params=params, headers=target.headers(HEADERS)),
                what=what,
                cancel=cancel,
            )
        except StoredeckError as error:
            # Whether it was done is not known; the session tells.
            state = upload_state(link, target, upload_id, cancel)
            if state.is_closed:
                return error.request_id
            check_alive(state, target)
            if not error.retryable or time.monotonic() > deadline:
                raise
            cancel.tell(f"{error.message}; the session is open still, committed again in {delay:.1f} s")
        else:
            return str(answer.headers.get("x-odps-request-id", ""))
        cancel.wait(delay)
        cancel.check()
        delay = min(2 * delay, LONGEST_DELAY_SECONDS)


def check_alive(state: UploadState, target: Target) -> None:
    """Refuse a session that is over.

    Raises:
        SessionExpired: its time is over, and nothing of it can be committed.
    """
    if state.status in _ENDED:
        raise SessionExpired(
            f"{target.name}: upload {state.id} is {state.status}; nothing of it was committed",
            hint="Start the transfer again; the service keeps uploads for a day.",
        )
