"""CREATE and DROP of tables, views, schemas and functions; TRUNCATE."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from services.sandbox.maxcompute.errors import OdpsError, no_such_table, sql_error
from services.sandbox.maxcompute.model import Column, Table
from services.sandbox.maxcompute.objects import Function
from services.sandbox.maxcompute.sql.definitions import Definition, read_definition, read_specs
from services.sandbox.maxcompute.sql.session import Session
from services.sandbox.maxcompute.sql.tokens import Reader

Select = Callable[[Session, str], tuple[list[Column], pa.Table]]
"""Runs a query and gives its columns and rows."""


def create(reader: Reader, session: Session, select: Select) -> None:
    """CREATE ..., after that word."""
    replaces = reader.accept("OR", "REPLACE")
    if reader.accept("TABLE"):
        _create_table(reader, session, select)
    elif reader.accept("VIEW") or reader.accept("MATERIALIZED", "VIEW"):
        _create_view(reader, session, select, replaces=replaces)
    elif reader.accept("SCHEMA"):
        is_quiet = reader.accept("IF", "NOT", "EXISTS")
        *above, name = reader.qualified()
        project = session.warehouse.project(above[0]) if above else session.project
        if not (is_quiet and name.lower() in project.schemas()):
            project.create_schema(name.lower())
    elif reader.accept("FUNCTION"):
        _create_function(reader, session)
    else:
        raise reader.error("TABLE")


def _exists(session: Session, name: tuple[str, ...]) -> bool:
    try:
        session.table(name)
    except OdpsError as error:
        if error.code == "NoSuchTable":
            return False
        raise
    return True


def _create_table(reader: Reader, session: Session, select: Select) -> None:
    is_quiet = reader.accept("IF", "NOT", "EXISTS")
    name = reader.qualified()
    if _exists(session, name):
        if is_quiet:
            return
        raise sql_error("ODPS-0420061", f"Invalid parameter in HTTP request - Table already exists - {'.'.join(name)}")
    project, schema, bare = session.place(name)
    if reader.accept("LIKE"):
        like = session.table(reader.qualified())
        made = Definition(like.columns, like.primary_key, like.partition_keys, like.properties, like.comment)
        if reader.accept("LIFECYCLE"):
            made.lifecycle = reader.number()
    else:
        made = read_definition(reader)
    rows = None
    if reader.accept("AS"):
        made.columns, rows = select(session, reader.rest())
    else:
        reader.finish()
    if not made.columns:
        raise reader.error("(")
    table = _table(project.name, schema, bare, made)
    project.add_table(table)
    if rows is not None:
        table.partition().append(rows)


def _table(project: str, schema: str, name: str, made: Definition) -> Table:
    is_transactional = made.properties.get("transactional", "").lower() == "true"
    if made.primary_key and not is_transactional:
        raise sql_error("ODPS-0130071", "Semantic analysis exception - only a transactional table has a primary key")
    columns = [
        Column(column.name, column.type, column.nullable and column.name not in made.primary_key, column.comment)
        for column in made.columns
    ]
    return Table(
        project,
        name.lower(),
        columns,
        made.partition_keys,
        schema=schema,
        primary_key=made.primary_key,
        is_transactional=is_transactional,
        lifecycle=made.lifecycle,
        comment=made.comment,
        properties=made.properties,
    )


def _create_view(reader: Reader, session: Session, select: Select, *, replaces: bool) -> None:
    is_quiet = reader.accept("IF", "NOT", "EXISTS")
    name = reader.qualified()
    project, schema, bare = session.place(name)
    names = reader.names() if reader.is_at("(") else []
    comment = reader.text() if reader.accept("COMMENT") else ""
    reader.expect("AS")
    query = reader.rest().rstrip("; \n")
    if _exists(session, name):
        if is_quiet:
            return
        if not replaces or not session.table(name).is_view:
            raise sql_error("ODPS-0420061", f"Invalid parameter in HTTP request - Table already exists - {bare}")
        project.drop_table(bare, schema)
    columns, _ = select(session, f"SELECT * FROM ({query}) view_text LIMIT 0")
    if names:
        columns = [Column(new, column.type) for new, column in zip(names, columns, strict=True)]
    project.add_table(Table(project.name, bare.lower(), columns, schema=schema, comment=comment, view_text=query))


def _create_function(reader: Reader, session: Session) -> None:
    project, schema, name = session.place(reader.qualified())
    reader.expect("AS")
    class_type = reader.text()
    resources = reader.text().split(",") if reader.accept("USING") else []
    project.functions.add(schema, Function(name, class_type, [name.strip() for name in resources]))


def drop(reader: Reader, session: Session) -> None:
    """DROP ..., after that word."""
    reader.accept("MATERIALIZED")
    for kind in ("TABLE", "VIEW", "SCHEMA", "FUNCTION"):
        if reader.accept(kind):
            break
    else:
        raise reader.error("TABLE")
    is_quiet = reader.accept("IF", "EXISTS")
    name = reader.qualified()
    reader.accept("PURGE")
    reader.finish()
    try:
        _drop(kind, session, name)
    except OdpsError as error:
        if not (is_quiet and error.status == 404):
            raise


def _drop(kind: str, session: Session, name: tuple[str, ...]) -> None:
    if kind == "SCHEMA":
        project = session.warehouse.project(name[0]) if len(name) > 1 else session.project
        project.drop_schema(name[-1].lower())
        return
    project, schema, bare = session.place(name)
    if kind == "FUNCTION":
        project.functions.drop(schema, bare)
        return
    table = project.table(bare, schema)
    if table.is_view != (kind == "VIEW"):
        raise no_such_table(project.name, f"{bare} as {kind.lower()}")
    project.drop_table(bare, schema)


def truncate(reader: Reader, session: Session) -> None:
    """TRUNCATE TABLE t [PARTITION (..)], after the first word."""
    reader.expect("TABLE")
    table = session.table(reader.qualified())
    if not reader.is_at("PARTITION"):
        reader.finish()
        table.truncate()
        return
    partitions = [table.partition(spec) for spec in read_specs(reader)]
    reader.finish()
    for partition in partitions:
        partition.overwrite(table.arrow_schema.empty_table())
