"""The warehouse in a directory: definitions as JSON, rows as Arrow files, volumes and resources as files.

Sessions of tunnels are kept beside them."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import ipc

from services.sandbox.maxcompute.model import Column, Table
from services.sandbox.maxcompute.objects import Function, Resource, Volume
from services.sandbox.maxcompute.sql.definitions import quoted_spec
from services.sandbox.maxcompute.tunnel.keeping import load_sessions, save_sessions
from services.sandbox.maxcompute.tunnel.state import TunnelState
from services.sandbox.maxcompute.warehouse import Project, Warehouse

_STATE = "warehouse.json"
_PLAIN = (
    "name",
    "schema",
    "primary_key",
    "is_transactional",
    "lifecycle",
    "comment",
    "owner",
    "view_text",
    "properties",
    "table_id",
    "schema_version",
)
_TIMES = ("created", "modified", "ddl_modified")


def save(warehouse: Warehouse, tunnel: TunnelState, directory: Path) -> None:
    """Writes all projects and tunnel sessions; what was there goes only when the new state is whole."""
    fresh = directory.with_name(directory.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    state = [_project_state(project, fresh) for project in warehouse.projects()]
    (fresh / _STATE).write_text(json.dumps(state), encoding="utf-8")
    save_sessions(tunnel, fresh)
    shutil.rmtree(directory, ignore_errors=True)
    fresh.rename(directory)


def load(warehouse: Warehouse, tunnel: TunnelState, directory: Path) -> bool:
    """Reads all projects and sessions; False when nothing was saved."""
    path = directory / _STATE
    if not path.is_file():
        return False
    for state in json.loads(path.read_text(encoding="utf-8")):
        _load_project(warehouse, state, directory)
    load_sessions(tunnel, warehouse, directory)
    return True


def _project_state(project: Project, directory: Path) -> dict[str, Any]:
    blobs = _Blobs(directory)
    return {
        "name": project.name,
        "is_two_level": project.is_two_level,
        "owner": project.owner,
        "comment": project.comment,
        "is_forbidden": project.is_forbidden,
        "schemas": project.schemas(),
        "tables": [_table_state(table, directory) for table in project.all_tables()],
        "functions": [[schema, function.name, function.class_type, function.resources]
                      for schema, function in project.functions],
        "resources": [[schema, item.name, item.type, item.comment, blobs.put(item.content)]
                      for schema, item in project.resources],
        "volumes": [
            [schema, volume.name, volume.type, volume.comment,
             {path: blobs.put(content) for path, content in volume.files().items()}]
            for schema, volume in project.volumes
        ],
    }  # fmt: skip


class _Blobs:
    """Contents as numbered files."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def put(self, content: bytes) -> str:
        name = f"blob-{sum(1 for _ in self._directory.glob('blob-*'))}"
        (self._directory / name).write_bytes(content)
        return name


def _table_state(table: Table, directory: Path) -> dict[str, Any]:
    state: dict[str, Any] = {name: getattr(table, name) for name in _PLAIN}
    state |= {name: getattr(table, name).isoformat() for name in _TIMES}
    state["columns"] = [asdict(column) for column in table.columns]
    state["partition_keys"] = [asdict(column) for column in table.partition_keys]
    state["partitions"] = []
    for number, partition in enumerate(table.partitions()):
        name = f"{table.table_id}-{number}.arrow"
        with ipc.new_file(str(directory / name), table.arrow_schema) as writer:
            writer.write_table(partition.read())
        times = [partition.created.isoformat(), partition.modified.isoformat()]
        state["partitions"].append([partition.spec, name, *times])
    return state


def _load_project(warehouse: Warehouse, state: dict[str, Any], directory: Path) -> None:
    project = warehouse.add_project(
        Project(
            state["name"],
            is_two_level=state["is_two_level"],
            owner=state["owner"],
            comment=state["comment"],
            is_forbidden=state["is_forbidden"],
        )
    )
    for schema in set(state["schemas"]) - set(project.schemas()):
        project.create_schema(schema)
    for table in state["tables"]:
        project.add_table(_load_table(project.name, table, directory))
    for schema, name, class_type, resources in state["functions"]:
        project.functions.add(schema, Function(name, class_type, resources))
    for schema, name, kind, comment, blob in state["resources"]:
        project.resources.add(schema, Resource(name, kind, (directory / blob).read_bytes(), comment))
    for schema, name, kind, comment, files in state["volumes"]:
        volume = project.volumes.add(schema, Volume(name, kind, comment))
        for path, blob in files.items():
            volume.write(path, (directory / blob).read_bytes())


def _load_table(project: str, state: dict[str, Any], directory: Path) -> Table:
    table = Table(
        project,
        columns=[Column(**column) for column in state["columns"]],
        partition_keys=[Column(**column) for column in state["partition_keys"]],
        **{name: state[name] for name in _PLAIN},
    )
    for spec, name, created, modified in state["partitions"]:
        partition = table.create_partition(quoted_spec(spec)) if spec else table.partition()
        with pa.memory_map(str(directory / name)) as source:
            partition.overwrite(ipc.open_file(source).read_all())
        partition.created, partition.modified = datetime.fromisoformat(created), datetime.fromisoformat(modified)
    for name in _TIMES:
        setattr(table, name, datetime.fromisoformat(state[name]))
    return table
