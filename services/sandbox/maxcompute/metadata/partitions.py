"""Partitions of a table: lists, definitions, extended information."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

from services.sandbox.http import Answer
from services.sandbox.maxcompute.documents import document, node, nodes, page_answer
from services.sandbox.maxcompute.errors import invalid
from services.sandbox.maxcompute.model import Partition, Table
from services.sandbox.maxcompute.routes import Call, Route
from services.sandbox.maxcompute.specs import parse_spec


def _matching(table: Table, spec: str) -> list[Partition]:
    """The partitions of a table whose values are those of a spec that may leave keys out."""
    if not table.partition_keys:
        raise invalid(f"Table {table.project}.{table.name} is not a partitioned table.")
    wanted = {name.lower(): value for name, value in parse_spec(spec).items()}
    for name in wanted:
        if name not in [key.name.lower() for key in table.partition_keys]:
            raise invalid(f"Invalid partition key: {name}")
    return [
        partition
        for partition in table.partitions()
        if all(wanted.get(name.lower(), value) == value for name, value in partition.spec.items())
    ]


def _columns(partition: Partition) -> list[ET.Element]:
    return [node("Column", Name=name, Value=value) for name, value in partition.spec.items()]


def _element(partition: Partition) -> ET.Element:
    return node(
        "Partition",
        *nodes(Name=partition.name),
        *_columns(partition),
        *nodes(
            CreationTime=int(partition.created.timestamp()),
            LastDDLTime=int(partition.created.timestamp()),
            LastModifiedTime=int(partition.modified.timestamp()),
            PartitionSize=partition.size,
            PartitionRecordCount=partition.record_num,
        ),
    )


def _list(call: Call) -> Answer:
    found = _matching(call.table, call.query.get("partition", ""))
    if "reverse" in call.query:
        found.reverse()
    return page_answer(call, "Partitions", found, _element)


def _meta(partition: Partition, *, is_extended: bool) -> dict[str, object]:
    made: dict[str, object] = {
        "createTime": int(partition.created.timestamp()),
        "lastDDLTime": int(partition.created.timestamp()),
        "lastModifiedTime": int(partition.modified.timestamp()),
        "lastAccessTime": 0,
        "partitionSize": partition.size,
        "partitionRecordNum": partition.record_num,
    }
    if is_extended:
        made |= {
            "IsArchived": False,
            "IsExstore": False,
            "LifeCycle": partition.table.lifecycle,
            "PhysicalSize": partition.size,
            "FileNum": int(partition.record_num > 0),
            "Reserved": "{}",
        }
    return made


def _get(call: Call) -> Answer:
    table = call.table
    if not table.partition_keys:
        raise invalid(f"Table {table.project}.{table.name} is not a partitioned table.")
    found = table.partition(call.query["partition"])
    schema = json.dumps(_meta(found, is_extended="extended" in call.query))
    return document(node("Partition", *_columns(found), node("Schema", schema, format="Json")))


ROUTES = (
    Route("ListPartitions", "GET", "/projects/{project}/tables/{table}", _list, ("partitions",)),
    Route("GetPartition", "GET", "/projects/{project}/tables/{table}", _get, ("partition",)),
    Route("GetPartitionExtended", "GET", "/projects/{project}/tables/{table}", _get, ("partition", "extended")),
)
