"""Download sessions: a snapshot of a table, a partition or a job's result, of which any range is read any time."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, Final

import pyarrow as pa
from urllib3.exceptions import HTTPError

from services.cancel import NEVER, CancelToken
from services.errors import ProtocolError, Refused, SessionLost, TimedOut
from services.stores.maxcompute.link import TUNNEL_VERSION, Link
from services.stores.maxcompute.markup import understood
from services.stores.maxcompute.transport import Watch
from services.stores.maxcompute.tunnel.encodings import NONE, encoding_of, filler, for_records
from services.stores.maxcompute.tunnel.frames import Fill, read_batches
from services.stores.maxcompute.tunnel.record_rows import RecordRows
from services.stores.maxcompute.types import wire_schema

FIRST_DELAY_SECONDS: Final = 0.1
LONGEST_DELAY_SECONDS: Final = 2.0
HEADERS: Final[Mapping[str, str]] = {"Content-Length": "0", "x-odps-tunnel-version": TUNNEL_VERSION}
log = logging.getLogger(__name__)

REOPENINGS: Final = 3
"""So often in a row a range is read on at the row already reached."""


@dataclass(frozen=True, slots=True)
class Download:
    """One session.

    Attributes:
        url: of the table or the job at the tunnel.
        count: rows in the snapshot.
        columns: names and type texts, without the partition's.
        is_result: of a job, whose times come as seconds and nanoseconds.
    """

    id: str
    url: str
    count: int
    columns: tuple[tuple[str, str], ...]
    partition: str = ""
    is_result: bool = False

    @property
    def name(self) -> str:
        """Of the table or the job."""
        return self.url.rpartition("/")[2]

    def range(self, start: int, count: int, columns: Sequence[str]) -> dict[str, str]:
        """What asks for some rows."""
        params = {"data": "", "downloadid": self.id, "rowrange": f"({start},{count})"}
        if columns:
            params["columns"] = ",".join(name for name, _ in self.wanted(columns))
        return params | ({"partition": self.partition} if self.partition else {})

    def wanted(self, columns: Sequence[str] = ()) -> tuple[tuple[str, str], ...]:
        """The columns asked for in the order of the table, which is that of the wire whatever was asked."""
        return tuple(column for column in self.columns if not columns or column[0] in columns)

    def schemas(self, columns: Sequence[str] = ()) -> list[pa.Schema]:
        """The Arrow schemas that the wire may have, as for `read_batches`."""
        forms = [wire_schema(self.wanted(columns), struct_times=self.is_result, is_deep=deep) for deep in (True, False)]
        return forms[: 1 if forms[0] == forms[1] else 2]


def open_table(
    link: Link, table_path: str, partition: str = "", cancel: CancelToken = NEVER, download_id: str = ""
) -> Download:
    """A session over a table or one partition of it; an id opens one that is there.

    Args:
        table_path: below the project, such as `tables/orders` or `schemas/s/tables/orders`.
        partition: as `pt=1,region=eu`, empty for a table without partitions.
    """
    params = {"partition": partition} if partition else {}
    url = f"{link.tunnel_project_url}/{table_path}"
    return _opened(link, url, params, table_path.rpartition("/")[2], cancel, download_id)


def open_result(link: Link, job_id: str, cancel: CancelToken = NEVER, download_id: str = "") -> Download:
    """A session over all rows of a finished job, not only the first ten thousand."""
    url = f"{link.tunnel_project_url}/instances/{job_id}"
    return _opened(link, url, {}, f"job {job_id}", cancel, download_id, is_result=True)


def _opened(
    link: Link,
    url: str,
    params: dict[str, str],
    what: str,
    cancel: CancelToken,
    download_id: str,
    *,
    is_result: bool = False,
) -> Download:
    if download_id:
        data = _asked(link, url, params | {"downloadid": download_id}, what, cancel)
    else:
        wish = params | ({"downloads": ""} if is_result else {"downloads": "", "asyncmode": "true"})
        # A session too many holds nothing and ends by itself.
        data = link.call(
            lambda: link.tunnel.post(url, b"", params=wish, headers=dict(HEADERS)).json(),
            what=what,
            cancel=cancel,
            is_repeatable=True,
        )
    with understood(what):
        data = _awaited(link, url, params, data, what, cancel)
        return Download(
            id=str(data["DownloadID"]),
            url=url,
            count=int(data["RecordCount"]),
            columns=tuple((str(column["name"]), str(column["type"])) for column in data["Schema"]["columns"]),
            partition=params.get("partition", ""),
            is_result=is_result,
        )


def _asked(link: Link, url: str, params: dict[str, str], what: str, cancel: CancelToken) -> Any:
    return link.call(
        lambda: link.tunnel.get(url, params=params, headers=dict(HEADERS)).json(), what=what, cancel=cancel
    )


def _awaited(link: Link, url: str, params: dict[str, str], data: Any, what: str, cancel: CancelToken) -> Any:
    """The session once its snapshot is ready."""
    deadline = time.monotonic() + link.options.timeout_seconds
    delay = FIRST_DELAY_SECONDS
    while str(data.get("Status", "")).upper() == "INITIATING":
        if time.monotonic() > deadline:
            raise TimedOut(f"{what}: the tunnel prepares the rows for too long", hint="Raise timeout_seconds.")
        cancel.wait(delay)
        cancel.check()
        delay = min(2 * delay, LONGEST_DELAY_SECONDS)
        data = _asked(link, url, params | {"downloadid": data["DownloadID"]}, what, cancel)
    if not {"DownloadID", "RecordCount", "Schema"} <= data.keys():
        raise ProtocolError(f"{what}: the tunnel's answer is no session", hint="Check the tunnel endpoint.")
    return data


def read_range(
    link: Link,
    session: Download,
    start: int,
    count: int,
    columns: Sequence[str] = (),
    cancel: CancelToken = NEVER,
    compress: str = NONE,
) -> Iterator[pa.RecordBatch]:
    """Rows `start` to `start + count` of a session; a cut connection is taken up again at the row reached.

    Args:
        columns: only these; they come in the order of the table.
        compress: one of `ENCODINGS`.
    """
    end, left = min(start + count, session.count), REOPENINGS
    refusal: Refused | None = None
    while start < end:
        is_arrow = not refusal and session.url not in link.without_arrow
        try:
            for batch in _rows(link, session, start, end - start, columns, cancel, compress, is_arrow=is_arrow):
                start += batch.num_rows
                left = REOPENINGS
                if refusal is not None and session.url not in link.without_arrow:
                    _remember(link, session, refusal)
                yield batch
            if start < end:
                raise SessionLost(f"job or table: {end - start:,} rows did not come", hint="Read again.")
        except (SessionLost, ProtocolError) as error:
            cancel.check()
            left -= 1
            if left < 0:
                raise
            cancel.tell(f"{error.message}; read on from row {start:,}")
        except Refused as error:
            if refusal is not None:
                raise refusal from error
            # Who may not read, or asks for what is not there, is told so in the other form too.
            if type(error) is not Refused or not is_arrow:
                raise
            refusal = error
            cancel.tell(f"{session.name}: no Arrow data ({error.message}); its rows come as records, which is slower")


def _remember(link: Link, session: Download, refusal: Refused) -> None:
    """All further reads of this table or job come as records at once."""
    link.without_arrow.add(session.url)
    log.warning("%s: no Arrow data, rows come as records: %s", session.name, refusal.message)


def _rows(
    link: Link,
    session: Download,
    start: int,
    count: int,
    columns: Sequence[str],
    cancel: CancelToken,
    compress: str,
    *,
    is_arrow: bool,
) -> Iterator[pa.RecordBatch]:
    params, encoding = session.range(start, count, columns), encoding_of(compress)
    if is_arrow:
        schemas = session.schemas(columns)
        with _body(link, session, {"arrow": "", **params}, encoding, cancel) as fill:
            yield from read_batches(fill, *schemas)
    else:
        with _body(link, session, params, for_records(encoding), cancel) as fill:
            yield from RecordRows(fill, session.wanted(columns)).batches()


@contextmanager
def _body(
    link: Link, session: Download, params: Mapping[str, str], encoding: str, cancel: CancelToken
) -> Iterator[Fill]:
    """The body of one answer, unpacked; its connection is given back when it was read to its end."""
    headers = {**HEADERS, "Accept-Encoding": encoding or "identity"}
    what, watch = "rows of the tunnel", Watch()
    with cancel.on_cancel(watch.cut):
        answer = link.call_here(
            lambda: link.tunnel.get(session.url, stream=True, params=dict(params), headers=headers),
            watch,
            what=what,
            cancel=cancel,
        )
        with closing(answer):
            yield filler(body_of(answer.raw, cancel), answer.headers.get("Content-Encoding", ""))
            # Reading on to the very end gives the connection back.
            answer.raw.read(1)


def body_of(raw: Any, cancel: CancelToken) -> Fill:
    """Fills views from an answer, past the copies that its own `read` makes."""
    source: Any = getattr(raw, "_fp", raw)

    def fill(view: memoryview) -> int:
        cancel.check()
        done = 0
        try:
            while done < len(view) and (count := source.readinto(view[done:])):
                done += count
        except TimeoutError as error:
            cancel.check()
            hint = "Read again, or raise timeout_seconds."
            raise TimedOut("rows of the tunnel: nothing came within the time allowed", hint=hint) from error
        except (OSError, HTTPException, HTTPError, ValueError) as error:
            cancel.check()
            raise SessionLost(f"rows of the tunnel: the connection ended: {error}", hint="Read again.") from error
        return done

    return fill
