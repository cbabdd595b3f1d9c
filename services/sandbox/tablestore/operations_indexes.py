"""Secondary indexes: create and drop."""

from __future__ import annotations

from typing import Any

from services.sandbox.tablestore.errors import already_there, invalid, no_such_table
from services.sandbox.tablestore.instance import Instance
from services.sandbox.tablestore.messages import pb
from services.sandbox.tablestore.schema import Index, Schema, check_name

_KEY_KINDS = frozenset({1, 3, 4, 7})


def read_index(message: Any, schema: Schema, instance: Instance) -> Index:
    """An index as a request defines it.

    Raises:
        OtsError: it names columns that the table does not define, or is no index.
    """
    check_name(message.name, "index", instance.limits)
    defined = dict(schema.defined)
    index = Index(message.name, list(message.primary_key), list(message.defined_column), message.index_type == 1)
    if not index.key:
        raise invalid("An index needs at least one primary key column.")
    for name in index.key:
        if name not in schema.key_names and defined.get(name) not in _KEY_KINDS:
            raise invalid(f"Column {name} of the index is no primary key column and no defined column of a key's type.")
    for name in index.columns:
        if name not in defined:
            raise invalid(f"Column {name} of the index is no defined column of the table.")
    if index.is_local and index.key[0] != schema.key_names[0]:
        raise invalid("The first primary key column of a local index must be that of the table.")
    if schema.options.max_versions != 1:
        raise invalid("A table with secondary indexes keeps one version.")
    return index


def create_index(request: Any, instance: Instance) -> Any:
    """CreateIndex: the rows that are there join it when asked for."""
    table = instance.table(request.main_table_name)
    index = read_index(request.index_meta, table.schema, instance)
    if index.name in instance.tables or any(index.name in one.indexes for one in instance.tables.values()):
        raise already_there("index")
    table.add_index(index, include_rows=request.include_base_data)
    return pb().CreateIndexResponse()


def drop_index(request: Any, instance: Instance) -> Any:
    """DropIndex."""
    if instance.table(request.main_table_name).indexes.pop(request.index_name, None) is None:
        raise no_such_table("index")
    return pb().DropIndexResponse()
