"""ALTER of tables and views."""

from __future__ import annotations

from dataclasses import replace

from services.sandbox.maxcompute.errors import OdpsError, sql_error
from services.sandbox.maxcompute.model import Column, Table
from services.sandbox.maxcompute.objects import now
from services.sandbox.maxcompute.sql.definitions import (
    read_column,
    read_columns,
    read_properties,
    read_spec,
    read_specs,
)
from services.sandbox.maxcompute.sql.session import Session
from services.sandbox.maxcompute.sql.tokens import Reader


def alter(reader: Reader, session: Session) -> None:
    """ALTER TABLE|VIEW t ..., after the first word."""
    if not (reader.accept("TABLE") or reader.accept("VIEW")):
        raise reader.error("TABLE")
    name = reader.qualified()
    table = session.table(name)
    if reader.accept("RENAME", "TO"):
        project, schema, bare = session.place(name)
        new = reader.qualified()[-1]
        reader.finish()
        project.rename_table(bare, new.lower(), schema)
    else:
        with table.lock:
            _change(reader, table)
            reader.finish()
    table.ddl_modified = now()


def _change(reader: Reader, table: Table) -> None:
    if reader.accept("ADD"):
        _add(reader, table)
    elif reader.accept("DROP"):
        _drop(reader, table)
    elif reader.accept("CHANGE"):
        reader.accept("COLUMN")
        _change_column(reader, table)
    elif reader.accept("SET"):
        _set(reader, table)
    elif reader.accept("CHANGEOWNER", "TO"):
        table.owner = reader.text()
    elif reader.accept("RENAME", "COLUMN"):
        old = reader.name()
        reader.expect("TO")
        table.rename_column(old, reader.name())
    elif reader.is_at("PARTITION"):
        _change_partition(reader, table)
    elif reader.accept("TOUCH"):
        touched = read_specs(reader) if reader.is_at("PARTITION") else []
        for partition in [table.partition(spec) for spec in touched] or table.partitions():
            partition.modified = table.modified = now()
    elif not (reader.accept("MERGE", "SMALLFILES") or _is_lifecycle_switch(reader)):
        raise reader.error("ADD")


def _is_lifecycle_switch(reader: Reader) -> bool:
    return reader.accept("ENABLE", "LIFECYCLE") or reader.accept("DISABLE", "LIFECYCLE")


def _add(reader: Reader, table: Table) -> None:
    if reader.accept("COLUMNS") or reader.accept("COLUMN"):
        is_quiet = reader.accept("IF", "NOT", "EXISTS")
        columns = read_columns(reader)[0] if reader.is_at("(") else [read_column(reader)]
        there = {column.name.lower() for column in [*table.columns, *table.partition_keys]}
        fresh = [column for column in columns if column.name.lower() not in there]
        if len(fresh) < len(columns) and not is_quiet:
            raise sql_error("ODPS-0130071", "Semantic analysis exception - a column of that name is there already")
        table.change_columns([*table.columns, *fresh])
        return
    is_quiet = reader.accept("IF", "NOT", "EXISTS")
    for spec in read_specs(reader):
        table.create_partition(spec, if_not_exists=is_quiet)


def _drop(reader: Reader, table: Table) -> None:
    if reader.accept("COLUMNS") or reader.accept("COLUMN"):
        names = [reader.name()]
        while reader.accept(","):
            names.append(reader.name())
        gone = {table.column(name).name for name in names}
        if gone & set(table.primary_key):
            raise sql_error("ODPS-0130071", "Semantic analysis exception - a primary key column cannot be dropped")
        table.change_columns([column for column in table.columns if column.name not in gone])
        return
    is_quiet = reader.accept("IF", "EXISTS")
    for spec in read_specs(reader):
        try:
            table.drop_partition(spec)
        except OdpsError as error:
            if not (is_quiet and error.code == "NoSuchPartition"):
                raise


def _change_column(reader: Reader, table: Table) -> None:
    """`old RENAME TO new`, `old COMMENT 'text'`, `old NULL`, or `old new TYPE [COMMENT 'text']`."""
    old = table.column(reader.name())
    if reader.accept("RENAME", "TO"):
        table.rename_column(old.name, reader.name())
    elif reader.accept("COMMENT"):
        _replace(table, old, replace(old, comment=reader.text()))
    elif reader.accept("NULL"):
        _replace(table, old, replace(old, nullable=True))
    else:
        new = read_column(reader)
        _replace(table, old, new)


def _replace(table: Table, old: Column, new: Column) -> None:
    columns = [new if column is old else column for column in table.columns]
    table.change_columns(columns, {new.name: old.name})


def _set(reader: Reader, table: Table) -> None:
    if reader.accept("LIFECYCLE"):
        table.lifecycle = reader.number()
    elif reader.accept("COMMENT"):
        table.comment = reader.text()
    elif reader.accept("TBLPROPERTIES") or reader.accept("PARTITIONPROPERTIES"):
        table.properties |= read_properties(reader)
        if table.properties.get("transactional", "").lower() == "true":
            table.is_transactional = True
    else:
        raise reader.error("LIFECYCLE")


def _change_partition(reader: Reader, table: Table) -> None:
    """`PARTITION (..) RENAME TO PARTITION (..)`, properties, or the switch of its lifecycle."""
    spec = read_spec(reader)
    found = table.partition(spec)
    if reader.accept("RENAME", "TO"):
        new = table.create_partition(read_spec(reader), if_not_exists=False)
        new.append(found.read())
        table.drop_partition(spec)
    elif reader.accept("SET", "PARTITIONPROPERTIES"):
        read_properties(reader)
    elif not (reader.accept("MERGE", "SMALLFILES") or _is_lifecycle_switch(reader)):
        raise reader.error("RENAME")
