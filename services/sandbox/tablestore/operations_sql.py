"""SQLQuery."""

from __future__ import annotations

from typing import Any

from services.sandbox.tablestore.errors import invalid
from services.sandbox.tablestore.instance import Instance
from services.sandbox.tablestore.messages import pb
from services.sandbox.tablestore.reading import consumed, units
from services.sandbox.tablestore.sql.answers import write_columns
from services.sandbox.tablestore.sql.engine import SqlEngine

FLATBUFFERS = 2


def sql_query(request: Any, instance: Instance) -> Any:
    """SQLQuery: the answer's columns in flatbuffer form; a statement without a result has none."""
    if request.HasField("version") and request.version != FLATBUFFERS:
        raise invalid("Only version 2 of SQL answers is supported.")
    if instance.sql is None:
        instance.sql = SqlEngine(instance)
    found = instance.sql.run(request.query)
    answer = pb().SQLQueryResponse(version=FLATBUFFERS, type=found.kind)
    for table, size in found.read.items():
        answer.consumes.add(table_name=table, consumed=consumed(read=units(size)))
    for (table, index), size in found.searched.items():
        answer.search_consumes.add(table_name=table, index_name=index, consumed=consumed(read=units(size)))
    if found.columns is not None:
        answer.rows = write_columns(found.columns, found.rows)
    return answer
