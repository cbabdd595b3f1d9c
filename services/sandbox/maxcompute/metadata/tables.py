"""Tables and views: lists, definitions, extended information, a first look at rows."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

from services.sandbox.http import Answer
from services.sandbox.maxcompute.csv_text import csv_text
from services.sandbox.maxcompute.documents import document, node, nodes, page_answer, read_document, rfc822, text_of
from services.sandbox.maxcompute.errors import invalid
from services.sandbox.maxcompute.model import Column, Table
from services.sandbox.maxcompute.routes import Call, Route
from services.sandbox.maxcompute.types import parse_type


def column_document(column: Column) -> dict[str, object]:
    """A column as in the JSON of a schema."""
    made: dict[str, object] = {
        "name": column.name,
        "type": parse_type(column.type).lower(),
        "isNullable": column.nullable,
    }
    return {**made, "comment": column.comment, "label": ""}


def schema_document(table: Table, *, is_extended: bool = False) -> dict[str, object]:
    """The JSON inside of a table's XML."""
    made: dict[str, object] = {
        "tableName": table.name,
        "comment": table.comment,
        "owner": table.owner,
        "createTime": int(table.created.timestamp()),
        "lastDDLTime": int(table.ddl_modified.timestamp()),
        "lastModifiedTime": int(table.modified.timestamp()),
        "lifecycle": table.lifecycle,
        "size": table.size,
        "recordNum": table.record_num,
        "isVirtualView": table.is_view,
        "isPartitioned": bool(table.partition_keys),
        "columns": [column_document(column) for column in table.columns],
        "partitionKeys": [column_document(column) for column in table.partition_keys],
        "tableProperties": json.dumps(table.properties),
    }
    if table.is_view:
        made |= {"viewText": table.view_text, "viewExpandedText": table.view_text}
    if is_extended:
        made |= {
            "FileNum": sum(partition.record_num > 0 for partition in table.partitions()),
            "PhysicalSize": table.size,
            "IsArchived": False,
            "Reserved": json.dumps(_reserved(table)),
        }
    return made


def _reserved(table: Table) -> dict[str, object]:
    made: dict[str, object] = {
        "Transactional": str(table.is_transactional).lower(),
        "schema_version": str(table.schema_version),
    }
    if table.primary_key:
        made["PrimaryKey"] = table.primary_key
    if table.is_transactional:
        made["acid.data.retain.hours"] = table.properties.get("acid.data.retain.hours", "24")
        made["cdc_latest_version"] = str(sum(partition.version for partition in table.partitions()))
    return made


def table_kind(table: Table) -> str:
    """The service's word for the kind of a table."""
    return "VIRTUAL_VIEW" if table.is_view else "MANAGED_TABLE"


def _summary(table: Table) -> ET.Element:
    return node("Table", *_summary_nodes(table))


def _summary_nodes(table: Table) -> list[ET.Element]:
    return nodes(
        Name=table.name,
        TableId=table.table_id,
        Project=table.project,
        SchemaName=table.schema,
        Owner=table.owner,
        Type=table_kind(table),
        Comment=table.comment,
        CreationTime=rfc822(table.created),
        LastModifiedTime=rfc822(table.modified),
    )


def _whole(table: Table, *, is_extended: bool = False) -> ET.Element:
    with table.lock:
        schema = json.dumps(schema_document(table, is_extended=is_extended))
    return node("Table", *_summary_nodes(table), node("Schema", schema, format="Json"), format="Json")


def _list(call: Call) -> Answer:
    query = call.query
    prefix, owner, kind = query.get("name", "").lower(), query.get("owner"), query.get("type")
    tables = [
        table
        for table in call.project.tables(call.schema)
        if table.name.lower().startswith(prefix) and owner in (None, table.owner) and kind in (None, table_kind(table))
    ]
    element = (lambda table: _whole(table, is_extended=True)) if "extended" in query else _summary
    return page_answer(call, "Tables", tables, element)


def _get(call: Call) -> Answer:
    table = call.table
    return document(
        _whole(table),
        x_odps_owner=table.owner,
        x_odps_creation_time=rfc822(table.created),
        Last_Modified=rfc822(table.modified),
    )


def _extended(call: Call) -> Answer:
    return document(_whole(call.table, is_extended=True))


def _several(call: Call) -> Answer:
    """The whole definitions of the tables that the body names."""
    wanted = [
        (text_of(item, "Project", call.values["project"]), text_of(item, "Schema", call.schema), text_of(item, "Name"))
        for item in read_document(call).findall("Table")
    ]
    warehouse = call.sandbox.warehouse
    tables = [warehouse.project(project).table(name, schema) for project, schema, name in wanted]
    return document(node("Tables", *map(_whole, tables)))


def _head(call: Call) -> Answer:
    """The first rows of a table or partition as CSV."""
    table, query = call.table, call.query
    lines = query.get("linenum", "10000")
    if not lines.isdecimal():
        raise invalid(f"Invalid line number: {lines}")
    partitions = [table.partition(query["partition"])] if "partition" in query else table.partitions()
    names = [table.column(name).name for name in query.get("cols", "").split(",") if name]
    return Answer(200, {"Content-Type": "text/csv"}, csv_text(table, partitions, int(lines), names).encode())


ROUTES = (
    Route("ListTables", "GET", "/projects/{project}/tables", _list),
    Route("GetTables", "POST", "/projects/{project}/tables", _several, ("query",)),
    Route("GetTable", "GET", "/projects/{project}/tables/{table}", _get),
    Route("GetTableExtended", "GET", "/projects/{project}/tables/{table}", _extended, ("extended",)),
    Route("HeadTable", "GET", "/projects/{project}/tables/{table}", _head, ("data", "linenum")),
)
