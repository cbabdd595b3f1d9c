"""Download sessions: a snapshot of a table or partition, read by ranges of rows as often as one likes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from services.sandbox.maxcompute.errors import OdpsError
from services.sandbox.maxcompute.model import Column, Table
from services.sandbox.maxcompute.routes import Call, Reply, Route
from services.sandbox.maxcompute.tunnel.bodies import arrow_answer, records_answer
from services.sandbox.maxcompute.tunnel.state import Session, status_conflict
from services.sandbox.maxcompute.tunnel.tables import (
    TABLE,
    chosen_columns,
    json_answer,
    kinds_of,
    partition_of,
    schema_json,
    stored_table,
)

ArrowForm = Callable[[pa.Table, list[Column]], pa.Table]
_RANGE = re.compile(r"\((\d+),(\d+)\)")


def _as_they_are(rows: pa.Table, columns: list[Column]) -> pa.Table:
    return rows


@dataclass(kw_only=True)
class DownloadSession(Session):
    """A snapshot; later changes of the table do not show in it."""

    rows: pa.Table
    columns: list[Column]
    partition_keys: list[Column]
    quota: str
    polls_left: int = 0


@dataclass(kw_only=True)
class TableDownload(DownloadSession):
    """The snapshot of a table or partition."""

    table: Table


def create(call: Call) -> Reply:
    """Opens a download of a table or partition."""
    table = stored_table(call)
    state = call.sandbox.tunnel
    is_async = call.query.get("asyncmode", "").lower() == "true"
    session = state.add(
        TableDownload(
            expires=state.expires(),
            rows=partition_of(call, table).read(),
            columns=list(table.columns),
            partition_keys=list(table.partition_keys),
            quota=call.query.get("quotaName", ""),
            polls_left=state.initiating_polls if is_async else 0,
            table=table,
        )
    )
    return described(call, session)


def describe(call: Call) -> Reply:
    """The session and how many rows it holds."""
    session = _session(call)
    with session.lock:
        session.polls_left = max(0, session.polls_left - 1)
    return described(call, session)


def read(call: Call) -> Reply:
    """A range of rows."""
    return read_range(call, _session(call))


def read_range(call: Call, session: DownloadSession, as_arrow: ArrowForm = _as_they_are) -> Reply:
    """The rows of the request's range and columns, as records or Arrow data.

    Args:
        as_arrow: the form of rows in Arrow data.

    Raises:
        OdpsError: InvalidRowRange, InvalidColumnSpec, InvalidParameter, StatusConflict.
    """
    if call.sandbox.tunnel.is_expired(session):
        raise status_conflict("expired")
    if session.polls_left:
        raise status_conflict("initiating")
    columns = chosen_columns(call, session.columns)
    if "arrow" not in call.query:
        return records_answer(call, _chosen(call, session, columns), kinds_of(columns))
    if not call.sandbox.tunnel.serves_arrow:
        raise OdpsError(400, "InvalidParameter", "Arrow is not supported by this endpoint.")
    if call.headers.get("user-agent", "").startswith("pyodps"):
        # The two SDKs contradict one another: this one reads Arrow columns in the table's order.
        columns = [column for column in session.columns if column in columns]
    names = tuple(column.name for column in columns)
    key = (session.id, names, call.query.get("rowrange"), call.query.get("raw_size"))
    return arrow_answer(call, as_arrow(_chosen(call, session, columns), columns), key)


def _chosen(call: Call, session: DownloadSession, columns: list[Column]) -> pa.Table:
    return _limited(call, _range(call, session.rows)).select([column.name for column in columns])


def _range(call: Call, rows: pa.Table) -> pa.Table:
    """A range may end behind the last row, as the SDKs' own limits do."""
    found = _RANGE.fullmatch(call.query.get("rowrange", "").replace(" ", ""))
    if found is None or int(found[1]) > rows.num_rows:
        raise OdpsError(400, "InvalidRowRange", f"The range {call.query.get('rowrange')!r} of rows is not valid.")
    return rows.slice(int(found[1]), int(found[2]))


def _limited(call: Call, rows: pa.Table) -> pa.Table:
    """No more rows than fit into the request's `raw_size`, but one."""
    limit = call.query.get("raw_size", "")
    if not limit.isdecimal() or rows.nbytes <= int(limit):
        return rows
    return rows.slice(0, max(1, int(rows.num_rows * int(limit) / rows.nbytes)))


def described(call: Call, session: DownloadSession) -> Reply:
    """A session as an answer."""
    status = "initiating" if session.polls_left else "normal"
    return json_answer(
        {
            "DownloadID": session.id,
            "Status": "expired" if call.sandbox.tunnel.is_expired(session) else status,
            "Schema": schema_json(session.columns, session.partition_keys),
            "RecordCount": session.rows.num_rows,
            "QuotaName": session.quota,
            "SupportReadByRawSize": True,
        }
    )


def _session(call: Call) -> TableDownload:
    found = call.sandbox.tunnel.find(TableDownload, call.query["downloadid"])
    if found is None or found.table is not call.table:
        raise OdpsError(
            404, "NoSuchDownload", f"There is no download session {call.query['downloadid']} of this table."
        )
    return found


ROUTES = [
    Route("CreateDownload", "POST", TABLE, create, keys=("downloads",), is_tunnel=True),
    Route("GetDownload", "GET", TABLE, describe, keys=("downloadid",), is_tunnel=True),
    Route("ReadRows", "GET", TABLE, read, keys=("downloadid", "data"), is_tunnel=True),
]
