"""Tunnel sessions in a directory: what clients opened goes on after a restart, with its blocks, rows and changes.

Those that read the result of a job, or move files of volumes, end with the server.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import ipc

from services.sandbox.maxcompute.errors import OdpsError
from services.sandbox.maxcompute.model import Column, Partition, Table
from services.sandbox.maxcompute.tunnel.downloads import TableDownload
from services.sandbox.maxcompute.tunnel.state import Session, TunnelState
from services.sandbox.maxcompute.tunnel.streams import StreamSession
from services.sandbox.maxcompute.tunnel.uploads import UploadSession
from services.sandbox.maxcompute.tunnel.upserts import UpsertSession
from services.sandbox.maxcompute.warehouse import Warehouse

SESSIONS = "sessions.json"
_PLAIN = {
    UploadSession: ("overwrites", "quota", "schema_version", "status", "written"),
    UpsertSession: ("slots", "buckets", "quota", "status", "polls_left"),
    TableDownload: ("quota", "polls_left"),
    StreamSession: ("spec", "is_dynamic", "slots", "quota", "schema_version", "is_aborted", "batches",
                    "last_batch_millis"),
}  # fmt: skip
_KINDS = {kind.__name__: kind for kind in _PLAIN}


class _Rows:
    """Tables as numbered files."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._count = 0

    def put(self, rows: pa.Table) -> str:
        name = f"session-{self._count}.arrow"
        self._count += 1
        with ipc.new_file(str(self._directory / name), rows.schema) as writer:
            writer.write_table(rows)
        return name

    def get(self, name: str) -> pa.Table:
        with pa.OSFile(str(self._directory / name), "r") as source:
            return ipc.open_file(source).read_all()


def save_sessions(state: TunnelState, directory: Path) -> None:
    """Writes all sessions, each with the seconds that it has left."""
    rows = _Rows(directory)
    sessions = [_saved(state, session, rows) for session in state.all() if type(session) in _PLAIN]
    (directory / SESSIONS).write_text(json.dumps({"at": time.time(), "sessions": sessions}), encoding="utf-8")


def _saved(state: TunnelState, session: Session, rows: _Rows) -> dict[str, Any]:
    with session.lock:
        saved: dict[str, Any] = {name: getattr(session, name) for name in _PLAIN[type(session)]}
        saved |= {"kind": type(session).__name__, "id": session.id, "left": session.expires - state.clock.now()}
        match session:
            case UploadSession():
                saved |= _place(session.table, session.partition)
                saved["blocks"] = {str(block): rows.put(held) for block, held in session.blocks.items()}
            case UpsertSession():
                saved |= _place(session.table, session.partition)
                saved["changes"] = [rows.put(held) for held in session.changes]
            case TableDownload():
                saved |= _place(session.table)
                saved["rows"] = rows.put(session.rows)
                for name in ("columns", "partition_keys"):
                    saved[name] = [asdict(column) for column in getattr(session, name)]
            case StreamSession():
                saved |= _place(session.table)
    return saved


def _place(table: Table, partition: Partition | None = None) -> dict[str, Any]:
    """Where the rows go."""
    place: dict[str, Any] = {"project": table.project, "schema": table.schema, "table": table.name}
    return place | ({"partition": partition.name} if partition is not None else {})


def load_sessions(state: TunnelState, warehouse: Warehouse, directory: Path) -> None:
    """Takes up the sessions that were saved; one whose table is gone ends."""
    path = directory / SESSIONS
    if not path.is_file():
        return
    saved, rows = json.loads(path.read_text(encoding="utf-8")), _Rows(directory)
    passed = max(0.0, time.time() - saved["at"])
    for one in saved["sessions"]:
        common = {name: one[name] for name in (*_PLAIN[_KINDS[one["kind"]]], "id")}
        common["expires"] = state.expires(one["left"] - passed)
        try:
            table = warehouse.project(one["project"]).table(one["table"], one["schema"])
            state.add(_LOADERS[one["kind"]](common, table, one, rows))
        except (OdpsError, LookupError):
            continue


def _partition(table: Table, one: dict[str, Any]) -> Partition:
    """LookupError when it is gone."""
    return {partition.name: partition for partition in table.partitions()}[one["partition"]]


def _upload(common: dict[str, Any], table: Table, one: dict[str, Any], rows: _Rows) -> Session:
    blocks = {int(block): rows.get(name) for block, name in one["blocks"].items()}
    return UploadSession(**common, partition=_partition(table, one), blocks=blocks)


def _upsert(common: dict[str, Any], table: Table, one: dict[str, Any], rows: _Rows) -> Session:
    changes = [rows.get(name) for name in one["changes"]]
    return UpsertSession(**common, partition=_partition(table, one), changes=changes)


def _download(common: dict[str, Any], table: Table, one: dict[str, Any], rows: _Rows) -> Session:
    columns, keys = ([Column(**column) for column in one[name]] for name in ("columns", "partition_keys"))
    return TableDownload(**common, table=table, rows=rows.get(one["rows"]), columns=columns, partition_keys=keys)


def _stream(common: dict[str, Any], table: Table, one: dict[str, Any], rows: _Rows) -> Session:
    return StreamSession(**common, table=table)


_LOADERS: dict[str, Callable[[dict[str, Any], Table, dict[str, Any], _Rows], Session]] = {
    UploadSession.__name__: _upload,
    UpsertSession.__name__: _upsert,
    TableDownload.__name__: _download,
    StreamSession.__name__: _stream,
}
