"""Upload sessions: blocks that may be written again until the commit, which adds all of them at once."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa

from services.sandbox.maxcompute.errors import OdpsError
from services.sandbox.maxcompute.model import Partition, Table
from services.sandbox.maxcompute.routes import Call, Reply, Route
from services.sandbox.maxcompute.tunnel.bodies import read_arrow, read_rows
from services.sandbox.maxcompute.tunnel.state import Session, status_conflict
from services.sandbox.maxcompute.tunnel.tables import (
    TABLE,
    json_answer,
    kinds_of,
    partition_of,
    present,
    refuse_nulls,
    schema_json,
    stored_table,
)

MOST_BLOCKS = 20_000
METRICS = '{"PanguIOCost":0,"ServerIOCost":0,"ServerTotalCost":0,"RateLimitCost":0}'


@dataclass(kw_only=True)
class UploadSession(Session):
    """An upload to one partition; `status` is `normal` or `closed`. `written` are the blocks that a commit took."""

    partition: Partition
    overwrites: bool
    quota: str
    schema_version: int
    status: str = "normal"
    blocks: dict[int, pa.Table] = field(default_factory=dict, repr=False)
    written: list[int] = field(default_factory=list)

    @property
    def block_ids(self) -> list[int]:
        return self.written or sorted(self.blocks)

    @property
    def table(self) -> Table:
        return self.partition.table

    def put(self, block: int, rows: pa.Table) -> None:
        """Takes a block; the last one of an id counts."""
        with self.lock:
            if self.status != "normal":
                raise status_conflict(self.status)
            self.blocks[block] = rows

    def commit(self) -> None:
        """Puts the blocks into the partition in the order of their ids; a second commit changes nothing."""
        with self.lock:
            if self.status == "closed":
                return
            if self.table.schema_version != self.schema_version:
                raise OdpsError(
                    400, "TableModified", f"Table {self.table.name} has been modified since the upload began."
                )
            block_ids = self.block_ids
            parts = [self.blocks[block] for block in block_ids]
            rows = pa.concat_tables([self.table.arrow_schema.empty_table(), *parts])
            partition = present(self.partition)
            if self.overwrites:
                partition.overwrite(rows)
            elif parts:
                partition.append(rows)
            self.status, self.written = "closed", block_ids
            self.blocks.clear()


def create(call: Call) -> Reply:
    """Opens an upload to a table or partition."""
    table = stored_table(call)
    creates = call.query.get("create_partition", "").lower() == "true"
    state = call.sandbox.tunnel
    session = state.add(
        UploadSession(
            expires=state.expires(),
            partition=partition_of(call, table, creates=creates),
            overwrites=call.query.get("overwrite", "").lower() == "true",
            quota=call.query.get("quotaName", ""),
            schema_version=table.schema_version,
        )
    )
    return _described(call, session)


def describe(call: Call) -> Reply:
    """The session with the blocks that are there."""
    return _described(call, _session(call, is_read=True))


def put_block(call: Call) -> Reply:
    """Takes a block of records or of Arrow data."""
    session = _session(call)
    block = _block_id(call.query["blockid"])
    if session.status != "normal":
        raise status_conflict(session.status)
    table = session.table
    if "arrow" in call.query:
        rows = read_arrow(call, table.arrow_schema)
    else:
        rows = read_rows(call, table.arrow_schema.names, kinds_of(table.columns))
    refuse_nulls(rows, table.columns)
    session.put(block, rows)
    call.sandbox.counters.add("Blocks")
    return json_answer({}, headers={"odps-tunnel-metrics": METRICS})


def commit(call: Call) -> Reply:
    """Ends the upload: all blocks show in the table, or none."""
    session = _session(call)
    session.commit()
    return _described(call, session)


def _session(call: Call, *, is_read: bool = False) -> UploadSession:
    found = call.sandbox.tunnel.find(UploadSession, call.query["uploadid"])
    if found is None or found.table is not call.table:
        raise OdpsError(404, "NoSuchUpload", f"There is no upload session {call.query['uploadid']} of this table.")
    if not is_read and call.sandbox.tunnel.is_expired(found):
        raise status_conflict("expired")
    return found


def _block_id(text: str) -> int:
    if not text.isdecimal() or int(text) >= MOST_BLOCKS:
        raise OdpsError(400, "InvalidBlockID", f"A block id is a number from 0 to {MOST_BLOCKS - 1}, not {text!r}.")
    return int(text)


def _described(call: Call, session: UploadSession) -> Reply:
    is_expired = session.status == "normal" and call.sandbox.tunnel.is_expired(session)
    with session.lock:
        return json_answer(
            {
                "UploadID": session.id,
                "Status": "expired" if is_expired else session.status,
                "Schema": schema_json(session.table.columns, session.table.partition_keys),
                "UploadedBlockList": [{"BlockID": block} for block in session.block_ids],
                "MaxFieldSize": 8 * 1024 * 1024,
                "QuotaName": session.quota,
            }
        )


ROUTES = [
    Route("CreateUpload", "POST", TABLE, create, keys=("uploads",), is_tunnel=True),
    Route("GetUpload", "GET", TABLE, describe, keys=("uploadid",), is_tunnel=True),
    Route("UploadBlock", "PUT", TABLE, put_block, keys=("uploadid", "blockid"), is_tunnel=True),
    Route("CommitUpload", "POST", TABLE, commit, keys=("uploadid",), is_tunnel=True),
]
